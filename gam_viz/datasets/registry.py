"""Data sets by name. Adding one: a loader that returns `LabelledImages`, and a line here."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

from gam_viz.datasets.arrays import DatasetError, LabelledImages
from gam_viz.datasets.bccd import load_bccd
from gam_viz.datasets.cifar10 import load_cifar10, load_enlarged_cifar10
from gam_viz.datasets.folders import load_folder
from gam_viz.datasets.medmnist import load_pneumoniamnist
from gam_viz.datasets.packs import load_busi, load_mednist, load_ucmerced
from gam_viz.datasets.scenes.dataset import load_scenes
from gam_viz.text.nearest import did_you_mean

DATASETS: dict[str, Callable[[str, Path], LabelledImages]] = {
    "cifar10": load_cifar10,
    "scenes": partial(load_scenes, shortcut=False),
    "scenes-shortcut": partial(load_scenes, shortcut=True),
    "ucmerced": load_ucmerced,
    "mednist": load_mednist,
    "pneumoniamnist": load_pneumoniamnist,
    "cifar10-128": load_enlarged_cifar10,
    "busi": load_busi,
    "bccd": load_bccd,
}

#: Of each data set that is not drawn, its files in the data folder, any of which would do.
FILES = {
    "cifar10": ("cifar10.zip", "cifar-10-batches-py"),
    "ucmerced": ("ucmerced128.zip", "ucmerced128"),
    "mednist": ("mednist64.zip", "mednist64"),
    "pneumoniamnist": ("pneumoniamnist28.npz", "pneumoniamnist.npz"),
    "cifar10-128": ("cifar10.zip", "cifar-10-batches-py"),
    "busi": ("busi256.zip", "busi256"),
    "bccd": ("bccd.zip",),
}


def is_here(name: str, root: Path) -> bool:
    """Whether a data set's files are in the data folder, without reading them; what is drawn needs none."""
    expected = (name.removeprefix("folder:"),) if name.startswith("folder:") else FILES.get(name, ())
    return not expected or any((root / file).exists() for file in expected)


def data_root(given: str | None = None) -> Path:
    """The data folder: what was given, else the environment's GAM_VIZ_DATA, else `data` here."""
    return Path(given or os.environ.get("GAM_VIZ_DATA") or "data")


def load_dataset(name: str, split: str, root: Path, *, size: int = 64, download: bool = True) -> LabelledImages:
    """One split of a data set.

    Args:
        name: a key of `DATASETS`; "folder:NAME" for a tree (or zip) of pictures in the data folder.
        split: "train" or "test".
        root: the data folder.
        size: side of the pictures of a folder.
        download: whether CIFAR-10, where it is not there, may be fetched (170 MB).

    Raises:
        MissingDataError: the data are not there.
        DatasetError: the name or split is unknown, or the data cannot be read.
    """
    if split not in ("train", "test"):
        raise DatasetError(f"unknown split {split!r}; known are train, test")
    if name.startswith("folder:"):
        data = load_folder(split, root / name.removeprefix("folder:"), size=size)
        # Under the name it was asked for, by which `evaluate` finds it again.
        return dataclasses.replace(data, info=dataclasses.replace(data.info, name=name))
    if name not in DATASETS:
        known = f"{', '.join(DATASETS)} and folder:NAME{did_you_mean(name, DATASETS)}"
        raise DatasetError(f"unknown data set {name!r}; known are {known}")
    if not download and name in ("cifar10", "cifar10-128"):
        return (load_cifar10 if name == "cifar10" else load_enlarged_cifar10)(split, root, download=False)
    return DATASETS[name](split, root)
