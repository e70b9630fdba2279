"""Planted-evidence scenes as a data set to train on; `scenes` draws them."""

from __future__ import annotations

from pathlib import Path

from gam_viz.datasets.arrays import DatasetInfo, LabelledImages
from gam_viz.datasets.scenes.draw import CLASSES, SIZE, draw_scenes

COUNTS = {"train": 8_000, "test": 2_000}


def load_scenes(split: str, root: Path, *, shortcut: bool) -> LabelledImages:
    """Draw one split of the planted-evidence scenes, 64x64.

    Args:
        split: "train" (8,000 scenes) or "test" (2,000).
        root: not used; scenes need no files.
        shortcut: a corner tag gives the class away in every scene.
    """
    scenes = draw_scenes(COUNTS[split], split=split, shortcut=shortcut)
    return LabelledImages(info_of(shortcut), scenes.images, scenes.labels)


def info_of(shortcut: bool) -> DatasetInfo:
    """Of the scenes, with or without the tag."""
    return DatasetInfo(
        name="scenes-shortcut" if shortcut else "scenes",
        title="Planted scenes with a shortcut" if shortcut else "Planted scenes",
        classes=CLASSES,
        size=SIZE,
        mean=(0.5, 0.5, 0.5),
        std=(0.25, 0.25, 0.25),
        source="drawn by this project's code (gam_viz.datasets.scenes)",
        licence="Apache-2.0",
        # A mirrored scene is one of its class, but a mirrored tag is no longer the tag.
        mirrored=not shortcut,
        domain="drawn",
    )
