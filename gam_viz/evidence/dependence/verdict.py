"""What is lost where a gate no longer depends on the picture, and the verdict on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gam_viz.evaluation.intervals import Estimate, Paired
from gam_viz.evidence.dependence.statistics import GateStatistics

POINT = 0.01  # of accuracy: what is less than that is as good as nothing
BY_CLASS = 0.5  # of the variance between pictures: from here on a gate goes by the class


@dataclass(frozen=True, eq=False)
class Dependence:
    """One gate: how it varies, and what replacing it by its mean over other pictures does.

    Attributes:
        statistics: over the test pictures.
        change: of the accuracy, -1..1, with its 95 % interval over pictures; None where it was not measured.
    """

    statistics: GateStatistics
    change: Estimate | None = None

    @property
    def verdict(self) -> str:
        """One of

        "flat": the same number everywhere and in every picture;
        "constant": the whole interval of the change lies within one point of accuracy: a constant would do;
        "needed_class", "needed": all of it lies beyond a point: the answers hang on how the gate varies, which goes by
            the class, or does not;
        "open": the interval holds both;
        "unmeasured": nothing was replaced.
        """
        if np.isnan(self.statistics.between_pictures):
            return "flat"
        if self.change is None:
            return "unmeasured"
        if self.change.low > -POINT and self.change.high < POINT:
            return "constant"
        if self.change.high <= -POINT or self.change.low >= POINT:
            return "needed_class" if self.statistics.by_class >= BY_CLASS else "needed"
        return "open"


def change_of(before: npt.NDArray[np.bool_], after: npt.NDArray[np.bool_]) -> Estimate:
    """Accuracy after minus before, of the same pictures (N,); the interval of Bonett and Price (2012)."""
    counts = (int(each.sum()) for each in (after & before, after & ~before, ~after & before, ~after & ~before))
    pair = Paired(*counts)
    return Estimate(pair.difference, *pair.interval(), "pictures", pair.count)
