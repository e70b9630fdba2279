"""What every data set here is once loaded: pictures and labels in memory, and the facts a model card needs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from gam_viz.datasets.enlarged import EnlargedImages


class DatasetError(ValueError):
    """A data set that cannot be had; the message is one sentence saying what is missing and where it was looked for."""


class MissingDataError(DatasetError):
    """A data set whose files are not in the data folder.

    Attributes:
        title: of the data set.
        folder: the data folder.
        expected: names in it, any of which would do.
    """

    def __init__(self, message: str, *, title: str, folder: Path, expected: tuple[str, ...]) -> None:
        super().__init__(message)
        self.title, self.folder, self.expected = title, folder, expected


@dataclass(frozen=True)
class DatasetInfo:
    """What a model card says of its data.

    Attributes:
        name: the name the command line knows it by.
        title: for people.
        classes: one name a label.
        size: side of the square pictures, in pixels.
        mean, std: of the training pictures, per RGB channel, in 0..1.
        source: who made it, to cite.
        licence: as far as it is known.
        mirrored: whether a mirrored picture is still one of its class (not so where left and right have a meaning).
        any_way_up: whether a picture turned by 90 degrees is (so where it was taken from above).
        domain: "drawn", "photographs", "aerial" or "medical"; empty where it is not known.
    """

    name: str
    title: str
    classes: tuple[str, ...]
    size: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    source: str
    licence: str
    mirrored: bool = True
    any_way_up: bool = False
    domain: str = ""


@dataclass(frozen=True)
class LabelledImages:
    """One split of a data set.

    Attributes:
        info: the data set.
        images: (N, H, W, 3) uint8; enlarged ones are computed when they are indexed.
        labels: (N,) int64, indices into `info.classes`.
        held_out: (N,) bool, which pictures of a training split its makers set apart for validation; None where they
            left that to whoever trains.
    """

    info: DatasetInfo
    images: npt.NDArray[np.uint8] | EnlargedImages
    labels: npt.NDArray[np.int64]
    held_out: npt.NDArray[np.bool_] | None = None

    def __post_init__(self) -> None:
        if self.images.ndim != 4 or self.images.shape[-1] != 3 or self.images.dtype != np.uint8:
            raise DatasetError(
                f"{self.info.title}: pictures must be (N, H, W, 3) uint8, got {self.images.shape} {self.images.dtype}"
            )
        if self.labels.shape != self.images.shape[:1]:
            raise DatasetError(
                f"{self.info.title}: {len(self.images)} pictures came with labels of shape {self.labels.shape}"
            )
        if self.held_out is not None and self.held_out.shape != self.labels.shape:
            raise DatasetError(
                f"{self.info.title}: {len(self.images)} pictures came with a validation mask of shape "
                f"{self.held_out.shape}"
            )
        if self.labels.size and not 0 <= self.labels.min() <= self.labels.max() < len(self.info.classes):
            raise DatasetError(
                f"{self.info.title}: labels must lie between 0 and {len(self.info.classes) - 1}, "
                f"got {self.labels.min()} to {self.labels.max()}"
            )

    def __len__(self) -> int:
        return len(self.images)

    def take(self, index: npt.NDArray[np.int64]) -> LabelledImages:
        """The pictures at `index`, (M,) integers, as a split of their own."""
        images = self.images
        chosen = images.take(index) if isinstance(images, EnlargedImages) else images[index]
        return LabelledImages(self.info, chosen, self.labels[index])


def split_validation(data: LabelledImages, share: float, seed: int = 0) -> tuple[LabelledImages, LabelledImages]:
    """Split training data into training and validation, the same way for every network trained on it.

    Args:
        data: the whole training split; where its makers held pictures out, those are the validation.
        share: of the pictures that go to validation, 0 < share < 1; every class gives its share, at least one
            picture, and keeps one.
        seed: of the draw; not the network's seed, so that all networks share one split.

    Raises:
        ValueError: the share is out of range.
    """
    if not 0 < share < 1:
        raise ValueError(f"the validation share must lie between 0 and 1, got {share}")
    if data.held_out is not None:
        return data.take(np.flatnonzero(~data.held_out)), data.take(np.flatnonzero(data.held_out))
    generator = np.random.default_rng(seed)
    validation = np.zeros(len(data), dtype=bool)
    for label in np.unique(data.labels):
        of_class = np.flatnonzero(data.labels == label)
        count = min(max(1, round(share * len(of_class))), len(of_class) - 1)
        validation[generator.permutation(of_class)[:count]] = True
    return data.take(np.flatnonzero(~validation)), data.take(np.flatnonzero(validation))
