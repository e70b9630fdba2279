"""What the leaderboard looks at: pictures of which it is known where their objects lie, drawn ones and real ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from gam_viz.datasets.scenes.draw import Scenes
from gam_viz.datasets.truth import TRUTHS

TAGGED = {"scenes": False, "scenes-shortcut": True}
KNOWN = (*TAGGED, *TRUTHS)


@dataclass(frozen=True, eq=False)
class JudgedPictures:
    """N pictures.

    Attributes:
        images: (N, S, S, 3) uint8.
        labels: (N,) int64.
        regions: name -> (N, S, S) bool, what is known to lie where; nothing in pictures that have no such region.
        ignored: (N, S, S) bool, what counts neither as the region nor as its surroundings; None for nothing.
        sources: (N,) int64, which picture each was cut from; None where all were drawn by themselves.
    """

    images: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.int64]
    regions: Mapping[str, npt.NDArray[np.bool_]]
    ignored: npt.NDArray[np.bool_] | None = None
    sources: npt.NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.images)

    def at(self, index: npt.NDArray[np.int64]) -> JudgedPictures:
        """Those at (M,) places, without what is known of them beyond their labels."""
        return JudgedPictures(self.images[index], self.labels[index], {})


@dataclass(frozen=True, eq=False)
class Ground:
    """All that one data set is asked about.

    Attributes:
        judged: pictures on which maps are held against the truth.
        answered: pictures on which gates are replaced: of a real data set its whole test split.
        others: pictures that no test asks about, whose gates stand for gates that do not look at the picture.
        change: makes `changed`, which takes a while; None where the data set has no shortcut.
    """

    judged: JudgedPictures
    answered: JudgedPictures
    others: JudgedPictures
    change: Callable[[], Mapping[str, JudgedPictures]] | None = None

    @cached_property
    def changed(self) -> Mapping[str, JudgedPictures]:
        """What was done to a shortcut -> the pictures then, with the class that counts as right; made when it is first
        asked for, once for all networks."""
        return {} if self.change is None else self.change()


def drawn(scenes: Scenes) -> JudgedPictures:
    """Scenes as pictures."""
    regions = {"object": scenes.masks, "tag": scenes.tag_masks}
    return JudgedPictures(scenes.images, scenes.labels, {name: of for name, of in regions.items() if of.any()})
