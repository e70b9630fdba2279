"""`gates`: measured once, kept beside the checkpoint, said in lines; bad input ends in a sentence."""

import shutil

import pytest

from gam_viz.cli.main import main
from gam_viz.datasets.scenes.dataset import COUNTS
from gam_viz.evidence.channels.store import channels_path, load_channels
from gam_viz.evidence.dependence.store import dependence_path, load_dependence


@pytest.fixture
def folder(checkpoints, tmp_path, monkeypatch):
    for split in COUNTS:
        monkeypatch.setitem(COUNTS, split, 40)
    for name in ("scenes-cbam", "scenes-none", "cifar10-cbam"):
        shutil.copy(checkpoints[name].path, tmp_path)
    return tmp_path


def test_measured_once_and_said(folder, checkpoints, capsys, monkeypatch):
    monkeypatch.setenv("GAM_VIZ_DATA", str(folder))
    command = ["gates", "--checkpoints", str(folder), "--pictures", "8", "--device", "cpu"]
    assert main(command) == 0, capsys.readouterr().err
    said = capsys.readouterr().out
    assert "scenes-cbam: 8 test pictures" in said
    assert "scenes-none: no gates" in said
    assert "cifar10-cbam: left out; CIFAR-10 is not in the data folder" in said
    assert "from picture to picture" in said
    assert "as a constant" in said
    path = dependence_path(folder, "scenes-cbam")
    kept = load_dependence(path, checkpoint=checkpoints["scenes-cbam"].sha256)
    assert {each.statistics.pictures for each in kept} == {8}
    written = path.stat().st_mtime_ns
    assert main([*command[:3], "--pictures", "4"]) == 0  # known already
    assert path.stat().st_mtime_ns == written
    channels = channels_path(folder, "scenes-cbam")
    assert not channels.exists()
    assert main([*command[:3], "--pictures", "4", "--channels"]) == 0
    of_channels = load_channels(channels, checkpoint=checkpoints["scenes-cbam"].sha256)
    assert {each.responses.pictures for each in of_channels} == {40}  # their numbers are those of the whole split
    assert [each.responses.path for each in of_channels] == [
        of.statistics.path for of in kept if of.statistics.branch == "channel"
    ]
    assert "scenes-cbam: 8 test pictures" in capsys.readouterr().out


def test_bad_input(folder, capsys, monkeypatch):
    monkeypatch.setenv("GAM_VIZ_DATA", str(folder))
    assert main(["gates", "cifar10-cbam", "--checkpoints", str(folder)]) == 2
    assert "not in the data folder" in capsys.readouterr().err
    assert main(["gates", "scenes-cbam", "--checkpoints", str(folder), "--pictures", "1"]) == 2
    assert "at least two are needed" in capsys.readouterr().err
