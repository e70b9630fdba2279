"""What a data set's networks are asked about: its pictures, what lies where in them, and its shortcut, if any."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from gam_viz.datasets import LabelledImages, load_dataset, split_validation
from gam_viz.datasets.bccd import tiles_of_split
from gam_viz.datasets.scenes.draw import draw_scenes
from gam_viz.datasets.truth import load_truth
from gam_viz.evidence.leaderboard.pictures import TAGGED, Ground, JudgedPictures, drawn
from gam_viz.evidence.leaderboard.shortcuts import tags_changed, with_marks
from gam_viz.training.loop import VALIDATION_SHARE

#: By the object's share of the picture: a small object is another question than one that fills half of the picture.
SIZES = {"object_small": (0.0, 0.05), "object_middle": (0.05, 0.2), "object_large": (0.2, 1.0)}
FEWEST = 10  # pictures of a size, below which nothing is said of it
OTHERS = 500  # pictures at most that gates are averaged over


def ground(data: str, count: int | None, root: Path | None) -> Ground:
    """Of drawn scenes the first `count`; of a real data set so many pictures, spread over it, or all.

    Raises:
        DatasetError: the data set's pictures, or its truth, are not there or cannot be read.
    """
    if data in TAGGED:
        if count is None:
            raise ValueError("scenes are drawn: say how many")
        judged = drawn(draw_scenes(count, split="test", shortcut=TAGGED[data]))
        others = drawn(draw_scenes(count, split="val", shortcut=TAGGED[data]))
        return Ground(judged, judged, others, partial(tags_changed, count) if TAGGED[data] else None)
    root = root or Path()
    test = load_dataset(data, "test", root)
    truth = load_truth(data, root)
    sources = _sources(data, root, len(test))
    chosen = _spread(len(truth), count)
    masks, ignored = truth.masks[chosen], truth.ignored[chosen]
    regions = {"object": masks} | _by_size(masks, ignored)
    seen = truth.data.take(chosen)
    judged = JudgedPictures(seen.images[:], seen.labels, regions, ignored, sources[truth.index[chosen]])
    train = load_dataset(data, "train", root)
    _, held = split_validation(train, VALIDATION_SHARE)
    answered = _spread(len(test), count)
    unasked = held.take(_spread(len(held), OTHERS))
    known = Ground(judged, _plain(test.take(answered), sources[answered]), _plain(unasked))
    return with_marks(known, train, test) if data == "busi" else known


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
