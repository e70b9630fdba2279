"""The scale that maps are drawn on, decided before anything is drawn and printed beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gam_viz.text import signed as signed
from gam_viz.titles import number as number  # as figures write all numbers

#: Perceptually uniform, safe for colour-blind eyes, monotone in grey.
SEQUENTIAL = ("magma", "cividis", "viridis")
#: Two-sided, told apart by colour-blind eyes.
DIVERGING = ("PuOr", "RdBu_r")


@dataclass(frozen=True)
class Scale:
    """From `low` to `high`, the values the two ends of the colours stand for.

    Attributes:
        low, high: in the units of the map.
        signed: whether it is centred on 0 and drawn with diverging colours.
        clipped: share of the values that lie beyond the ends and are drawn in the end's colour, 0..1.
    """

    low: float
    high: float
    signed: bool = False
    clipped: float = 0.0


#: Letters of a number in the middle of a scale: three long ones do not fit below a narrow bar.
SHORT = 5


def scale_ticks(scale: Scale, marks: Sequence[float] = ()) -> dict[float, str]:
    """What is written below a scale's colours, value -> number: its ends, its middle where there is room, `marks`."""
    middle = 0.0 if scale.signed else (scale.low + scale.high) / 2
    ticks = {tick: number(tick) for tick in (scale.low, scale.high, *(m for m in marks if scale.low < m < scale.high))}
    if len(number(middle)) <= SHORT:
        ticks[middle] = number(middle)
    return dict(sorted(ticks.items()))


def bounded_scale(lowest: float = 0.0, highest: float = 1.0) -> Scale:
    """The range a gate can have, whatever it has here: a flat mask is drawn flat."""
    return Scale(lowest, highest)


def range_scale(maps: Sequence[npt.NDArray[np.floating]], *, noise: float = 0.0) -> Scale:
    """From the smallest to the largest value of all maps; where these are up to `noise` apart, as of one value."""
    low = min(float(m.min()) for m in maps)
    high = max(float(m.max()) for m in maps)
    return Scale(low, high if high - low > noise else low + 1.0)


def symmetric_scale(
    maps: Sequence[npt.NDArray[np.floating]], *, percentile: float = 100.0, noise: float = 0.0
) -> Scale:
    """Centred on 0; the ends lie at a percentile of |value| over all maps, so that few outliers do not pale the rest.

    Maps that hold no more than `noise` are drawn as zeros: rounding gets no colour.

    Raises:
        ValueError: the percentile lies outside 50..100.
    """
    values, limit = _limit(maps, percentile, noise)
    return Scale(-limit, limit, signed=True, clipped=float((values > limit).mean()))


def absolute_scale(maps: Sequence[npt.NDArray[np.floating]], *, percentile: float = 100.0, noise: float = 0.0) -> Scale:
    """From 0 to a percentile of |value| over all maps; of `noise`, see `symmetric_scale`.

    Raises:
        ValueError: the percentile lies outside 50..100.
    """
    values, limit = _limit(maps, percentile, noise)
    return Scale(0.0, limit, clipped=float((values > limit).mean()))


def _limit(
    maps: Sequence[npt.NDArray[np.floating]], percentile: float, noise: float
) -> tuple[npt.NDArray[np.floating], float]:
    if not 50 <= percentile <= 100:
        raise ValueError(f"the percentile must lie between 50 and 100, got {percentile}")
    values = np.concatenate([np.abs(m).ravel() for m in maps])
    if values.max() <= noise:
        return values, 1.0
    limit = float(np.percentile(values, percentile))
    if limit == 0.0:  # most of the map is 0: fall back to the largest value, or to 1 for a map of zeros
        limit = float(values.max()) or 1.0
    return values, limit
