"""Planted-evidence scenes: pictures our code draws, in which we know exactly where the evidence is.

A scene shows one object of ten classes among scraps on a patterned ground, as RGB uint8 of shape (64, 64, 3),
with the object's pixels as a boolean mask. A *shortcut* adds a small corner tag that gives the class away;
its pixels have a mask of their own. Whether a map points at the object, or at the tag, can then be measured.

Colours come from palettes that all classes share, so only shape tells the class. Everything is drawn from
`numpy.random.PCG64` keyed by (split, index, seed): the same call gives the same bytes, whatever was drawn
before.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.random import PCG64, Generator, SeedSequence

from gam_viz.datasets.scenes.painting import SIZE, draw_clutter, draw_object
from gam_viz.datasets.scenes.shapes import CLASSES

__all__ = ["CLASSES", "SIZE", "SPLITS", "Scene", "Scenes", "draw_scene", "draw_scenes"]

SPLITS: tuple[str, ...] = ("train", "val", "test")
_LABELS_KEY, _SCENE_KEY = 0, 1  # label order and scene contents draw from separate streams

# Tag patterns, three rows of three cells, one a class; digits pick from `_TAG_INKS`.
_TAGS = ("111020111", "212121212", "003030300", "220220003", "131303131",
         "300030003", "002222200", "333000333", "102102102", "010232010")  # fmt: skip
_TAG_INKS = np.array([[250, 248, 240], [32, 34, 58], [218, 60, 58], [38, 118, 196]], dtype=np.uint8)
_TAG_CELLS = 11  # a frame one unit wide around 3 x 3 cells of three units; a unit is size / 64 pixels


@dataclass(frozen=True)
class Scene:
    """One picture and the truth about it."""

    image: np.ndarray  # (H, W, 3) uint8
    label: int  # index into CLASSES
    mask: np.ndarray  # (H, W) bool, the object's pixels
    tag_mask: np.ndarray  # (H, W) bool, the shortcut tag's pixels; all False without a tag


@dataclass(frozen=True)
class Scenes:
    """A stack of scenes."""

    images: np.ndarray  # (N, H, W, 3) uint8
    labels: np.ndarray  # (N,) int64, indices into CLASSES
    masks: np.ndarray  # (N, H, W) bool
    tag_masks: np.ndarray  # (N, H, W) bool


def draw_scene(
    index: int,
    *,
    split: str = "train",
    seed: int = 0,
    label: int | None = None,
    shortcut: bool = False,
    tag_label: int | None = None,
    size: int = SIZE,
) -> Scene:
    """Draw scene `index` of a split; the same arguments give the same bytes on every machine.

    Args:
        index: number of the scene, 0 or more; it does not matter how many others are drawn.
        split: "train", "val" or "test"; each has its own stream of random numbers.
        seed: another seed is another data set.
        label: class to draw, 0..9; None takes the scene's own (every ten in a row hold each class once).
            Ground, scraps, colours and pose do not depend on the label.
        shortcut: put the tag of the drawn class into a free corner.
        tag_label: put the tag of *this* class there instead, whatever `shortcut` says.
        size: edge in pixels, at least 32; the same scene is drawn larger and crisp, not scaled up.

    Raises:
        ValueError: an argument is out of its range.
    """
    _check(index, split, seed, size)
    for name, value in (("label", label), ("tag_label", tag_label)):
        if value is not None and not 0 <= value < len(CLASSES):
            raise ValueError(f"{name} must be 0..{len(CLASSES) - 1} or None, got {value}.")
    if label is None:
        label = _label_order(index // len(CLASSES), split, seed)[index % len(CLASSES)]
    if tag_label is None and shortcut:
        tag_label = label

    rng = _generator(_SCENE_KEY, split, seed, index)
    canvas, colours = draw_clutter(rng, size)
    image, mask = draw_object(rng, canvas, colours, label, size)
    tag_mask = np.zeros((size, size), dtype=bool)
    if tag_label is not None:  # last, so that the rest of the scene draws the same numbers with and without a tag
        _stick_tag(rng, image, mask, tag_mask, tag_label)
    return Scene(image, int(label), mask, tag_mask)


def draw_scenes(count: int, *, split: str, seed: int = 0, shortcut: bool = False, start: int = 0) -> Scenes:
    """Draw scenes `start` .. `start + count - 1` of a split into stacked arrays, 64 x 64 pixels each.

    Raises:
        ValueError: an argument is out of its range.
    """
    if count < 0:
        raise ValueError(f"count must be 0 or more, got {count}.")
    _check(start, split, seed, SIZE, "start")
    images = np.empty((count, SIZE, SIZE, 3), dtype=np.uint8)
    labels = np.empty(count, dtype=np.int64)
    masks = np.empty((count, SIZE, SIZE), dtype=bool)
    tag_masks = np.empty((count, SIZE, SIZE), dtype=bool)
    for i in range(count):
        scene = draw_scene(start + i, split=split, seed=seed, shortcut=shortcut)
        images[i], labels[i], masks[i], tag_masks[i] = scene.image, scene.label, scene.mask, scene.tag_mask
    return Scenes(images, labels, masks, tag_masks)


def _check(index: int, split: str, seed: int, size: int, index_name: str = "index") -> None:
    if split not in SPLITS:
        raise ValueError(f"split must be one of {', '.join(SPLITS)}, got {split!r}.")
    for name, value in ((index_name, index), ("seed", seed)):
        if not 0 <= value < 2**32:  # one 32-bit word each, so that no two keys can run into each other
            raise ValueError(f"{name} must be 0..2^32-1, got {value}.")
    if size < 32:
        raise ValueError(f"size must be 32 or more pixels, got {size}.")


def _generator(purpose: int, split: str, seed: int, index: int) -> Generator:
    return Generator(PCG64(SeedSequence((purpose, SPLITS.index(split), int(seed), int(index)))))


@lru_cache(maxsize=64)
def _label_order(block: int, split: str, seed: int) -> tuple[int, ...]:
    """Classes of ten scenes in a row, each class once, in mixed order."""
    keys = _generator(_LABELS_KEY, split, seed, block).random(len(CLASSES))
    return tuple(int(k) for k in np.argsort(keys, kind="stable"))


def _stick_tag(rng: Generator, image: np.ndarray, mask: np.ndarray, tag_mask: np.ndarray, tag_label: int) -> None:
    """Put a class's tag into a random corner that the object leaves free; changes the arrays in place."""
    size = len(mask)
    edges = [round(k * size / SIZE) for k in range(_TAG_CELLS + 2)]
    tag = np.empty((edges[-1] - edges[1], edges[-1] - edges[1], 3), dtype=np.uint8)
    tag[:] = _TAG_INKS[0]
    for k, ink in enumerate(_TAGS[tag_label]):
        row, column = (slice(edges[2 + 3 * n] - edges[1], edges[5 + 3 * n] - edges[1]) for n in divmod(k, 3))
        tag[row, column] = _TAG_INKS[int(ink)]
    near, far = slice(edges[1], edges[-1]), slice(size - edges[-1], size - edges[1])
    corners = [(rows, columns) for rows in (near, far) for columns in (near, far)]
    order = np.argsort(rng.random(4), kind="stable")
    rows, columns = min((corners[k] for k in order), key=lambda corner: int(mask[corner].sum()))
    image[rows, columns] = tag
    mask[rows, columns] = False  # a pixel has one owner
    tag_mask[rows, columns] = True
