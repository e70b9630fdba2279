"""`cost`: exact counts in all its forms; every mistake ends in one sentence and status 2."""

import csv
import json

import pytest

from gam_viz.cli.main import main

IMAGENET = ["--network", "resnet18", "--stem", "imagenet", "--size", "224", "--classes", "1000"]
TINY = ["--width", "4", "--size", "8"]


def cost(*arguments):
    return main(["cost", *arguments])


def lines(capsys):
    return capsys.readouterr().out.splitlines()


def error_of(capsys):
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert said.count("\n") == 1
    assert "Traceback" not in said
    return said.removeprefix("error: ").strip()


def test_gam_in_resnet18(capsys):
    assert cost(*IMAGENET, "--attention", "gam", "--attention-option", "rate=4") == 0
    title, head, none, gam = lines(capsys)
    assert title == "resnet18, width 64, stem imagenet, 1000 classes, pictures of 224x224 pixels"
    assert head.split()[:2] == ["attention", "parameters"]
    assert none.split() == ["none", "11,689,512", "1.81", "G", "7.02", "MB", "22.2", "MB"]
    assert gam.split()[:7] == ["gam", "rate=4", "29,107,112", "+149.0%", "4.38", "G", "+141.6%"]


def test_beside_what_is_usual(capsys):
    """The chosen one stands once, also where its options are its defaults; what cannot be built is named."""
    assert cost(*TINY, "--attention", "gam", "--compare") == 0
    out, err = capsys.readouterr()
    rows = [line.split()[0] for line in out.splitlines()[2:]]
    assert rows == ["none", "gam", "se", "cbam", "gam", "gam", "eca", "simam", "triplet", "coordinate", "bam"]
    assert err.count("left out: gam rate=16") == 3
    assert "left out: gam rate=4 groups=4: GAM's groups must divide both its widths, 4 and 1" in err


def test_stages(capsys):
    assert cost(*TINY, "--attention", "se", "--stages", "0,0,1", "--json") == 0
    none, se = json.loads(capsys.readouterr().out)
    assert se["stages"] == [0, 0, 1]
    assert se["parameters"] - none["parameters"] == 2 * (2 * 16 * 1 + 1 + 16)


def test_latency_and_csv(tmp_path, capsys):
    path = tmp_path / "cost.csv"
    assert cost(*TINY, "--attention", "cbam", "--latency", "--rounds", "3", "--device", "cpu", "--csv", str(path)) == 0
    out = lines(capsys)
    assert out[1].split()[-2:] == ["time", "folded"]
    assert out[3].count("x (") == 2
    assert "median and middle half" in out[4]
    none, cbam = csv.DictReader(path.open())
    assert none["time_ratio"] == ""
    assert float(cbam["time_low"]) <= float(cbam["time_ratio"]) <= float(cbam["time_high"])
    assert cbam["rounds"] == "3"
    assert cbam["device"].startswith("CPU")


def test_what_is_too_large_is_counted_and_not_timed(capsys):
    size = ["--network", "resnet50", "--stem", "imagenet", "--size", "224"]
    assert cost(*size, "--attention", "gam", "--latency", "--device", "cpu", "--json") == 0
    out, err = capsys.readouterr()
    assert json.loads(out)[-1]["time_ratio"] is None
    assert "not timed: gam: networks of up to 200 million parameters" in err


def test_no_attention_alone(capsys):
    assert cost(*TINY) == 0
    assert len(lines(capsys)) == 3


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--attention", "gam", "--attention-option", "rate=99"], "GAM's rate must lie between 1 and the number of"),
        (["--attention", "sk"], "unknown attention 'sk'; known are none, se"),
        (["--attention", "gam", "--attention-option", "rate"], "an attention option is KEY=VALUE, got 'rate'"),
        (["--attention", "se", "--attention-option", "rate=4"], "attention 'se' does not take these options"),
        (["--stages", "1,0"], "gam_net has 3 stages: give a 0 or 1 for each, got '1,0'"),
        (["--stages", "1,0,2"], "gam_net has 3 stages: give a 0 or 1 for each"),
        (["--stem", "vit"], "unknown stem 'vit'; known are cifar"),
        (["--size", "0"], "the size must be at least 1 pixel, got 0"),
        (["--classes", "0"], "num_classes and width must be at least 1"),
        (["--latency", "--rounds", "1"], "timing needs at least 2 rounds, got 1"),
        (["--latency", "--device", "tpu"], "unknown device 'tpu'"),
    ],
)
def test_mistakes(arguments, sentence, capsys):
    assert cost(*TINY, *arguments) == 2
    assert sentence in error_of(capsys)
