"""Batches: the same by seed and epoch, cropped and mirrored as the recipe says."""

import dataclasses

import numpy as np
import pytest
import torch

from gam_viz.datasets import LabelledImages
from gam_viz.images import normalise_batch
from gam_viz.training import RECIPES, Recipe
from gam_viz.training.batches import Batches

PLAIN = Recipe("plain", batch_size=8, crop=0, flip=False)
#: With these a batch holds the pictures' own values, 0..255.
MEAN, STD = (0.0,) * 3, (1 / 255,) * 3


@pytest.fixture
def pictures(easy_images):
    """No two pictures are alike, nor any picture and its mirror image; the label is the picture's number."""

    def make(count=24, size=8, mirrored=True):
        data = easy_images(count, size=size, mirrored=mirrored)
        info = dataclasses.replace(data.info, classes=tuple(map(str, range(count))))
        images = np.random.default_rng(1).integers(0, 256, data.images.shape, dtype=np.uint8)
        return LabelledImages(info, images, np.arange(count))

    return make


def batches(data, recipe=PLAIN, seed=0):
    return Batches(data, recipe, MEAN, STD, torch.device("cpu"), seed)


def epoch_of(made, epoch):
    """All pictures of an epoch as (N, H, W, 3) whole numbers, and their labels."""
    x, labels = zip(*made.epoch(epoch), strict=True)
    return torch.cat(x).permute(0, 2, 3, 1).numpy().round().astype(int), torch.cat(labels).numpy()


def test_normalising_is_minus_mean_over_std():
    images = torch.randint(0, 256, (2, 3, 4, 5), dtype=torch.uint8)
    mean, std = (0.1, 0.5, 0.9), (0.2, 0.3, 0.4)
    x = normalise_batch(images, mean, std)
    assert x.dtype == torch.float32
    for channel in range(3):
        expected = (images[:, channel].numpy() / 255 - mean[channel]) / std[channel]
        np.testing.assert_allclose(x[:, channel].numpy(), expected, rtol=1e-5, atol=1e-6)


def test_an_epoch_holds_every_picture_once_with_its_label(pictures):
    data = pictures()
    images, labels = epoch_of(batches(data), 0)
    assert sorted(labels) == list(range(24))
    assert not np.array_equal(labels, np.arange(24))  # shuffled
    assert np.array_equal(images, data.images[labels])


def test_shapes_and_the_short_batch_that_is_left_out(pictures):
    made = batches(pictures(27))
    given = list(made.epoch(0))
    assert len(made) == len(given) == 3
    assert {tuple(x.shape) for x, _ in given} == {(8, 3, 8, 8)}
    assert given[0][1].dtype == torch.int64


def test_fewer_pictures_than_a_batch_are_one_batch(pictures):
    made = batches(pictures(5))
    ((x, labels),) = made.epoch(0)
    assert len(made) == 1
    assert x.shape[0] == 5
    assert sorted(labels.tolist()) == [0, 1, 2, 3, 4]


def test_seed_and_epoch_decide_everything(pictures):
    data, recipe = pictures(), dataclasses.replace(PLAIN, crop=2, flip=True)
    first = epoch_of(batches(data, recipe, seed=3), 4)
    again = batches(data, recipe, seed=3)
    epoch_of(again, 0)  # what was drawn before does not matter
    torch.rand(7)
    again = epoch_of(again, 4)
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    for seed, epoch in ((3, 5), (4, 4)):
        other = epoch_of(batches(data, recipe, seed=seed), epoch)
        assert not np.array_equal(other[1], first[1])


def test_drawing_leaves_torchs_own_random_numbers_alone(pictures):
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    epoch_of(batches(pictures(), RECIPES["default"]), 0)
    assert torch.equal(torch.rand(3), expected)


@pytest.mark.parametrize("pad", [1, 2, 4])
def test_crops_equal_a_plain_loop(pad, pictures):
    """Every picture is one of the (2 pad + 1)^2 windows of itself, padded with its mirror image."""
    data = pictures(80)
    images, labels = epoch_of(batches(data, dataclasses.replace(PLAIN, crop=pad)), 0)
    shifts = []
    for image, label in zip(images, labels, strict=True):
        padded = np.pad(data.images[label], ((pad, pad), (pad, pad), (0, 0)), mode="reflect")
        matching = [
            (row, column)
            for row in range(2 * pad + 1)
            for column in range(2 * pad + 1)
            if np.array_equal(image, padded[row : row + 8, column : column + 8])
        ]
        assert len(matching) == 1
        shifts += matching
    assert len(set(shifts)) > 5  # each picture has its own
    assert {row for row, _ in shifts} == {column for _, column in shifts} == set(range(2 * pad + 1))


def mirrored_ones(data, made, epoch):
    """For each picture, whether it came mirrored."""
    images, labels = epoch_of(made, epoch)
    result = {}
    for image, label in zip(images, labels, strict=True):
        result[int(label)] = np.array_equal(image, data.images[label][:, ::-1])
        assert result[int(label)] or np.array_equal(image, data.images[label])
    return result


def test_every_picture_is_mirrored_in_every_other_epoch(pictures):
    data = pictures()
    made = batches(data, dataclasses.replace(PLAIN, flip=True))
    epochs = [mirrored_ones(data, made, epoch) for epoch in range(4)]
    assert all(epochs[0][k] != epochs[1][k] and epochs[0][k] == epochs[2][k] for k in range(24))
    assert epochs[1] == epochs[3]
    assert 4 < sum(epochs[0].values()) < 20  # about half of them start mirrored


@pytest.mark.parametrize(("flip", "mirrored"), [(True, False), (False, True)])
def test_no_mirroring_where_left_and_right_have_a_meaning(flip, mirrored, pictures):
    data = pictures(mirrored=mirrored)
    made = batches(data, dataclasses.replace(PLAIN, flip=flip))
    assert not any(any(mirrored_ones(data, made, epoch).values()) for epoch in range(3))


def test_small_pictures_first(pictures):
    data = pictures(size=32)
    recipe = dataclasses.replace(PLAIN, epochs=4, sizes=((0.25, 0.5), (0.25, 0.75)))
    made = batches(data, recipe)
    sizes = [next(iter(made.epoch(epoch)))[0].shape[2:] for epoch in range(4)]
    assert [tuple(size) for size in sizes] == [(16, 16), (24, 24), (32, 32), (32, 32)]
    # Half as large: what torch's antialiased bilinear resize makes of the pictures.
    x, labels = next(iter(made.epoch(0)))
    full = torch.from_numpy(data.images[labels.numpy()]).permute(0, 3, 1, 2).float()
    expected = torch.nn.functional.interpolate(full, size=(16, 16), mode="bilinear", antialias=True)
    torch.testing.assert_close(x, expected, rtol=1e-4, atol=1e-2)


def test_no_picture_becomes_smaller_than_eight_pixels(pictures):
    made = batches(pictures(size=10), dataclasses.replace(PLAIN, epochs=2, sizes=((0.5, 0.5),)))
    assert next(iter(made.epoch(0)))[0].shape[2:] == (8, 8)


def test_the_pictures_as_they_are(pictures):
    data = pictures()
    recipe = dataclasses.replace(RECIPES["few-pictures"], batch_size=8)
    made = Batches(data, recipe, MEAN, STD, torch.device("cpu"), 2)
    (x,) = made.unchanged()
    given = x.permute(0, 2, 3, 1).numpy().round().astype(np.uint8)
    assert not np.array_equal(given, data.images)  # in another order
    assert sorted(map(bytes, given)) == sorted(map(bytes, data.images))
    assert torch.equal(next(made.unchanged()), x)


@pytest.mark.parametrize("count", [5, 256, 257, 600])
def test_the_parts_they_come_in_are_of_one_size(count, easy_images):
    """An average over the parts would count the pictures of a short one more."""
    sizes = [len(x) for x in batches(easy_images(count, size=8)).unchanged()]
    assert sum(sizes) == count
    assert max(sizes) <= 256
    assert max(sizes) - min(sizes) <= 1


@pytest.mark.parametrize("any_way_up", [True, False])
def test_quarter_turns_only_where_a_picture_has_no_upper_side(any_way_up, pictures):
    data = pictures()
    data = dataclasses.replace(data, info=dataclasses.replace(data.info, any_way_up=any_way_up))
    images, labels = epoch_of(batches(data, dataclasses.replace(PLAIN, quarter_turns=True)), 0)
    turns = [
        next(k for k in range(4) if np.array_equal(image, np.rot90(data.images[label], k)))
        for image, label in zip(images, labels, strict=True)
    ]
    assert set(turns) == ({0, 1, 2, 3} if any_way_up else {0})


@pytest.mark.parametrize("changes", [{"turn": 20.0}, {"zoom": 0.3}])
def test_turns_and_zooms_keep_the_range_of_the_values(changes, pictures):
    """Warped pictures leave whole numbers, and still must be normalised from 0..255."""
    data = pictures(16, size=16)
    x = torch.cat([x for x, _ in batches(data, dataclasses.replace(PLAIN, **changes)).epoch(0)])
    assert x.shape == (16, 3, 16, 16)
    assert 0 <= x.min() < 30
    assert 225 < x.max() <= 255.01
    assert (x - x.round()).abs().max() > 0.1


def test_the_erased_square_keeps_its_share_of_small_pictures(pictures):
    recipe = dataclasses.replace(PLAIN, epochs=2, erase=0.5, sizes=((0.5, 0.5),))
    made = Batches(pictures(40, size=32), recipe, (-1.0,) * 3, (1.0,) * 3, torch.device("cpu"), 0)  # no value is 0
    sides = [
        max(int((picture == 0).all(dim=0).sum(dim=1).max()) for x, _ in made.epoch(epoch) for picture in x)
        for epoch in range(2)
    ]
    assert sides == [8, 16]


def test_everything_at_once_is_decided_by_seed_and_epoch(pictures):
    data = pictures(16, size=16)
    data = dataclasses.replace(data, info=dataclasses.replace(data.info, any_way_up=True))
    changes = {"quarter_turns": True, "turn": 10.0, "zoom": 0.2, "colour": 0.3, "erase": 0.2}
    recipe = dataclasses.replace(PLAIN, crop=2, flip=True, **changes)
    first, again, other = (torch.cat([x for x, _ in batches(data, recipe).epoch(epoch)]) for epoch in (3, 3, 4))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.isfinite(first).all()


@pytest.mark.parametrize("recipe", list(RECIPES.values()), ids=lambda r: r.name)
def test_every_recipe_makes_batches(recipe, easy_images):
    made_of = easy_images(140, size=28)
    made = Batches(made_of, recipe, (0.5,) * 3, (0.25,) * 3, torch.device("cpu"), 0)
    shapes = set()
    for x, labels in made.epoch(recipe.epochs - 1):
        assert x.shape == (recipe.batch_size, 3, 28, 28)
        assert x.dtype == torch.float32
        assert torch.isfinite(x).all()
        shapes.add(tuple(labels.shape))
        if labels.ndim == 2:
            torch.testing.assert_close(labels.sum(dim=1), torch.ones(recipe.batch_size))
    classes = len(made_of.info.classes)
    assert shapes <= {(recipe.batch_size,), *([(recipe.batch_size, classes)] if recipe.mix else [])}
