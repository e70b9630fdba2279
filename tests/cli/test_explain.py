"""`explain` end to end: the report that is written, and every mistake in one sentence with nothing half-done."""

import dataclasses
import json
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from gam_viz.cli import explain
from gam_viz.cli.main import main
from gam_viz.evidence.examine import CaseSettings
from gam_viz.networks import build_network
from gam_viz.networks.checkpoints import read, save
from gam_viz.networks.default_comparison import default_networks, first_comparison
from gam_viz.text import words
from tests.checkpoint_files import spoil, write_checkpoints
from tests.images.dicom_files import dicom

BRIEF = ["--measures", "ablation"]
TRAINED = Path(__file__).parents[2] / "checkpoints" / "pneumoniamnist-gam-last.safetensors"
QUICK = ["--steps", "2", "--orders", "2", "--shuffles", "6", "--methods", "saliency", "--device", "cpu"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Checkpoints of CIFAR-10 and scenes, and a picture."""
    found = tmp_path_factory.mktemp("explain")
    write_checkpoints(found)
    pixels = np.random.default_rng(0).integers(0, 256, (40, 30, 3), np.uint8)
    Image.fromarray(pixels).save(found / "a picture.png")
    return found


@pytest.fixture
def run(folder, tmp_path, monkeypatch):
    """The command in a folder of its own; what it writes there is all there is."""
    monkeypatch.chdir(tmp_path)

    def go(picture, *arguments):
        return main(["explain", picture, "--checkpoints", str(folder), *QUICK, *arguments])

    return go


def error_of(capsys):
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert said.count("\n") == 1
    assert "Traceback" not in said
    return said.removeprefix("error: ").strip()


def test_a_sample_with_the_default_networks(run, capsys, folder):
    assert run("sample:scene-sailboat-17", "--zip", "--out", "report.html") == 0
    said = capsys.readouterr()
    assert [line.partition(":")[0] for line in said.out.splitlines()] == ["report.html", "report.zip"]
    assert sorted(os.listdir()) == ["report.html", "report.zip"]
    source = Path("report.html").read_text()
    for name in ("scenes-cbam", "scenes-gam"):
        assert read(folder / f"{name}.safetensors").sha256 in source
    assert "Scene: sailboat" in source
    assert "python -m gam_viz explain sample:scene-sailboat-17 --networks scenes-cbam scenes-gam --fit crop" in source
    with zipfile.ZipFile("report.zip") as archive:
        assert archive.read("report.html").decode() == source
        of_case = json.loads(archive.read("manifest.json"))["provenance"]
    assert [network["name"] for network in of_case["networks"]] == ["scenes-cbam", "scenes-gam"]
    assert of_case["settings"]["faithfulness"]["steps"] == 2


def test_a_file_with_networks_target_fit_and_language(run, capsys, folder):
    options = ["--networks", "cifar10-gam", str(folder / "cifar10-none.safetensors"), "--target", "cat", "--fit", "pad"]
    assert run(str(folder / "a picture.png"), *options, "--language", "zh", *BRIEF, "--out", "new/x.zip") == 0
    with zipfile.ZipFile("new/x.zip") as archive:
        source = archive.read("report.html").decode()
        of_case = json.loads(archive.read("manifest.json"))["provenance"]
    assert '<html lang="zh-Hans">' in source
    assert "a picture" not in source  # nor what they are called
    assert str(folder) not in source  # where files lie is nobody's business
    assert of_case["picture"]["sha256"] in source
    assert [(n["target"], n["target_asked_for"]) for n in of_case["networks"]] == [("cat", True)] * 2
    assert of_case["command"].startswith(
        "python -m gam_viz explain PICTURE --networks cifar10-gam cifar10-none.safetensors --fit pad "
        "--target cat --methods saliency"
    )
    assert "left out: cifar10-none: The network has no gates" in capsys.readouterr().err


def test_a_network_without_a_finite_answer_is_named_and_the_other_goes_on(run, capsys, tmp_path):
    write_checkpoints(tmp_path / "nets")
    spoil("scenes-gam", tmp_path / "nets")
    asked = ["sample:scene-sailboat-17", "--checkpoints", "nets", "--measures", "ablation", "--networks", "scenes-gam"]
    sentence = "scenes-gam: The network's output for this picture is not finite"
    assert run(*asked, "--out", "report.html") == 2
    assert sentence in error_of(capsys)
    assert os.listdir() == ["nets"]
    assert run(*asked, "scenes-cbam", "--out", "report.html") == 0
    assert f"left out: {sentence}" in capsys.readouterr().err
    source = Path("report.html").read_text()
    assert "output for this picture is not finite, so it is left out" in source
    assert read(tmp_path / "nets" / "scenes-cbam.safetensors").sha256 in source
    assert read(tmp_path / "nets" / "scenes-gam.safetensors").sha256 not in source


@pytest.mark.skipif(not TRAINED.is_file(), reason="the trained networks are not here")
def test_the_report_calls_a_trained_network_trained_and_one_with_fresh_weights_not(run, tmp_path):
    card = read(TRAINED).card
    torch.manual_seed(5)
    save(build_network(card.config), dataclasses.replace(card, name="fresh"), tmp_path / "fresh.safetensors")
    said = {code: said_of(f"evidence.training.sentence.{code}") for code in ("trained", "untrained")}
    for path, code in ((TRAINED, "trained"), (tmp_path / "fresh.safetensors", "untrained")):
        asked = ["--networks", str(path), "--measures", "training", "--out", "report.html"]
        assert run("sample:scene-sailboat-17", *asked) == 0
        source = Path("report.html").read_text()
        assert {key: source.count(sentence) for key, sentence in said.items()} == {**dict.fromkeys(said, 0), code: 2}


def said_of(key):
    """The part of a sentence that stands between two of its gaps."""
    return words("en").sentences[key].split("}")[1].split("{")[0]


def test_a_dicom_file_with_a_window(run, folder):
    values = np.random.default_rng(0).integers(0, 2000, (40, 32), np.uint16)
    name = "Hieronymus_Q"  # long enough that no coded picture holds it by chance
    Path(f"{name}.dcm").write_bytes(dicom(values, PatientName=name, PatientID=f"{name}-4711"))
    assert (
        run(f"{name}.dcm", "--look", "w500_800", "--networks", "scenes-cbam", *BRIEF, "--zip", "--out", "report.html")
        == 0
    )
    with zipfile.ZipFile("report.zip") as archive:
        for member in archive.namelist():
            assert b"Hieronymus" not in archive.read(member)
        of_case = json.loads(archive.read("manifest.json"))["provenance"]
    assert of_case["picture"]["rendering"] == "w500_800"
    assert "--look w500_800" in of_case["command"]


@pytest.mark.parametrize(
    ("picture", "arguments", "sentence"),
    [
        ("sample:nope", [], "There is no sample picture called 'nope'; there are scene-sailboat-17, scene-house-28"),
        ("sample:scene-sailboat-71", [], "called 'scene-sailboat-71'; the nearest names are scene-sailboat-17"),
        ("sample:cat", [], "the nearest names are photo-cat, photo-cat-face"),
        ("missing.png", [], "missing.png: No such file or directory"),
        (".", [], "Is a directory"),
        ("words.png", [], "The file's content is not a known picture format"),
        ("sample:scene-sailboat-17", ["--look", "w1_2"], "a built-in picture can be looked at in one way only"),
        ("p.png", ["--look", "nonsense?"], "nonsense?"),
        ("p.png", ["--look", "w1_2"], "A window was requested, which this file does not offer"),
        ("p.png", ["--networks", "absent"], "There is no network called 'absent'; those here are cifar10-cbam"),
        (
            "p.png",
            ["--networks", "scenes-cbm"],
            "There is no network called 'scenes-cbm'; the nearest names here are",
        ),
        ("p.png", ["--networks", "absent.pth"], "absent.pth cannot be opened: No such file or directory"),
        ("p.png", ["--networks", "my.pth"], "my.pth holds weights without a model card: make a checkpoint of it with "),
        ("p.png", ["--layer", "layer31"], "no network here has a layer 'layer31'; they have relu, layer1.0"),
        ("p.png", ["--layer", "layer3.0.atention"], "; did you mean layer3.0.attention or "),
        ("p.png", ["--target", "sailbaot"], "key; did you mean sailboat?"),
        ("p.png", ["--methods", "gradcm"], "; did you mean gradcam or "),
        ("p.png", ["--measures", "faithful"], "; did you mean faithfulness?"),
        ("p.png", ["--param", "saliencey.x=1"], "got 'saliencey.x=1'; did you mean saliency?"),
        ("p.png", ["--param", "occlusion.grid=many", "--methods", "occlusion"], "grid must be "),
        ("p.png", ["--target", "unicorn"], "no network here has a class 'unicorn'; they have sailboat"),
        ("p.png", ["--methods", "deeplift"], "deeplift is not offered"),
        ("p.png", ["--methods", "magic"], "unknown attribution method 'magic'"),
        ("p.png", ["--orders", "-1"], "0 (as many as needed) or more, got -1"),
        ("p.png", ["--steps", "0"], "there must be at least 1 step, got 0"),
        ("p.png", ["--device", "abacus"], "unknown device 'abacus'"),
        ("p.png", ["--out", "report.pdf"], "the report is written as .html or .zip, got report.pdf"),
        ("p.png", ["--out", "taken.html"], "taken.html is a folder; name a file"),
    ],
)
def test_mistakes_end_in_one_sentence_and_leave_nothing(run, capsys, picture, arguments, sentence):
    Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save("p.png")
    Path("words.png").write_text("no picture")
    Path("my.pth").write_bytes(b"weights")
    Path("taken.html").mkdir()
    before = sorted(os.listdir())
    assert run(picture, *(arguments if "--out" in arguments else [*arguments, "--out", "report.html"])) == 2
    assert sentence in error_of(capsys)
    assert sorted(os.listdir()) == before


def test_no_networks_at_all(tmp_path, capsys):
    out = str(tmp_path / "r.html")
    assert main(["explain", "sample:photo-cat", "--checkpoints", str(tmp_path), "--out", out]) == 2
    assert error_of(capsys) == "no data set has two networks to compare; name one with --networks"


def test_who_stops_it_finds_the_old_report(run, capsys, monkeypatch):
    def stop(*arguments, **options):
        raise KeyboardInterrupt

    Path("report.html").write_text("old")
    monkeypatch.setattr("gam_viz.evidence.examine.examine", stop)
    with pytest.raises(SystemExit) as ended:
        run("sample:scene-sailboat-17", "--out", "report.html")
    assert ended.value.code == 130
    assert capsys.readouterr().err == "stopped; no file was left half-written\n"
    assert os.listdir() == ["report.html"]
    assert Path("report.html").read_text() == "old"


def test_a_full_disk_leaves_the_old_report(run, capsys, monkeypatch):
    def full(self, content):
        with self.open("wb") as handle:
            handle.write(content[: len(content) // 2])
        raise OSError(28, "No space left on device", str(self))

    Path("report.html").write_text("old")
    monkeypatch.setattr(explain, "_made", lambda case, targets, language: [(targets[0], b"half of it")])
    monkeypatch.setattr(Path, "write_bytes", full)
    assert run("sample:scene-sailboat-17", "--networks", "scenes-none", "--out", "report.html") == 2
    assert "No space left on device" in capsys.readouterr().err
    assert os.listdir() == ["report.html"]
    assert Path("report.html").read_text() == "old"


def test_the_defaults_of_the_options_are_those_of_the_settings(folder, tmp_path, monkeypatch):
    given = []

    def look(*arguments, settings, **options):
        given.append(settings)
        raise ValueError("enough")

    monkeypatch.setattr("gam_viz.evidence.examine.examine", look)
    out = str(tmp_path / "r.html")
    assert main(["explain", "sample:photo-cat", "--checkpoints", str(folder), "--device", "cpu", "--out", out]) == 2
    assert given == [CaseSettings()]


def test_the_first_comparison_is_cbam_and_gam_as_printed(folder):
    found = [read(path) for path in sorted(folder.glob("*.safetensors"))]
    assert [checkpoint.card.name for checkpoint in default_networks(found)] == ["scenes-cbam", "scenes-gam"]
    cifar = [checkpoint for checkpoint in found if checkpoint.card.dataset == "cifar10"]
    assert [checkpoint.card.name for checkpoint in default_networks(cifar)] == ["cifar10-cbam", "cifar10-gam"]
    without = [checkpoint.card for checkpoint in cifar if checkpoint.card.config.attention != "cbam"]
    assert first_comparison(without) == ["cifar10-gam", "cifar10-gam_sigmoid"]
    with pytest.raises(ValueError, match="no data set has two networks"):
        default_networks(cifar[:1])
