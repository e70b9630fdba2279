"""Public data sets that come as a zip (or folder) of pictures sorted by class, with the facts a card needs."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import numpy.typing as npt

from gam_viz.datasets.arrays import LabelledImages, MissingDataError
from gam_viz.datasets.folders import load_folder

VALIDATION_PICTURES = 4  # of each of UC Merced's classes


def load_ucmerced(split: str, root: Path) -> LabelledImages:
    """UC Merced Land Use: aerial pictures of 21 classes at 128x128, 80 of each to train, 20 to test.

    Pictures of neighbouring numbers often overlap on the ground, so the first four of each class's training pictures
    are held out for validation as a block: drawn at random, validation would ask for pictures that are half known.

    Raises:
        DatasetError: `ucmerced128.zip` (or the unpacked folder) is not in `root`, or is damaged.
    """
    data = _load(
        split,
        root,
        "ucmerced128",
        128,
        name="ucmerced",
        title="UC Merced Land Use",
        source="Y. Yang, S. Newsam, Bag-of-Visual-Words and Spatial Extensions for Land-Use Classification, "
        "ACM GIS 2010; pictures scaled to 128x128, numbers 00-79 of each class train, 80-99 test",
        licence="USGS National Map imagery, public domain",
        any_way_up=True,
        domain="aerial",
    )
    if split == "test":
        return data
    return dataclasses.replace(data, held_out=_first_of_each_class(data.labels, VALIDATION_PICTURES))


def load_mednist(split: str, root: Path) -> LabelledImages:
    """MedNIST: six kinds of radiograph at 64x64, 2,000 of each to train, 500 to test.

    Raises:
        DatasetError: `mednist64.zip` (or the unpacked folder) is not in `root`, or is damaged.
    """
    return _load(
        split,
        root,
        "mednist64",
        64,
        name="mednist",
        title="MedNIST",
        source="MedNIST, gathered by B. J. Erickson (Mayo Clinic) from TCIA, the RSNA Bone Age Challenge and the NIH "
        "chest X-rays; 15,000 of its 58,954 pictures",
        licence="CC BY-SA 4.0",
        domain="medical",
    )


def _first_of_each_class(labels: npt.NDArray[np.int64], count: int) -> npt.NDArray[np.bool_]:
    """(N,) bool: the first `count` of each class's pictures, but never all of them."""
    chosen = np.zeros(len(labels), dtype=bool)
    for label in np.unique(labels):
        of_class = np.flatnonzero(labels == label)
        chosen[of_class[: min(count, len(of_class) - 1)]] = True
    return chosen


def _load(split: str, root: Path, pack: str, size: int, **facts: object) -> LabelledImages:
    zipped, folder = root / f"{pack}.zip", root / pack
    if not zipped.exists() and not folder.exists():
        raise MissingDataError(
            f"{facts['title']} is not in the data folder {root}: expected {pack}.zip, or a folder {pack} with "
            f"{split}/<class>/*.jpg",
            title=str(facts["title"]),
            folder=root,
            expected=(zipped.name, folder.name),
        )
    data = load_folder(split, zipped if zipped.exists() else folder, size=size)
    return dataclasses.replace(data, info=dataclasses.replace(data.info, **facts))  # type: ignore[arg-type]
