"""Labelled pictures and their split into training and validation."""

import numpy as np
import pytest

from gam_viz.datasets import DatasetError, DatasetInfo, LabelledImages, split_validation

INFO = DatasetInfo("easy", "Easy", ("a", "b", "c"), 4, (0.5,) * 3, (0.5,) * 3, "tests", "Apache-2.0")


def images(labels):
    """Pictures that hold their own number."""
    labels = np.asarray(labels, dtype=np.int64)
    numbers = np.arange(len(labels), dtype=np.uint8)
    return LabelledImages(INFO, np.broadcast_to(numbers[:, None, None, None], (len(labels), 4, 4, 3)).copy(), labels)


@pytest.mark.parametrize(
    ("pictures", "labels", "sentence"),
    [
        (np.zeros((2, 4, 4), np.uint8), [0, 1], r"must be \(N, H, W, 3\) uint8, got \(2, 4, 4\) uint8"),
        (np.zeros((2, 4, 4, 1), np.uint8), [0, 1], r"got \(2, 4, 4, 1\) uint8"),
        (np.zeros((2, 4, 4, 3), np.float32), [0, 1], r"got \(2, 4, 4, 3\) float32"),
        (np.zeros((2, 4, 4, 3), np.uint8), [0, 1, 2], r"Easy: 2 pictures came with labels of shape \(3,\)"),
        (np.zeros((2, 4, 4, 3), np.uint8), [[0], [1]], r"labels of shape \(2, 1\)"),
        (np.zeros((2, 4, 4, 3), np.uint8), [0, 3], "labels must lie between 0 and 2, got 0 to 3"),
        (np.zeros((2, 4, 4, 3), np.uint8), [-1, 0], "labels must lie between 0 and 2, got -1 to 0"),
    ],
)
def test_what_does_not_fit_together_is_refused(pictures, labels, sentence):
    with pytest.raises(DatasetError, match=sentence):
        LabelledImages(INFO, pictures, np.asarray(labels, dtype=np.int64))


def test_taking_some():
    taken = images([0, 1, 2, 0]).take(np.array([3, 1]))
    assert len(taken) == 2
    assert taken.labels.tolist() == [0, 1]
    assert taken.images[:, 0, 0, 0].tolist() == [3, 1]
    assert len(images([])) == 0


def test_every_picture_goes_to_one_part_and_every_class_gives_its_share():
    data = images([0] * 40 + [1] * 100 + [2] * 60)
    train, validation = split_validation(data, 0.1)
    numbers = [part.images[:, 0, 0, 0] for part in (train, validation)]
    assert sorted(np.concatenate(numbers)) == list(range(200))
    assert np.bincount(validation.labels).tolist() == [4, 10, 6]
    for part, own in zip((train, validation), numbers, strict=True):
        assert np.array_equal(part.labels, data.labels[own])
        assert part.info is INFO


def test_the_split_is_the_same_every_time_and_another_by_another_seed():
    data = images([0, 1, 2] * 60)
    first, again, other = (split_validation(data, 0.2, seed)[1].images[:, 0, 0, 0] for seed in (0, 0, 1))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert len(set(np.diff(first))) > 1  # drawn, not every fifth


@pytest.mark.parametrize("share", [0.01, 0.5, 0.99])
def test_every_class_gives_a_picture_and_keeps_one(share):
    train, validation = split_validation(images([0] * 2 + [1] * 9 + [2] * 3), share)
    assert set(train.labels) == set(validation.labels) == {0, 1, 2}


def test_a_class_of_one_picture_stays_in_training():
    train, validation = split_validation(images([0, 1, 1, 1]), 0.3)
    assert sorted(train.labels) == [0, 1, 1]
    assert validation.labels.tolist() == [1]


@pytest.mark.parametrize("share", [0, 1, -0.1, 1.5])
def test_a_share_out_of_range_is_refused(share):
    with pytest.raises(ValueError, match=f"between 0 and 1, got {share}"):
        split_validation(images([0, 1]), share)


def held_out(labels, mask):
    data = images(labels)
    return LabelledImages(INFO, data.images, data.labels, np.asarray(mask))


@pytest.mark.parametrize("share", [0.01, 0.5])
@pytest.mark.parametrize("seed", [0, 1])
def test_what_its_makers_held_out_is_the_validation(share, seed):
    """Whatever the share and the draw, and though a class has none there."""
    data = held_out([0, 1, 2, 0, 1, 2, 0], [False, True, False, False, True, False, True])
    train, validation = split_validation(data, share, seed)
    assert validation.images[:, 0, 0, 0].tolist() == [1, 4, 6]
    assert validation.labels.tolist() == [1, 1, 0]
    assert train.images[:, 0, 0, 0].tolist() == [0, 2, 3, 5]
    assert train.labels.tolist() == [0, 2, 0, 2]
    assert train.held_out is validation.held_out is None


@pytest.mark.parametrize("mask", [[True], [True] * 4, [[True, False, True]]])
def test_a_mask_of_another_length_is_refused(mask):
    with pytest.raises(DatasetError, match="Easy: 3 pictures came with a validation mask of shape"):
        held_out([0, 1, 2], mask)


def test_a_part_taken_is_a_split_of_its_own():
    taken = held_out([0, 1, 2], [True, False, False]).take(np.array([0, 2]))
    assert taken.held_out is None


def test_pictures_have_an_upper_side_and_no_domain_unless_said():
    assert (INFO.any_way_up, INFO.domain, INFO.mirrored) == (False, "", True)
