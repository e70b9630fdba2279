"""Where a network's answer lies in the picture: the mask of a segmentation, the boxes of detections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from torch import Tensor

from gam_viz.networks.adapters.scores import Scores

LEAST = 0.25  # score of a box that is drawn
ALIKE = 0.5  # intersection over union of two boxes that are one
MOST = 30  # boxes that are drawn
NOTHING = -1  # in a mask of one class: where it is not


@dataclass(frozen=True, eq=False)
class SegmentedMask:
    """What a segmentation says of each position.

    Attributes:
        classes: (h, w) int, at the output's resolution: the class with the largest logit; of a single class 0 where its
            logit is above 0, else -1.
    """

    classes: npt.NDArray[np.int64]

    def share(self, index: int) -> float:
        """Of the positions that are of that class, 0..1."""
        return float((self.classes == index).mean())


@dataclass(frozen=True)
class DetectedBox:
    """One detection.

    Attributes:
        label: index of its class.
        score: of that class.
        edges: (left, top, right, bottom) in shares of the input; it may reach beyond it.
    """

    label: int
    score: float
    edges: tuple[float, float, float, float]


@dataclass(frozen=True)
class Detections:
    """What is drawn of a network's detections.

    Attributes:
        drawn: the strongest first: of those with a score of `LEAST` or more the first `MOST`; of several of one class
            that overlap by more than `ALIKE` the strongest.
        strong: how many have such a score.
        count: of all.
    """

    drawn: tuple[DetectedBox, ...]
    strong: int
    count: int


def places(scores: Scores, raw: Any, size: tuple[int, int]) -> SegmentedMask | Detections | None:
    """Of one picture; None where the output is of another kind.

    Args:
        scores: how the network's output is read.
        raw: what the network returned.
        size: (height, width) of the picture it was given, in pixels.
    """
    if scores.refusal is not None or scores.kind not in ("segmentation", "detection"):
        return None
    found = scores.part(raw)
    if not isinstance(found, Tensor):
        return _drawn(*_listed(found[0], size))
    if scores.kind == "segmentation" and found.ndim == 4:
        logits = found[0].detach().float().cpu().numpy()  # (K, h, w)
        return SegmentedMask(logits.argmax(0) if len(logits) > 1 else np.where(logits[0] > 0, 0, NOTHING))
    if scores.kind == "detection" and found.ndim == 3:
        boxes = scores.boxes(found)[0].detach().float().cpu().numpy()  # (4 + K, N)
        middle, half = boxes[:2].T, boxes[2:4].T / 2
        corners = np.concatenate([middle - half, middle + half], 1) / _scale(size)
        return _drawn(corners, boxes[4:].argmax(0), boxes[4:].max(0))
    return None


def _listed(one: Mapping[str, Tensor], size: tuple[int, int]) -> tuple[Any, Any, Any]:
    corners, labels, scores = (one[key].detach().float().cpu().numpy() for key in ("boxes", "labels", "scores"))
    return corners.reshape(-1, 4) / _scale(size), labels.astype(np.int64), scores


def _scale(size: tuple[int, int]) -> npt.NDArray[np.int64]:
    return np.array([size[1], size[0], size[1], size[0]])


def _drawn(
    corners: npt.NDArray[np.floating], labels: npt.NDArray[np.integer], scores: npt.NDArray[np.floating]
) -> Detections:
    """Of boxes (n, 4), classes (n,) and scores (n,)."""
    order = np.argsort(-scores, kind="stable")
    strong = [int(index) for index in order if scores[index] >= LEAST]
    kept: list[int] = []
    for index in strong:
        alike = [other for other in kept if labels[other] == labels[index]]
        if len(kept) < MOST and not any(_overlap(corners[index], corners[other]) > ALIKE for other in alike):
            kept.append(index)
    boxes = [DetectedBox(int(labels[k]), float(scores[k]), tuple(map(float, corners[k]))) for k in kept]  # type: ignore[arg-type]
    return Detections(tuple(boxes), len(strong), len(scores))


def _overlap(one: Sequence[float], other: Sequence[float]) -> float:
    """Intersection over union."""
    across = min(one[2], other[2]) - max(one[0], other[0])
    down = min(one[3], other[3]) - max(one[1], other[1])
    shared = max(across, 0.0) * max(down, 0.0)
    area = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    return float(shared / (area - shared)) if shared else 0.0
