"""Two networks on the same pictures: is one right more often than chance would have it?

The pictures on which both are right, or both wrong, say nothing about that; the others decide.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import binomtest

Z = 1.959964  # of a 95 % interval


@dataclass(frozen=True)
class Paired:
    """How often two networks are right on the same pictures.

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
        half = Z * math.sqrt((first + second - (first - second) ** 2) / count)
        return max(-1.0, first - second - half), min(1.0, first - second + half)

    def p_value(self) -> float:
        """Of McNemar's exact test: how likely so uneven a split of the one-sided successes is if neither is better.

        1 where the networks are right on the same pictures.
        """
        return float(binomtest(self.first, self.first + self.second).pvalue) if self.first + self.second else 1.0
