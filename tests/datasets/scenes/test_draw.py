"""Planted-evidence scenes: repeatable, truthful about where the evidence is, and not told apart by colour."""

import hashlib
from itertools import combinations

import numpy as np
import pytest

from gam_viz.datasets.scenes.draw import CLASSES, SIZE, SPLITS, draw_scene, draw_scenes


def digest(*arrays: np.ndarray) -> str:
    return hashlib.sha256(b"".join(np.ascontiguousarray(a).tobytes() for a in arrays)).hexdigest()


@pytest.fixture(scope="module")
def train():
    return draw_scenes(400, split="train", seed=3)


def test_shapes_and_types(train):
    assert len(CLASSES) == len(set(CLASSES)) == 10
    assert train.images.shape == (400, SIZE, SIZE, 3)
    assert train.images.dtype == np.uint8
    assert train.labels.shape == (400,)
    assert train.labels.dtype == np.int64
    assert train.masks.shape == train.tag_masks.shape == (400, SIZE, SIZE)
    assert train.masks.dtype == train.tag_masks.dtype == np.bool_
    assert not train.tag_masks.any()


def test_same_call_gives_the_same_bytes_in_any_order():
    first = draw_scenes(12, split="val", seed=5, start=30, shortcut=True)
    again = draw_scenes(12, split="val", seed=5, start=30, shortcut=True)
    parts = (first.images, first.labels, first.masks, first.tag_masks)
    assert digest(*parts) == digest(again.images, again.labels, again.masks, again.tag_masks)
    singles = [draw_scene(i, split="val", seed=5, shortcut=True) for i in reversed(range(30, 42))][::-1]
    assert digest(*parts) == digest(
        np.stack([s.image for s in singles]),
        np.array([s.label for s in singles], dtype=np.int64),
        np.stack([s.mask for s in singles]),
        np.stack([s.tag_mask for s in singles]),
    )


def test_labels_are_balanced_and_mixed(train):
    assert (np.bincount(train.labels, minlength=10) == 40).all()
    blocks = train.labels.reshape(-1, 10)
    assert len(np.unique(blocks, axis=0)) > 30


def test_splits_and_seeds_share_nothing():
    sets = [draw_scenes(30, split=split, seed=seed) for split in SPLITS for seed in (0, 1)]
    pictures = [image.tobytes() for scenes in sets for image in scenes.images]
    assert len(set(pictures)) == len(pictures)
    for a, b in combinations(sets, 2):
        assert not np.array_equal(a.labels, b.labels)


def test_objects_cover_a_bounded_share_and_stay_inside(train):
    share = train.masks.mean(axis=(1, 2))
    assert share.min() > 0.05
    assert share.max() < 0.22
    assert share.std() > 0.02
    border = np.ones((SIZE, SIZE), dtype=bool)
    border[1:-1, 1:-1] = False
    assert not train.masks[:, border].any()


def test_objects_turn_up_everywhere(train):
    seen, halves = train.masks.mean(axis=0), (slice(0, 32), slice(32, 64))
    quarters = [seen[rows, columns].mean() for rows in halves for columns in halves]
    assert max(quarters) < 1.5 * min(quarters)


@pytest.mark.parametrize("index", range(8))
def test_what_the_label_changes_lies_under_the_masks(index):
    scenes = [draw_scene(index, split="test", label=label) for label in range(10)]
    for a, b in combinations(scenes, 2):
        assert not np.array_equal(a.mask, b.mask)
        change = np.abs(a.image.astype(int) - b.image.astype(int)).max(axis=2)
        inside = a.mask | b.mask
        near = inside.copy()  # shadow reaches about four pixels, soft edges one
        for _ in range(5):
            near[1:] |= near[:-1].copy()
            near[:-1] |= near[1:].copy()
            near[:, 1:] |= near[:, :-1].copy()
            near[:, :-1] |= near[:, 1:].copy()
        assert change[~near].max(initial=0) == 0
        assert change[inside].sum() > 5 * change[~inside].sum() / 4


def test_a_shortcut_changes_the_tag_and_nothing_else():
    corners = set()
    for index in range(120):
        plain = draw_scene(index, split="train")
        tagged = draw_scene(index, split="train", shortcut=True)
        tag = tagged.tag_mask
        assert tag.sum() == 11 * 11
        assert not plain.tag_mask.any()
        assert plain.label == tagged.label
        assert np.array_equal(plain.image[~tag], tagged.image[~tag])
        assert np.array_equal(plain.mask, tagged.mask)
        assert not (tag & tagged.mask).any()
        rows, columns = np.nonzero(tag)
        assert len(np.unique(rows)) == len(np.unique(columns)) == 11
        corners.add((rows.min() < 32, columns.min() < 32))
    assert len(corners) == 4


def test_tags_tell_the_classes_apart_and_may_contradict():
    own = draw_scene(4, label=2, shortcut=True)
    tags = [draw_scene(4, label=2, shortcut=True, tag_label=k) for k in range(10)]
    assert all(np.array_equal(own.tag_mask, t.tag_mask) and t.label == 2 for t in tags)
    assert np.array_equal(own.image, tags[2].image)
    assert np.array_equal(tags[7].image, draw_scene(4, label=2, tag_label=7).image)
    for a, b in combinations(tags, 2):
        differing = (a.image != b.image).any(axis=2)
        assert not differing[~own.tag_mask].any()
        assert differing.sum() >= 4 * 9  # four cells of nine pixels at the very least


def test_a_tag_looks_the_same_in_every_scene():
    patches = set()
    for index in range(20):
        scene = draw_scene(index, tag_label=6)
        patches.add(scene.image[scene.tag_mask].tobytes())
    assert len(patches) == 1


def test_mean_colour_does_not_give_the_class_away(train):
    """Nearest class mean of the mean colour under the mask, scored on scenes that the means have not seen."""

    def mean_colours(scenes):
        pairs = zip(scenes.images, scenes.masks, strict=True)
        return np.stack([image[mask].mean(axis=0) for image, mask in pairs])

    colours, held_out = mean_colours(train), draw_scenes(300, split="test", seed=3)
    centres = np.stack([colours[train.labels == k].mean(axis=0) for k in range(10)])
    distances = np.linalg.norm(mean_colours(held_out)[:, None] - centres[None], axis=2)
    assert (distances.argmin(axis=1) == held_out.labels).mean() < 0.25


@pytest.mark.parametrize("size", [32, 100, 192])
def test_other_sizes_show_the_same_scene(size):
    small = draw_scene(9, shortcut=True)
    other = draw_scene(9, shortcut=True, size=size)
    assert other.image.shape == (size, size, 3)
    assert other.mask.shape == other.tag_mask.shape == (size, size)
    assert other.label == small.label
    nearest = ((np.arange(SIZE) + 0.5) * size / SIZE).astype(int)
    mask, tag = (m[np.ix_(nearest, nearest)] for m in (other.mask, other.tag_mask))
    assert (mask & small.mask).sum() / (mask | small.mask).sum() > 0.8
    assert (tag & small.tag_mask).sum() / (tag | small.tag_mask).sum() > 0.75
    # Lines are never thinner than a pixel of the canvas, so small pictures show a little more of them.
    assert np.abs(other.image.mean(axis=(0, 1)) - small.image.mean(axis=(0, 1))).max() < 9


def test_empty_batch():
    scenes = draw_scenes(0, split="val")
    assert scenes.images.shape == (0, SIZE, SIZE, 3)
    assert scenes.labels.shape == (0,)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"split": "dev"}, "split must be one of train, val, test, got 'dev'"),
        ({"label": 10}, "label must be 0..9 or None, got 10"),
        ({"label": -1}, "label must be 0..9 or None, got -1"),
        ({"tag_label": 11}, "tag_label must be 0..9 or None, got 11"),
        ({"size": 31}, "size must be 32 or more pixels, got 31"),
        ({"seed": -1}, "seed must be 0"),
        ({"index": -1}, "index must be 0"),
        ({"index": 2**32}, "index must be 0"),
    ],
)
def test_bad_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        draw_scene(**{"index": 0, **arguments})


def test_bad_batches_are_named():
    with pytest.raises(ValueError, match="count must be 0 or more, got -1"):
        draw_scenes(-1, split="train")
    with pytest.raises(ValueError, match="split must be one of"):
        draw_scenes(1, split="all")
    with pytest.raises(ValueError, match="start must be"):
        draw_scenes(1, split="train", start=-2)
