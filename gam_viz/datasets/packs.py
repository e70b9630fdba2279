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


def load_busi(split: str, root: Path) -> LabelledImages:
    """BUSI: breast ultrasound at 256x256 with a benign lesion, a malignant one, or none; 595 to train, 121 to test.

    The last seventh of each class's training pictures is held out for validation, as a block: pictures of one woman
    often have neighbouring numbers.

    Raises:
        DatasetError: `busi256.zip` (or the unpacked folder) is not in `root`, or is damaged.
    """
    data = _load(
        split,
        root,
        "busi256",
        256,
        name="busi",
        title="BUSI, breast ultrasound",
        source="W. Al-Dhabyani, M. Gomaa, H. Khaled, A. Fahmy, Dataset of breast ultrasound images, Data in Brief 28 "
        "(2020) 104863; 716 of its 780 pictures, without near-duplicates, split for this project",
        licence="CC BY 4.0",
        domain="medical",
    )
    if split == "test":
        return data
    return dataclasses.replace(data, held_out=_last_of_each_class(data.labels, 1 / 7))


def _last_of_each_class(labels: npt.NDArray[np.int64], share: float) -> npt.NDArray[np.bool_]:
    """(N,) bool: the last `share` of each class's pictures, at least one."""
    chosen = np.zeros(len(labels), dtype=bool)
    for label in np.unique(labels):
        of_class = np.flatnonzero(labels == label)
        chosen[of_class[len(of_class) - max(1, round(share * len(of_class))) :]] = True
    return chosen


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
