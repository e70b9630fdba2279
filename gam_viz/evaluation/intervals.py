"""95 % intervals of accuracies and of differences between them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import stats

from gam_viz.evaluation.paired import Paired
from gam_viz.training import wilson_interval


@dataclass(frozen=True)
class Estimate:
    """A number with its 95 % interval.

    Attributes:
        value: the estimate.
        low, high: the interval.
        basis: what it is over: "seeds" (other seeds of the same recipe) or "pictures" (other test pictures, this one
            network).
        count: how many seeds or pictures.
    """

    value: float
    low: float
    high: float
    basis: Literal["seeds", "pictures"]
    count: int


def mean(values: npt.NDArray[np.floating], least: float = -math.inf, most: float = math.inf) -> Estimate:
    """The mean of a measure over pictures, (N,), with Student's t interval; NaN stands for a picture without it.

    No end of the interval lies beyond `least` or `most`, what the measure can be.

    Raises:
        ValueError: no picture has it.
    """
    known = np.asarray(values, np.float64)
    known = known[~np.isnan(known)]
    if len(known) == 0:
        raise ValueError("a mean needs at least one picture that has the measure")
    value = float(known.mean())
    if len(known) == 1:
        return Estimate(value, least, most, "pictures", 1)
    half = float(stats.t.ppf(0.975, len(known) - 1)) * float(known.std(ddof=1)) / math.sqrt(len(known))
    return Estimate(value, max(least, value - half), min(most, value + half), "pictures", len(known))


def accuracy(values: Sequence[float], correct: Sequence[npt.NDArray[np.bool_]]) -> Estimate:
    """Of one attention's networks: over seeds by Student's t where there are two or more, else over the test pictures.

    Args:
        values: test accuracy a seed.
        correct: (N,) of each seed, which test pictures it got right.
    """
    if len(values) >= 2:
        mean, error = float(np.mean(values)), float(np.std(values, ddof=1)) / math.sqrt(len(values))
        half = float(stats.t.ppf(0.975, len(values) - 1)) * error
        return Estimate(mean, max(0.0, mean - half), min(1.0, mean + half), "seeds", len(values))
    count = len(correct[0])
    low, high = wilson_interval(int(correct[0].sum()), count)
    return Estimate(values[0], low, high, "pictures", count)


def difference(
    first: Sequence[float],
    second: Sequence[float],
    first_correct: Sequence[npt.NDArray[np.bool_]],
    second_correct: Sequence[npt.NDArray[np.bool_]],
) -> Estimate:
    """first - second: over seeds (Welch) where both have two or more, else over the pictures that both were shown, of
    each one's first seed (see `Paired.interval`).
    """
    if len(first) >= 2 and len(second) >= 2:
        a, b = np.asarray(first), np.asarray(second)
        parts = a.var(ddof=1) / len(a), b.var(ddof=1) / len(b)
        value, variance = float(a.mean() - b.mean()), float(sum(parts))
        if variance == 0:
            return Estimate(value, value, value, "seeds", min(len(a), len(b)))
        freedom = variance**2 / (parts[0] ** 2 / (len(a) - 1) + parts[1] ** 2 / (len(b) - 1))
        half = float(stats.t.ppf(0.975, freedom)) * math.sqrt(variance)
        return Estimate(value, value - half, value + half, "seeds", min(len(a), len(b)))
    x, y = first_correct[0], second_correct[0]
    pair = Paired(*(int(of.sum()) for of in (x & y, x & ~y, ~x & y, ~x & ~y)))
    low, high = pair.interval()
    return Estimate(pair.difference, low, high, "pictures", pair.count)
