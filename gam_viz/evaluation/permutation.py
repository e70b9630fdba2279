"""Exact p-values from draws under chance, and their correction for several questions asked at once.

If what was measured is one more draw of what chance gives, all n + 1 numbers are equally likely to be the largest. So
the p-value (1 + #{draws at least as extreme}) / (n + 1) is below any level no more often than that level says, whatever
the distribution and however few the draws (B. Phipson, G. Smyth, Stat. Appl. Genet. Mol. Biol. 9, 2010); the draws must
be independent of each other. What few draws cost is reach: no p-value is below 1 / (n + 1), see `draws_needed`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

LEVEL = 0.05  # of all verdicts from chance: how often one may be given where there is nothing


def p_value(value: float, draws: npt.NDArray[np.floating], *, two_sided: bool = False) -> float:
    """The share of chance, the value included, that is at least as large; of absolute values where two-sided.

    Equal to within rounding counts as equal. Two-sided, chance must be symmetric about 0.

    Raises:
        ValueError: there is no draw, or a number is not finite.

    >>> p_value(3.0, np.arange(4.0))
    0.4
    """
    if not len(draws) or not (math.isfinite(value) and np.isfinite(draws).all()):
        raise ValueError("a p-value needs a finite value, and finite draws, at least one")
    if two_sided:
        value, draws = abs(value), np.abs(draws)
    slack = 1e-12 * max(abs(value), float(np.abs(draws).max()))
    return float((1 + (draws >= value - slack).sum()) / (len(draws) + 1))


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjusted p-values, in order: called at a level, one of them or more is called wrongly no more often than that.

    S. Holm, Scand. J. Statist. 6, 1979: the smallest times m, the next times m - 1 and so on, none below the one
    before. Holds however the p-values depend on each other, as those do that share their draws.

    >>> holm([0.01, 0.5, 0.02])
    [0.03, 0.5, 0.04]
    """
    adjusted, least = [0.0] * len(p_values), 0.0
    for place, index in enumerate(sorted(range(len(p_values)), key=lambda k: p_values[k])):
        least = max(least, min(1.0, (len(p_values) - place) * p_values[index]))
        adjusted[index] = least
    return adjusted


def draws_needed(questions: int, level: float = LEVEL) -> int:
    """How many draws let the smallest of `questions` p-values be below `level` after Holm's correction.

    >>> draws_needed(1), draws_needed(10)
    (19, 199)
    """
    return math.ceil(max(questions, 1) / level - 1e-9) - 1
