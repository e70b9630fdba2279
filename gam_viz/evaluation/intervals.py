"""95 % intervals of accuracies and of differences between them, and two networks on the same pictures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
import numpy.typing as npt
import scipy  # its parts are imported when they are first used; `stats` takes a second
from scipy.special import ndtri

FEWEST = 6  # values whose smallest and largest hold the median of all 95 % of the time: 1 - 2 ** (1 - 6)
_Z = float(ndtri(0.975))


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


def wilson_interval(correct: int, count: int) -> tuple[float, float]:
    """95 % interval of a share of `count` trials (E. B. Wilson, JASA 22, 1927), within 0..1; all of it for no trial."""
    if count == 0:
        return 0.0, 1.0
    low, high = scipy.stats.binomtest(correct, count).proportion_ci(0.95, method="wilson")
    return float(low), float(high)


def student_interval(
    values: npt.NDArray[np.floating], least: float = -math.inf, most: float = math.inf
) -> tuple[float, float]:
    """95 % interval of the mean of (N,) values, N >= 2, by Student's t; no end lies beyond `least` or `most`."""
    value, error = float(np.mean(values)), float(np.std(values, ddof=1)) / math.sqrt(len(values))
    half = float(scipy.stats.t.ppf(0.975, len(values) - 1)) * error
    return max(least, value - half), min(most, value + half)


def median_interval(values: npt.NDArray[np.floating]) -> tuple[float, float]:
    """95 % interval of the median of what (N,) values are drawn from, N >= 6, whatever that is.

    Two of the values: how many lie below the median is binomial (W. J. Conover, Practical Nonparametric Statistics,
    1999, section 3.2). Of fewer than six not even the smallest and the largest hold it that often.

    Raises:
        ValueError: there are fewer than `FEWEST`.
    """
    if len(values) < FEWEST:
        raise ValueError(f"a 95 % interval of a median needs at least {FEWEST} values, got {len(values)}")
    low, high = _median_places(len(values))
    ordered = np.sort(values)
    return float(ordered[low]), float(ordered[high])


@cache
def _median_places(count: int) -> tuple[int, int]:
    low, high = scipy.stats.quantile_test(np.arange(count), p=0.5).confidence_interval(0.95)
    return int(low), int(high)


def mean(values: npt.NDArray[np.floating], least: float = -math.inf, most: float = math.inf) -> Estimate:
    """The mean of a measure over pictures, (N,), with `student_interval`; NaN stands for a picture without it.

    Raises:
        ValueError: no picture has it.
    """
    known = np.asarray(values, np.float64)
    known = known[~np.isnan(known)]
    if len(known) == 0:
        raise ValueError("a mean needs at least one picture that has the measure")
    ends = (least, most) if len(known) == 1 else student_interval(known, least, most)
    return Estimate(float(known.mean()), *ends, "pictures", len(known))


def accuracy(values: Sequence[float], correct: Sequence[npt.NDArray[np.bool_]]) -> Estimate:
    """Of one attention's networks: over seeds by Student's t where there are two or more, else over the test pictures.

    Args:
        values: test accuracy a seed.
        correct: (N,) of each seed, which test pictures it got right.
    """
    if len(values) >= 2:
        return Estimate(float(np.mean(values)), *student_interval(np.asarray(values), 0.0, 1.0), "seeds", len(values))
    count = len(correct[0])
    return Estimate(values[0], *wilson_interval(int(correct[0].sum()), count), "pictures", count)


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
        value, count = float(np.mean(first) - np.mean(second)), min(len(first), len(second))
        if np.ptp(first) == np.ptp(second) == 0:
            return Estimate(value, value, value, "seeds", count)
        low, high = scipy.stats.ttest_ind(first, second, equal_var=False).confidence_interval(0.95)
        return Estimate(value, float(low), float(high), "seeds", count)
    x, y = first_correct[0], second_correct[0]
    pair = Paired(*(int(each.sum()) for each in (x & y, x & ~y, ~x & y, ~x & ~y)))
    return Estimate(pair.difference, *pair.interval(), "pictures", pair.count)


@dataclass(frozen=True)
class Paired:
    """How often two networks are right on the same pictures: is one right more often than chance would have it?

    The pictures on which both are right, or both wrong, say nothing about that; the others decide.

    Attributes:
        both, first, second, neither: counts of pictures on which both, one alone, or none is right.
    """

    both: int
    first: int
    second: int
    neither: int

    @classmethod
    def of(cls, outcomes: npt.NDArray[np.str_]) -> Paired:
        """Count what `gam_viz.evaluation.predictions.outcomes` found."""
        return cls(*(int((outcomes == name).sum()) for name in ("both", "first", "second", "neither")))

    @property
    def count(self) -> int:
        """Of pictures."""
        return self.both + self.first + self.second + self.neither

    @property
    def accuracies(self) -> tuple[float, float]:
        """Of the first and the second network, 0..1."""
        count = max(self.count, 1)
        return (self.both + self.first) / count, (self.both + self.second) / count

    @property
    def difference(self) -> float:
        """The first network's accuracy minus the second's, -1..1."""
        return (self.first - self.second) / max(self.count, 1)

    def interval(self) -> tuple[float, float]:
        """95 % interval of the difference (D. Bonett, R. Price, J. Educ. Behav. Stat. 37, 2012), within -1..1."""
        count = self.count + 2
        first, second = (self.first + 1) / count, (self.second + 1) / count
        half = _Z * math.sqrt((first + second - (first - second) ** 2) / count)
        return max(-1.0, first - second - half), min(1.0, first - second + half)

    def p_value(self) -> float:
        """Of McNemar's exact test: how likely so uneven a split of the one-sided successes is if neither is better.

        1 where the networks are right on the same pictures.
        """
        unlike = self.first + self.second
        return float(scipy.stats.binomtest(self.first, unlike).pvalue) if unlike else 1.0
