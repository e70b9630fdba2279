"""Data sets in the layout of MedMNIST v2 (J. Yang et al., Scientific Data 10, 2023): one .npz of arrays."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from gam_viz.datasets.arrays import DatasetError, DatasetInfo, LabelledImages, MissingDataError
from gam_viz.datasets.folders import DAMAGED, mean_and_std

SIZE = 28


def load_pneumoniamnist(split: str, root: Path) -> LabelledImages:
    """PneumoniaMNIST: chest X-rays at 28x28, normal or pneumonia; the grey value stands in all three channels.

    "train" holds the official training pictures (4,708) and validation pictures (524), the latter marked as held out;
    "test" the official 624.

    Raises:
        DatasetError: `pneumoniamnist28.npz` (or MedMNIST's `pneumoniamnist.npz`) is not in `root`, or is damaged.
    """
    path = next(
        (root / name for name in ("pneumoniamnist28.npz", "pneumoniamnist.npz") if (root / name).exists()), None
    )
    if path is None:
        raise MissingDataError(
            f"PneumoniaMNIST is not in the data folder {root}: expected pneumoniamnist.npz",
            title="PneumoniaMNIST",
            folder=root,
            expected=("pneumoniamnist.npz",),
        )
    read = {part: _read(path, part) for part in ("train", "val", "test")}
    parts = ("train", "val") if split == "train" else ("test",)
    mean, std = mean_and_std(read["train"][0])
    info = DatasetInfo(
        name="pneumoniamnist",
        title="PneumoniaMNIST",
        classes=("normal", "pneumonia"),
        size=SIZE,
        mean=mean,
        std=std,
        source="J. Yang et al., MedMNIST v2, Scientific Data 2023; D. Kermany et al., Cell 2018",
        licence="CC BY 4.0",
        mirrored=False,  # a mirrored chest has its heart on the wrong side
        domain="medical",
    )
    images = np.concatenate([read[part][0] for part in parts])
    labels = np.concatenate([read[part][1] for part in parts])
    held_out = np.repeat([False, True], [len(read["train"][0]), len(read["val"][0])]) if split == "train" else None
    return LabelledImages(info, images, labels, held_out)


def _read(path: Path, part: str) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    try:
        with np.load(path, allow_pickle=False) as file:
            images, labels = file[f"{part}_images"], file[f"{part}_labels"]
    except DAMAGED as error:
        raise DatasetError(f"{path.name} cannot be read as MedMNIST arrays: {error}") from error
    whole = images.ndim == 3 and images.shape[1:] == (SIZE, SIZE) and len(images) > 0 and images.dtype == np.uint8
    if not whole or labels.size != len(images) or labels.dtype.kind not in "iu":
        raise DatasetError(
            f"{path.name} should hold {part}_images as (N, {SIZE}, {SIZE}) uint8 with as many labels, got "
            f"{images.shape} {images.dtype} with labels of shape {labels.shape} {labels.dtype}"
        )
    return np.repeat(images[..., None], 3, axis=-1), labels.reshape(-1).astype(np.int64)
