"""Does a map point at what is known to matter? Pointing game, energy and overlap against a mask of the truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gam_viz.explain.gates import FloatArray
from gam_viz.explain.heatmaps import resized


@dataclass(frozen=True)
class Score:
    """Of one map on one picture. A map that says nothing scores `area` on energy and pointing, on average.

    Attributes:
        energy: share of the map's positive mass that lies inside, 0..1 (the energy-based pointing game of Wang et
            al., Score-CAM, arXiv 1910.01279, section 4.3); None where the map has no positive mass.
        pointing: 1 where the map's largest value lies inside, 0 where it does not (Zhang et al., arXiv 1608.00507,
            section 4.1, without its margin); of several largest values, the share of them that lie inside. None
            where the map is flat.
        overlap: intersection over union of the mask and as many of the map's largest pixels as the mask has; None
            where the map is flat.
        area: share of the picture that the mask covers, 0..1.
    """

    energy: float | None
    pointing: float | None
    overlap: float | None
    area: float


def score(values: FloatArray, inside: npt.NDArray[np.bool_]) -> Score:
    """Hold a map against the truth, at the picture's resolution.

    Args:
        values: (h, w), larger means more important; read at (S, S) bilinearly.
        inside: (S, S) bool: where the evidence is known to lie.

    Raises:
        ValueError: the mask is not square, is empty or holds everything, or the map is not finite.
    """
    if inside.ndim != 2 or inside.shape[0] != inside.shape[1] or inside.all() or not inside.any():
        raise ValueError("the truth is a square mask with pixels both inside and outside")
    if not np.isfinite(values).all():
        raise ValueError("the map holds values that are not finite")
    area = float(inside.mean())
    flat = bool((values == values.flat[0]).all())  # of what was given: reading between the cells rounds
    map_ = resized(values, inside.shape[0]).astype(np.float64)
    mass = np.maximum(map_, 0)
    energy = float(mass[inside].sum() / mass.sum()) if mass.sum() > 0 else None
    if flat:
        return Score(energy, None, None, area)
    return Score(energy, float(inside[map_ == map_.max()].mean()), _overlap(map_, inside), area)


def _overlap(map_: npt.NDArray[np.float64], inside: npt.NDArray[np.bool_]) -> float:
    """IoU of the mask with the map's largest pixels; of pixels that tie for the last places, their expected share."""
    count = int(inside.sum())
    threshold = np.partition(map_.ravel(), -count)[-count]
    above, ties = map_ > threshold, map_ == threshold
    shared = float((inside & above).sum()) + (count - int(above.sum())) * float(inside[ties].mean())
    return shared / (2 * count - shared)
