"""One map held against the truth: which of its mass, and which of its largest values, lie inside."""

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
        area: share of the picture that the mask covers, 0..1, of what counts of the picture.
    """

    energy: float | None
    pointing: float | None
    overlap: float | None
    area: float


def score(values: FloatArray, inside: npt.NDArray[np.bool_], ignored: npt.NDArray[np.bool_] | None = None) -> Score:
    """Hold a map against the truth, at the picture's resolution.

    What is ignored is left out of the map and of the picture before anything is counted: its mass is neither inside
    nor outside, and neither is a largest value there.

    Args:
        values: (h, w), larger means more important; read at the mask's size bilinearly.
        inside: (H, W) bool, over the network's input: where the evidence is known to lie.
        ignored: (H, W) bool: where it is not known, or where the picture is padded; None for nowhere.

    Raises:
        ValueError: the mask has not two axes, or of what counts nothing, or everything, lies inside; or the map is not
            finite.
    """
    if inside.ndim != 2 or (ignored is not None and ignored.shape != inside.shape):
        raise ValueError("the truth is a mask (H, W), and what is ignored another of its size")
    counted = np.ones_like(inside) if ignored is None else ~ignored
    of_counted = inside[counted]
    if of_counted.all() or not of_counted.any():
        raise ValueError("the truth is a mask (H, W) with pixels both inside and outside")
    if not np.isfinite(values).all():
        raise ValueError("the map holds values that are not finite")
    area = float(of_counted.mean())
    flat = bool((values == values.flat[0]).all())  # of what was given: reading between the cells rounds
    map_ = resized(values, (inside.shape[0], inside.shape[1])).astype(np.float64)[counted]
    mass = np.maximum(map_, 0)
    energy = float(mass[of_counted].sum() / mass.sum()) if mass.sum() > 0 else None
    if flat:
        return Score(energy, None, None, area)
    return Score(energy, float(of_counted[map_ == map_.max()].mean()), _overlap(map_, of_counted), area)


def _overlap(map_: npt.NDArray[np.float64], inside: npt.NDArray[np.bool_]) -> float:  # (n,), (n,)
    """IoU of the mask with the map's largest pixels; of pixels that tie for the last places, their expected share."""
    count = int(inside.sum())
    threshold = np.partition(map_, -count)[-count]
    above, ties = map_ > threshold, map_ == threshold
    shared = float((inside & above).sum()) + (count - int(above.sum())) * float(inside[ties].mean())
    return shared / (2 * count - shared)
