"""What a network predicts on every picture of a test set, and the small file that keeps it.

A gallery of 10,000 pictures needs 10,000 predictions a network: minutes on a processor, 30 kB in a file. The file
names the checkpoint and the pictures it belongs to by their digests, so a stale one is never taken for a good one.
"""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from gam_viz.datasets import LabelledImages
from gam_viz.evaluation.metrics import predict
from gam_viz.explain.checks import check_answers
from gam_viz.images import normalise_batch
from gam_viz.runtime.device import at_once
from gam_viz.runtime.device_queue import give_way
from gam_viz.runtime.files import file_name, write_atomically

OUTCOMES = ("both", "first", "second", "neither")


@dataclass(frozen=True, eq=False)
class Predictions:
    """One network on one test set.

    Attributes:
        predicted: (N,) int64, index of the class.
        probability: (N,) float32, of that class, 0..1.
    """

    predicted: npt.NDArray[np.int64]
    probability: npt.NDArray[np.float32]

    def __post_init__(self) -> None:
        if self.predicted.ndim != 1 or self.predicted.shape != self.probability.shape:
            raise ValueError(
                f"predictions are one class and one probability a picture, got {self.predicted.shape} and "
                f"{self.probability.shape}"
            )

    def __len__(self) -> int:
        return len(self.predicted)

    @classmethod
    def of_logits(cls, logits: npt.NDArray[np.float32]) -> Predictions:
        """Of logits (N, classes).

        Raises:
            RefusalError: some are not finite.
        """
        check_answers(logits)
        predicted = logits.argmax(axis=1).astype(np.int64)
        shifted = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
        return cls(predicted, (1 / np.exp(shifted).sum(axis=1)).astype(np.float32))


def predict_pictures(
    network: nn.Module,
    data: LabelledImages,
    mean: tuple[float, ...],
    std: tuple[float, ...],
    device: torch.device,
    *,
    progress: Callable[[float], None] | None = None,
    batch_size: int | None = None,
) -> Predictions:
    """Run `network` on all pictures, at their own size; as many at once as `at_once` says, unless it is said here.

    Between two batches others may compute; see `give_way`.
    """
    batch_size = batch_size or at_once(device, data.images.shape[1:3])
    logits = []
    for start in range(0, len(data), batch_size):
        give_way()
        batch = data.take(np.arange(start, min(start + batch_size, len(data))))
        logits.append(predict(network, batch, mean, std, device, batch_size=batch_size))
        if progress is not None:
            progress(min(start + batch_size, len(data)) / len(data))
    if not logits:
        return Predictions(np.zeros(0, np.int64), np.zeros(0, np.float32))
    return Predictions.of_logits(np.concatenate(logits))


def batches(
    data: LabelledImages,
    mean: tuple[float, ...],
    std: tuple[float, ...],
    device: torch.device,
    *,
    stop: int | None = None,
) -> Iterator[Tensor]:
    """Pictures as a network sees them, (B, 3, H, W) on its device, as many at once as `at_once` says.

    Args:
        data: the pictures, at their own size.
        mean, std: of the network's card.
        device: the network's.
        stop: the last batch begins before this picture; None for all.
    """
    size = at_once(device, data.images.shape[1:3])
    for start in range(0, len(data) if stop is None else min(stop, len(data)), size):
        pixels = torch.from_numpy(np.ascontiguousarray(data.images[start : start + size])).to(device)
        yield normalise_batch(pixels.permute(0, 3, 1, 2), mean, std)


def predictions_path(folder: Path, name: str) -> Path:
    """Where the predictions of network `name` lie, below the folder of its checkpoint."""
    return folder / "predictions" / f"{file_name(name)}.npz"


def save_predictions(path: Path, predictions: Predictions, *, checkpoint: str, pictures: str) -> None:
    """Write them, atomically, in few bytes: the classes as 8 or 16 bits, the probabilities in half precision.

    Args:
        path: the file; see `predictions_path`.
        predictions: one network's, of one test set.
        checkpoint: sha256 of the network's checkpoint file.
        pictures: `pictures_digest` of the test set.

    Raises:
        OSError: the folder cannot be written, or the disk is full.
        ValueError: a class's index does not fit into 16 bits.
    """
    low, high = (int(predictions.predicted.min()), int(predictions.predicted.max())) if len(predictions) else (0, 0)
    if not 0 <= low <= high < 2**16:
        raise ValueError(f"indices of classes must lie between 0 and {2**16 - 1}, got {low} to {high}")
    arrays = {
        "predicted": predictions.predicted.astype(np.uint8 if high < 2**8 else np.uint16),
        "probability": predictions.probability.astype(np.float16),
        "checkpoint": np.array(checkpoint),
        "pictures": np.array(pictures),
    }

    def write(part: Path) -> None:
        with part.open("wb") as handle:  # a file that is open keeps its name: numpy would add .npz
            np.savez_compressed(handle, allow_pickle=False, **arrays)

    write_atomically(path, write)


def load_predictions(path: Path, *, checkpoint: str, pictures: str) -> Predictions | None:
    """The inverse of `save_predictions`.

    None where there is no such file, or it is damaged, or belongs to another checkpoint file or to other pictures:
    whoever asks then computes them anew.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            if str(file["checkpoint"]) != checkpoint or str(file["pictures"]) != pictures:
                return None
            predicted, probability = file["predicted"], file["probability"]
        if predicted.dtype not in (np.uint8, np.uint16) or probability.dtype != np.float16:
            return None
        return Predictions(predicted.astype(np.int64), probability.astype(np.float32))
    except (OSError, ValueError, LookupError, EOFError, TypeError, AttributeError, zipfile.BadZipFile, zlib.error):
        return None


def pictures_digest(data: LabelledImages) -> str:
    """sha256 over shape, pixels and labels of a split: the identity of a test set."""
    digest = hashlib.sha256("x".join(map(str, data.images.shape)).encode() + b"\n")
    digest.update(np.ascontiguousarray(data.images).data)
    digest.update(np.ascontiguousarray(data.labels, dtype="<i8").data)
    return digest.hexdigest()


def outcomes(a: Predictions, b: Predictions, labels: npt.NDArray[np.int64]) -> npt.NDArray[np.str_]:
    """(N,) which of two networks is right on each picture: "both", "first", "second" or "neither".

    Raises:
        ValueError: the predictions or labels are of different counts.
    """
    if not len(a) == len(b) == len(labels):
        raise ValueError(f"{len(a)} and {len(b)} predictions cannot be compared on {len(labels)} labels")
    first, second = a.predicted == labels, b.predicted == labels
    return np.select([first & second, first, second], OUTCOMES[:3], default=OUTCOMES[3])


def mistakes_first(a: Predictions, b: Predictions, labels: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """(N,) the pictures' numbers, the surest mistake first.

    A picture counts by the highest probability that a network gave to a wrong class. Those without a mistake come
    after, the one that either network is least sure of first. Equals stay in their order.
    """
    wrong = np.stack([np.where(p.predicted != labels, p.probability, 0) for p in (a, b)]).max(axis=0)
    unsure = -np.minimum(a.probability, b.probability)
    return np.argsort(-np.where(wrong > 0, wrong, unsure), kind="stable").astype(np.int64)
