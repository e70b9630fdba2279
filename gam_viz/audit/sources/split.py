"""A split of a data set that is known here, with where its objects lie, where that is known."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from gam_viz.audit.errors import AuditError
from gam_viz.audit.item import AuditItem
from gam_viz.datasets import LabelledImages, MissingDataError, load_dataset
from gam_viz.datasets.scenes.dataset import COUNTS, info_of
from gam_viz.datasets.scenes.draw import Scenes, draw_scenes
from gam_viz.datasets.truth import TRUTHS, load_truth
from gam_viz.evaluation.predictions import pictures_digest
from gam_viz.images import Picture
from gam_viz.images.picture import from_pixels

Masks = npt.NDArray[np.bool_]  # (N, S, S)
_DRAWN = {"scenes": False, "scenes-shortcut": True}


@dataclass(frozen=True, eq=False)
class PixelsItem(AuditItem):
    """A picture that is no file.

    Attributes:
        pixels: (S, S, 3) uint8.
        known: where its object lies, and what counts for nothing.
    """

    pixels: npt.NDArray[np.uint8] | None = None
    known: tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]] | None = None

    def picture(self) -> Picture:
        assert self.pixels is not None
        return from_pixels(self.pixels, self.name)

    def truth(self) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]] | None:
        return self.known


@dataclass(frozen=True, eq=False)
class SplitPictures:
    """A split's pictures by number.

    Attributes:
        where: "data:NAME" or "data:NAME/train".
        data: the split.
        places: number of a picture -> its place in `masks` and `ignored`; those of which nothing is known are missing.
        masks: (M, S, S) where the objects lie.
        ignored: (M, S, S) what counts for nothing; None for nowhere.
    """

    where: str
    data: LabelledImages
    places: dict[int, int]
    masks: Masks | None
    ignored: Masks | None
    kind: str = "split"
    listing: None = None

    def __len__(self) -> int:
        return len(self.data)

    def facts(self) -> dict[str, object]:
        """What tells it from other sources, and from itself after a change."""
        return {"kind": self.kind, "count": len(self), "digest": self.digest}

    @cached_property
    def digest(self) -> str:
        """Of pictures and labels."""
        return pictures_digest(self.data)

    def items(self, start: int, stop: int) -> list[AuditItem]:
        """Of a shard."""
        part = self.data.take(np.arange(start, min(stop, len(self))))
        return [
            PixelsItem(str(number), self.data.info.classes[label], pixels=part.images[place], known=self._known(number))
            for place, (number, label) in enumerate(zip(range(start, stop), part.labels, strict=True))
        ]

    def _known(self, number: int) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]] | None:
        place = self.places.get(number)
        if place is None or self.masks is None:
            return None
        inside = self.masks[place]
        return inside, np.zeros_like(inside) if self.ignored is None else self.ignored[place]


def open_split(where: str, root: Path) -> SplitPictures:
    """A split by its address: `data:ucmerced` (the test split), `data:ucmerced/train`, `data:folder:NAME`.

    Raises:
        DatasetError: it is not known, or not there.
    """
    name, _, split = where.removeprefix("data:").partition("/")
    split = split or "test"
    if name in _DRAWN and split in COUNTS:
        return of_scenes(where, draw_scenes(COUNTS[split], split=split, shortcut=_DRAWN[name]), _DRAWN[name])
    data = load_dataset(name, split, root, download=False)
    try:
        truth = load_truth(name, root) if name in TRUTHS and split == "test" else None
    except MissingDataError:
        truth = None
    if truth is None:
        return SplitPictures(where, data, {}, None, None)
    places = {int(number): place for place, number in enumerate(truth.index)}
    return SplitPictures(where, data, places, truth.masks, truth.ignored)


def of_scenes(where: str, scenes: Scenes, shortcut: bool) -> SplitPictures:
    """Drawn scenes, of each of which it is known where its object lies."""
    data = LabelledImages(info_of(shortcut), scenes.images, scenes.labels)
    return SplitPictures(where, data, {number: number for number in range(len(data))}, scenes.masks, None)


def check_classes(source: object, classes: tuple[str, ...], name: str) -> None:
    """Refuse a data set whose classes are not a network's: its labels would mean something else.

    Raises:
        AuditError: they are not.
    """
    if isinstance(source, SplitPictures) and source.data.info.classes != classes:
        raise AuditError("audit.refused.other_classes", network=name, source=source.where)
