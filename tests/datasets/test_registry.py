"""Data sets by name, and the folder they lie in."""

from pathlib import Path

import pytest

from gam_viz.datasets import DATASETS, DatasetError, data_root, load_dataset


def test_the_data_folder_is_what_was_given_else_the_environments_else_here(monkeypatch):
    monkeypatch.setenv("GAM_VIZ_DATA", "/from/environment")
    assert data_root("/given") == Path("/given")
    assert data_root() == data_root(None) == Path("/from/environment")
    monkeypatch.setenv("GAM_VIZ_DATA", "")
    assert data_root() == Path("data")
    monkeypatch.delenv("GAM_VIZ_DATA")
    assert data_root() == Path("data")


def test_a_name_reaches_its_loader(monkeypatch):
    asked = []
    monkeypatch.setitem(DATASETS, "mine", lambda split, root: asked.append((split, root)))
    load_dataset("mine", "train", Path("there"))
    assert asked == [("train", Path("there"))]


def test_known_names():
    names = ["cifar10", "scenes", "scenes-shortcut", "ucmerced", "mednist", "pneumoniamnist", "cifar10-128", "busi"]
    assert list(DATASETS) == [*names, "bccd"]


@pytest.mark.parametrize(
    ("name", "split", "sentence"),
    [
        (
            "imagenet",
            "train",
            "unknown data set 'imagenet'; known are cifar10, scenes, scenes-shortcut, ucmerced, mednist, "
            "pneumoniamnist, cifar10-128, busi, bccd and folder:NAME",
        ),
        ("cifar10", "val", "unknown split 'val'; known are train, test"),
        ("folder:nowhere", "train", "no folder or zip of pictures named nowhere"),
    ],
)
def test_what_is_unknown_is_said_with_what_is_known(name, split, sentence, tmp_path):
    with pytest.raises(DatasetError, match=sentence):
        load_dataset(name, split, tmp_path)
