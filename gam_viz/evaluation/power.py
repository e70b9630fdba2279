"""What a comparison can show: its interval at another level, and the smallest difference that it would find."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from functools import cache

from scipy.special import ndtri, stdtrit

from gam_viz.evaluation.intervals import Estimate

LEVEL = 0.95  # of every `Estimate`
POWER = 0.8  # chance with which a comparison has to find a true difference of the size asked about


def at_level(estimate: Estimate, level: float) -> Estimate:
    """The same estimate with its interval at another level than 95 %.

    Exact for intervals that are a midpoint plus or minus a quantile times a standard error, as those of Student, and of
    Bonett and Price, whose normal quantile is replaced. Over seeds Student's quantile has count - 1 degrees of freedom:
    where two groups are compared there are no fewer, so the interval is rather too wide than too narrow.
    """
    middle, half = (estimate.low + estimate.high) / 2, (estimate.high - estimate.low) / 2
    degrees = estimate.count - 1 if estimate.basis == "seeds" else 0
    half *= _quantile(level, degrees) / _quantile(LEVEL, degrees)
    return dataclasses.replace(estimate, low=middle - half, high=middle + half)


def detectable(estimate: Estimate, level: float = LEVEL, power: float = POWER) -> float:
    """The smallest true difference whose interval at this level lies beyond 0 with a chance of `power` or more.

    Half the interval's width and a normal quantile of the standard error (J. Cohen, Statistical Power Analysis, 1988,
    section 1.5): (z(level) + z(power)) x standard error.
    """
    wide = at_level(estimate, level)
    error = (estimate.high - estimate.low) / 2 / _quantile(LEVEL, 0)
    return (wide.high - wide.low) / 2 + _quantile(2 * power - 1, 0) * error


def corrected_level(count: int) -> float:
    """Of each of `count` intervals that are to hold together at 95 % (Bonferroni)."""
    return 1 - (1 - LEVEL) / max(1, count)


def powerful(estimates: Sequence[Estimate], effect: float) -> list[bool]:
    """Which of several comparisons could each find a difference of `effect`, at the level corrected for their number.

    The largest set of which that is so: the more comparisons are made, the sharper each has to be.
    """
    sharpest = sorted(range(len(estimates)), key=lambda place: estimates[place].high - estimates[place].low)
    for count in range(len(estimates), 0, -1):
        chosen = sharpest[:count]
        if all(detectable(estimates[place], corrected_level(count)) <= effect for place in chosen):
            return [place in chosen for place in range(len(estimates))]
    return [False] * len(estimates)


@cache
def _quantile(level: float, degrees: int) -> float:
    """Two-sided, of Student's distribution; of the normal one for no degrees of freedom."""
    tail = (1 + level) / 2
    return float(stdtrit(degrees, tail) if degrees else ndtri(tail))
