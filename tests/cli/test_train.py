"""`train`: what goes wrong ends in one sentence."""

import pytest
import torch
from filelock import FileLock

from gam_viz import datasets
from gam_viz.cli.main import main


@pytest.fixture
def start(tmp_path, monkeypatch, easy_images):
    """The command on a few pictures, whose checkpoint is `mine`."""
    monkeypatch.setattr(datasets, "load_dataset", lambda *arguments, **options: easy_images())

    def go():
        width = ["--data", "scenes", "--width", "4", "--epochs", "1", "--device", "cpu", "--name", "mine"]
        return main(["train", *width, "--runs", str(tmp_path), "--checkpoints", str(tmp_path / "made")])

    return go


def test_a_second_training_of_one_name_says_that_another_runs(start, tmp_path, capsys):
    (tmp_path / "mine").mkdir()
    with FileLock(tmp_path / "mine" / "lock"):
        assert start() == 2
    assert capsys.readouterr().err.startswith("error: another training of the name mine runs")


def test_a_full_disk_while_training_ends_in_one_sentence(start, tmp_path, capsys, monkeypatch):
    save = torch.save

    def full(state, file):
        with open("/dev/full", "wb") as full:
            save(state, full if hasattr(file, "write") else full.name)

    monkeypatch.setattr(torch, "save", full)
    assert start() == 2
    assert capsys.readouterr().err == "error: No space left on device\n"
    assert not list(tmp_path.rglob("*.part"))
    assert not list(tmp_path.rglob("*.pt"))
