"""Planted scenes as a data set to train on."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from gam_viz.datasets import load_dataset
from gam_viz.datasets.scenes import dataset
from gam_viz.datasets.scenes.draw import CLASSES, draw_scenes


@pytest.fixture(autouse=True)
def _few(monkeypatch):
    monkeypatch.setattr(dataset, "COUNTS", {"train": 20, "test": 10})


@pytest.mark.parametrize("name", ["scenes", "scenes-shortcut"])
def test_both_splits_hold_their_scenes(name):
    train, test = (load_dataset(name, split, Path("unused")) for split in ("train", "test"))
    assert train.images.shape == (20, 64, 64, 3)
    assert test.images.shape == (10, 64, 64, 3)
    assert np.bincount(train.labels).tolist() == [2] * 10
    assert train.info == test.info
    assert train.info.name == name
    assert train.info.classes == CLASSES
    for data, split in ((train, "train"), (test, "test")):
        drawn = draw_scenes(len(data), split=split, shortcut=name != "scenes")
        assert np.array_equal(data.images, drawn.images)
        assert np.array_equal(data.labels, drawn.labels)
    digests = {hashlib.sha256(image.tobytes()).hexdigest() for data in (train, test) for image in data.images}
    assert len(digests) == 30


def test_the_shortcut_is_a_tag_that_may_not_be_mirrored():
    plain, tagged = (load_dataset(name, "test", Path("unused")) for name in ("scenes", "scenes-shortcut"))
    assert np.array_equal(plain.labels, tagged.labels)
    changed = (plain.images != tagged.images).any(axis=3).sum(axis=(1, 2))
    assert (changed > 0).all()
    assert (changed <= 11 * 11).all()
    assert plain.info.mirrored
    assert not tagged.info.mirrored
