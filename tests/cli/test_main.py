"""The command line end to end: train, list, evaluate; every mistake ends in one sentence and status 2."""

import json

import numpy as np
import pytest
from PIL import Image

from gam_viz import __version__
from gam_viz.cli.main import main
from gam_viz.networks.checkpoints import load, read, snapshots
from gam_viz.training import TrainingError
from tests.checkpoint_files import spoil

EXPECTED = "expected <root>/train/<class>/*.png inside"
COLOURS = {"blue": (40, 40, 220), "red": (220, 40, 40)}


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """A data folder with a tiny tree of pictures; everything that is written goes beside it."""
    generator = np.random.default_rng(0)
    for split, count in (("train", 20), ("test", 5)):
        for name, colour in COLOURS.items():
            folder = tmp_path / "data" / "colours" / split / name
            folder.mkdir(parents=True)
            for number in range(count):
                noise = generator.normal(0, 20, (12, 12, 3))
                pixels = np.clip(np.array(colour) + noise, 0, 255).astype(np.uint8)
                Image.fromarray(pixels).save(folder / f"{number}.png")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GAM_VIZ_DATA", str(tmp_path / "data"))
    return tmp_path


def train(*arguments):
    tiny = ["--size", "12", "--width", "4", "--epochs", "2", "--learning-rate", "0.05"]
    places = ["--device", "cpu", "--checkpoints", "checkpoints"]
    return main(["train", "--data", "folder:colours", *tiny, *places, *arguments])


def error_of(capsys):
    """What was said on stderr: one line, no traceback."""
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert said.count("\n") == 1
    assert "Traceback" not in said
    return said.removeprefix("error: ").strip()


def test_train_list_and_evaluate(folders, capsys):
    assert train("--attention", "cbam", "--attention-option", "kernel_size=3", "--note", "One.", "--note", "Two.") == 0
    said = capsys.readouterr().out
    assert "colours-gam_net-w4-cbam-s0: colours, 40 pictures, on CPU" in said
    assert "colours-gam_net-w4-cbam-s0.safetensors: validation accuracy " in said

    path = folders / "checkpoints" / "colours-gam_net-w4-cbam-s0.safetensors"
    card = read(path).card
    assert (card.dataset, card.dataset_title, card.classes) == ("folder:colours", "colours", ("blue", "red"))
    assert (card.input_size, card.epochs, card.seed, card.notes) == (12, 2, 0, ("One.", "Two."))
    assert card.recipe["learning_rate"] == 0.05
    assert load(read(path)).layer1[0].attention.conv.kernel_size == (3, 3)
    log = (folders / "runs" / card.name / "log.jsonl").read_text().splitlines()
    assert [json.loads(line)["epoch"] for line in log] == [1, 2]

    assert main(["checkpoints", "--checkpoints", "checkpoints"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert line.split() == ["colours-gam_net-w4-cbam-s0", "colours", "gam_net", "x4", "cbam", "not", "tested"]

    assert main(["evaluate", card.name, "--checkpoints", "checkpoints", "--device", "cpu"]) == 0
    said = capsys.readouterr().out
    test = read(path).card.test
    assert f"{card.name}: test accuracy {test['accuracy']:.2%} (95% interval " in said
    assert f"10 pictures), balanced accuracy {test['balanced_accuracy']:.2%}, calibration error 0." in said
    assert [line.split()[0] for line in said.splitlines()[1:]] == ["blue", "red"]
    assert test["count"] == 10
    assert set(test["per_class"]) == {"blue", "red"}

    assert main(["checkpoints", "--checkpoints", "checkpoints"]) == 0
    assert f"test {test['accuracy']:.2%}" in capsys.readouterr().out


def test_cards_as_json_and_what_was_left_out(folders, capsys):
    assert train("--name", "two.dots", "--seed", "3") == 0
    (folders / "checkpoints" / "bad.safetensors").write_text("nothing")
    capsys.readouterr()
    assert main(["checkpoints", "--checkpoints", "checkpoints", "--json"]) == 0
    said = capsys.readouterr()
    (card,) = json.loads(said.out)
    assert card == json.loads(read(folders / "checkpoints" / "two.dots.safetensors").card.to_json())
    assert card["seed"] == 3
    assert said.err.startswith("left out: bad.safetensors is not a safetensors file")
    # A name with a dot is a name, a path is a path.
    for given in ("two.dots", "checkpoints/two.dots.safetensors"):
        assert main(["evaluate", given, "--checkpoints", "checkpoints", "--device", "cpu"]) == 0


def test_a_network_without_a_finite_answer_is_not_evaluated(folders, capsys):
    assert train() == 0
    name, checkpoints = "colours-gam_net-w4-none-s0", folders / "checkpoints"
    spoil(name, checkpoints)
    before = (checkpoints / f"{name}.safetensors").read_bytes()
    capsys.readouterr()
    assert main(["evaluate", name, "--checkpoints", "checkpoints", "--device", "cpu"]) == 2
    assert "no finite answer (NaN or infinity) to 10 of 10 pictures" in error_of(capsys)
    assert (checkpoints / f"{name}.safetensors").read_bytes() == before


def test_a_stopped_training_says_that_it_goes_on(folders, capsys, monkeypatch):
    def stop(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("gam_viz.training.train", stop)
    assert train() == 130
    assert capsys.readouterr().err == "stopped; the same command goes on where it was\n"


def test_the_same_command_again_keeps_the_weights_and_other_settings_are_refused(folders, capsys):
    assert train() == 0
    path = folders / "checkpoints" / "colours-gam_net-w4-none-s0.safetensors"
    assert main(["evaluate", path.stem, "--checkpoints", "checkpoints", "--device", "cpu"]) == 0
    before = path.read_bytes()
    assert train() == 0
    assert path.read_bytes() == before  # the test result included
    capsys.readouterr()
    assert train("--epochs", "3") == 2
    assert (
        error_of(capsys)
        == "runs/colours-gam_net-w4-none-s0 holds a run with other settings; choose another --name or remove it"
    )


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            "--data imagenet",
            "unknown data set 'imagenet'; known are cifar10, scenes, scenes-shortcut, ucmerced, mednist, "
            "pneumoniamnist, cifar10-128, busi, bccd and folder:NAME",
        ),
        (
            "--data ucmrced",
            "unknown data set 'ucmrced'; known are cifar10, scenes, scenes-shortcut, ucmerced, mednist, "
            "pneumoniamnist, cifar10-128, busi, bccd and folder:NAME; did you mean ucmerced?",
        ),
        ("--data folder:nowhere", f"no folder or zip of pictures named nowhere; {EXPECTED}"),
        ("--data-root elsewhere", f"no folder or zip of pictures named colours; {EXPECTED}"),
        (
            "--attention sk",
            "unknown attention 'sk'; known are none, se, cbam, gam, gam_sigmoid, se_cbam, se_gam, eca, simam, triplet, "
            "coordinate, bam",
        ),
        ("--attention-option rate", "an attention option is KEY=VALUE, got 'rate'"),
        ("--attention-option rate=2", "attention 'none' takes no options, got rate"),
        (
            "--attention gam --attention-option rate=0",
            "GAM's rate must lie between 1 and the number of channels (4), got 0",
        ),
        (
            "--attention gam --attention-option rate=zero",
            "attention 'gam' does not take these options: rate must be a whole number, got 'zero'",
        ),
        (
            "--attention gam --attention-option spatial=[1]",
            "attention 'gam' does not take these options: spatial must be one of full, factorised, depthwise, got [1]",
        ),
        (
            "--attention cbam --attention-option rate=4",
            "attention 'cbam' does not take these options: 'rate'; it takes reduction_ratio, kernel_size",
        ),
        (
            "--attention cbam --attention-option kernel_size=4",
            "CBAM's kernel size must be odd so that the gate keeps its size, got 4",
        ),
        ("--stem patch", "unknown stem 'patch'; known are cifar, stride2, imagenet"),
        ("--width 0", "num_classes and width must be at least 1, got 2 and 0"),
        ("--size 4", "pictures of a folder are scaled to 8 pixels or more, got size 4"),
        ("--epochs 0", "epochs and batch size must be at least 1, got 0 and 64"),
        ("--learning-rate -1", "the learning rate must be above 0, got -1.0"),
        ("--device tpu", "unknown device 'tpu'; use auto, cpu or cuda"),
    ],
)
def test_what_the_user_can_mend_ends_in_one_sentence(arguments, sentence, folders, capsys):
    assert train(*arguments.split()) == 2
    assert error_of(capsys) == sentence
    assert not list(folders.rglob("*.safetensors"))


def test_an_attention_option_that_is_not_known_is_named(folders, capsys):
    for option in ("ratio=2", "channels=2", "name=x"):
        assert train("--attention", "gam", "--attention-option", option) == 2
        assert error_of(capsys).startswith("attention 'gam' does not take these options: ")


def test_a_folder_that_cannot_be_written_is_named(folders, capsys):
    (folders / "taken").write_text("a file")
    assert train("--runs", "taken") == 2
    assert error_of(capsys).startswith("taken/colours-gam_net-w4-none-s0: ")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["fly"],
        ["train"],
        ["train", "--data", "scenes", "--network", "vgg"],
        ["train", "--data", "scenes", "--recipe", "best"],
        ["train", "--data", "scenes", "--epochs", "many"],
        ["train", "--data", "scenes", "--colour", "red"],
        ["evaluate"],
    ],
)
def test_a_wrong_command_line_shows_the_usage(arguments, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith("usage: gam-viz")
    assert "error: " in said


def test_version_and_an_empty_folder(tmp_path, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["--version"])
    assert stopped.value.code == 0
    assert capsys.readouterr().out == f"{__version__}\n"
    assert main(["checkpoints", "--checkpoints", str(tmp_path / "none")]) == 0
    assert capsys.readouterr().err == f"no checkpoints in {tmp_path / 'none'}\n"


def test_evaluating_what_is_not_there_or_does_not_fit(folders, capsys):
    here = ["--checkpoints", "checkpoints", "--device", "cpu"]
    assert main(["evaluate", "missing", *here]) == 2
    assert error_of(capsys) == "There is no network called 'missing', and no other in checkpoints"
    assert train("--name", "net") == 0
    before = read(folders / "checkpoints" / "net.safetensors").sha256
    capsys.readouterr()
    (folders / "data" / "colours" / "test" / "red").rename(folders / "data" / "colours" / "test" / "green")
    assert main(["evaluate", "net", *here]) == 2
    assert error_of(capsys) == "net was trained on other classes than folder:colours has now"
    assert main(["evaluate", "net", "--data-root", "elsewhere", *here]) == 2
    assert error_of(capsys).startswith("no folder or zip of pictures named colours")
    assert read(folders / "checkpoints" / "net.safetensors").sha256 == before


def test_another_data_set_is_tested_and_the_card_left_alone(folders, capsys):
    here = ["--checkpoints", "checkpoints", "--device", "cpu"]
    assert train("--name", "net") == 0
    before = read(folders / "checkpoints" / "net.safetensors").sha256
    (folders / "data" / "colours").rename(folders / "data" / "others")
    capsys.readouterr()
    assert main(["evaluate", "net", "--data", "folder:others", *here]) == 0
    assert "10 pictures" in capsys.readouterr().out
    assert read(folders / "checkpoints" / "net.safetensors").sha256 == before


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (TrainingError("the loss is gone"), "the loss is gone"),
        (OSError(28, "No space left on device", "x.part"), "x.part: No space left on device"),
        (OSError("no network"), "no network"),
    ],
)
def test_errors_of_a_run_end_in_one_sentence(error, said, folders, capsys, monkeypatch):
    def fail(*arguments, **options):
        raise error

    monkeypatch.setattr("gam_viz.training.train", fail)
    assert train() == 2
    assert error_of(capsys) == said


def test_a_start_and_snapshots(folders, capsys):
    assert train("--name", "first") == 0
    second = ["--name", "second", "--stem", "imagenet"]
    assert train(*second, "--start", "first", "--snapshot", "0", "--snapshot", "2") == 0
    first, later = (read(folders / "checkpoints" / f"{name}.safetensors") for name in ("first", "second"))
    assert later.card.started_from == {"name": "first", "sha256": first.sha256, "fresh": ["conv1"]}
    assert list(snapshots(folders / "checkpoints", "second")) == [0, 2]
    # A path is a path, and a tested start is still the start.
    assert main(["evaluate", "first", "--checkpoints", "checkpoints", "--device", "cpu"]) == 0
    assert train(*second, "--start", "checkpoints/first.safetensors") == 0


def test_a_start_that_is_not_there_or_does_not_fit(folders, capsys):
    assert train("--start", "nobody") == 2
    assert error_of(capsys) == "There is no network called 'nobody', and no other in checkpoints"
    assert train("--name", "first") == 0
    capsys.readouterr()
    assert train("--name", "wide", "--start", "first", "--width", "6") == 2
    assert error_of(capsys) == "no weight of first.safetensors fits this network"
