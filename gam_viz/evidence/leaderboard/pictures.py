"""What the leaderboard looks at: pictures of which it is known where their objects lie, drawn ones and real ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from gam_viz.datasets import LabelledImages, load_dataset, split_validation
from gam_viz.datasets.bccd import tiles_of_split
from gam_viz.datasets.scenes.draw import Scenes, draw_scenes
from gam_viz.datasets.truth import TRUTHS, load_truth
from gam_viz.training.loop import VALIDATION_SHARE

TAGGED = {"scenes": False, "scenes-shortcut": True}
KNOWN = (*TAGGED, *TRUTHS)
#: By the object's share of the picture: a small object is another question than one that fills half of the picture.
SIZES = {"object_small": (0.0, 0.05), "object_middle": (0.05, 0.2), "object_large": (0.2, 1.0)}
FEWEST = 10  # pictures of a size, below which nothing is said of it
OTHERS = 500  # pictures at most that gates are averaged over


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
    """

    judged: JudgedPictures
    answered: JudgedPictures
    others: JudgedPictures


def drawn(scenes: Scenes) -> JudgedPictures:
    """Scenes as pictures."""
    regions = {"object": scenes.masks, "tag": scenes.tag_masks}
    return JudgedPictures(scenes.images, scenes.labels, {name: of for name, of in regions.items() if of.any()})


def ground(data: str, count: int | None, root: Path | None) -> Ground:
    """Of drawn scenes the first `count`; of a real data set so many pictures, spread over it, or all.

    Raises:
        DatasetError: the data set's pictures, or its truth, are not there or cannot be read.
    """
    if data in TAGGED:
        if count is None:
            raise ValueError("scenes are drawn: say how many")
        judged = drawn(draw_scenes(count, split="test", shortcut=TAGGED[data]))
        return Ground(judged, judged, drawn(draw_scenes(count, split="val", shortcut=TAGGED[data])))
    root = root or Path()
    test = load_dataset(data, "test", root)
    truth = load_truth(data, root)
    sources = _sources(data, root, len(test))
    chosen = _spread(len(truth), count)
    masks, ignored = truth.masks[chosen], truth.ignored[chosen]
    regions = {"object": masks} | _by_size(masks, ignored)
    seen = truth.data.take(chosen)
    judged = JudgedPictures(seen.images[:], seen.labels, regions, ignored, sources[truth.index[chosen]])
    _, held = split_validation(load_dataset(data, "train", root), VALIDATION_SHARE)
    answered = _spread(len(test), count)
    others = held.take(_spread(len(held), OTHERS))
    return Ground(judged, _plain(test.take(answered), sources[answered]), _plain(others))


def _spread(count: int, wanted: int | None) -> npt.NDArray[np.int64]:
    """So many of `count` places, evenly spread: pictures are in order of their classes."""
    return np.arange(count) if wanted is None or wanted >= count else np.arange(wanted) * count // wanted


def _plain(data: LabelledImages, sources: npt.NDArray[np.int64] | None = None) -> JudgedPictures:
    return JudgedPictures(data.images[:], data.labels, {}, None, sources)


def _sources(data: str, root: Path, count: int) -> npt.NDArray[np.int64]:
    """(count,): tiles of one smear are of one source; all else is of its own."""
    if data != "bccd":
        return np.arange(count)
    return np.unique([tile.picture for tile in tiles_of_split("test", root)], return_inverse=True)[1].astype(np.int64)


def _by_size(masks: npt.NDArray[np.bool_], ignored: npt.NDArray[np.bool_]) -> dict[str, npt.NDArray[np.bool_]]:
    """The objects once more by their share of what counts of the picture; sizes that hold too few are left out."""
    shares = masks.sum((1, 2)) / np.maximum((~ignored).sum((1, 2)), 1)
    chosen = {name: (low < shares) & (shares <= high) for name, (low, high) in SIZES.items()}
    return {name: masks & of[:, None, None] for name, of in chosen.items() if of.sum() >= FEWEST}
