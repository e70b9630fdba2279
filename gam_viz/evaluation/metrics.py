"""Accuracy with its interval, accuracy per class, calibration."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from gam_viz.datasets.arrays import LabelledImages
from gam_viz.evaluation.intervals import wilson_interval
from gam_viz.explain.checks import check_answers
from gam_viz.images import normalise_batch
from gam_viz.runtime.device import autocast
from gam_viz.runtime.memory import Halving


@torch.inference_mode()
def predict(
    network: nn.Module,
    data: LabelledImages,
    mean: tuple[float, ...],
    std: tuple[float, ...],
    device: torch.device,
    *,
    batch_size: int = 250,
    precision: torch.dtype = torch.float32,
) -> npt.NDArray[np.float32]:
    """Logits (N, classes) of `network`, put in eval mode for it, on pictures at their own size."""
    was_training = network.training
    network.eval()
    halving = Halving()

    def answer(images: npt.NDArray[np.uint8]) -> torch.Tensor:
        batch = torch.from_numpy(images).to(device).permute(0, 3, 1, 2)
        x = normalise_batch(batch, mean, std).contiguous(memory_format=torch.channels_last)
        with autocast(device, precision):
            found: torch.Tensor = network(x).float()
        return found

    starts = range(0, len(data), batch_size)
    logits = [halving(data.images[start : start + batch_size], answer) for start in starts]
    network.train(was_training)
    found: npt.NDArray[np.float32] = torch.cat(logits).cpu().numpy()  # one copy: each waits for a GPU
    return found


def calibration_error(probabilities: npt.NDArray[np.floating], labels: npt.NDArray[np.int64], bins: int = 15) -> float:
    """Expected calibration error of the predicted class (Guo et al., ICML 2017, section 2), equal-width bins.

    Args:
        probabilities: (N, classes).
        labels: (N,).
        bins: of confidence, over 0..1.
    """
    confidence = probabilities.max(axis=1)
    correct = probabilities.argmax(axis=1) == labels
    # Right-closed bins, as in the paper: (0, 1/bins], ...
    bin_of = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    gap = 0.0
    for index in range(bins):
        inside = bin_of == index
        if inside.any():
            gap += inside.mean() * abs(correct[inside].mean() - confidence[inside].mean())
    return float(gap)


def area_under_roc(scores: npt.NDArray[np.floating], positive: npt.NDArray[np.bool_]) -> float:
    """Area under the ROC curve: the chance that a positive scores above a negative, ties counting half.

    The Mann-Whitney statistic, from ranks (J. Hanley, B. McNeil, Radiology 143, 1982).

    Args:
        scores: (N,).
        positive: (N,).

    Raises:
        ValueError: one of the two kinds is missing.
    """
    count = int(positive.sum())
    if count in (0, len(positive)):
        raise ValueError("an area under the ROC curve needs pictures of both classes")
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]  # equal scores share their mean rank
    return float((ranks[positive].sum() - count * (count + 1) / 2) / (count * (len(positive) - count)))


def _log_chances(logits: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:  # (N, classes) -> the same
    """Logarithms of the probabilities, rounded so that pictures of equal chances tie."""
    shifted = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
    return np.round(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)), 9)


def summarise(logits: npt.NDArray[np.float32], data: LabelledImages) -> dict[str, Any]:
    """What a card says of a split, from logits (N, classes): accuracy, its 95 % interval, per class, calibration.

    "balanced_accuracy" is the mean over classes of the share of each that is right. "auc": with two classes of the
    second against the first, with more the mean over classes of each against the rest (D. Hand, R. Till, Machine
    Learning 45, 2001, section 2); left out where a class has no pictures.

    Raises:
        RefusalError: some logits are not finite.
    """
    check_answers(logits)
    shifted = logits - logits.max(axis=1, keepdims=True)
    probabilities = np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True)
    correct = logits.argmax(axis=1) == data.labels
    low, high = wilson_interval(int(correct.sum()), len(correct))
    classes = np.unique(data.labels)
    every = len(classes) == len(data.info.classes) > 1
    scores = (
        {1: logits[:, 1] - logits[:, 0]} if len(data.info.classes) == 2 else dict(enumerate(_log_chances(logits).T))
    )
    return {
        "count": len(correct),
        "accuracy": round(float(correct.mean()), 4),
        "interval": [round(low, 4), round(high, 4)],
        "balanced_accuracy": round(float(np.mean([correct[data.labels == label].mean() for label in classes])), 4),
        **(
            {"auc": round(float(np.mean([area_under_roc(of, data.labels == k) for k, of in scores.items()])), 4)}
            if every
            else {}
        ),
        "per_class": {
            name: round(float(correct[data.labels == label].mean()), 4)
            for label, name in enumerate(data.info.classes)
            if (data.labels == label).any()
        },
        "calibration_error": round(calibration_error(probabilities, data.labels), 4),
    }
