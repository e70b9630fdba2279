"""Curves, their areas, and where a map stands against chance."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from gam_viz.evidence.faithfulness.settings import Settings
from gam_viz.text.refusal import RefusalError

FloatArray64 = npt.NDArray[np.float64]
Outcome = Literal["better", "random", "worse", "flat"]
SURE = 0.975  # share of the random orders


def area(curves: FloatArray64, removed: FloatArray64) -> FloatArray64:
    """(…,): the area under (…, steps + 1) curves over the share of pixels, by the trapezoidal rule; 0..1."""
    return np.asarray(np.trapezoid(curves, removed, axis=-1), np.float64)


@dataclass(frozen=True, eq=False)
class Curves:
    """Of one map.

    Attributes:
        key: the map's.
        flat: whether the map has one value only; its order is then nothing but the order of ties, a random one.
        deletion: (steps + 1,) float64, the class's probability with the shares `Faithfulness.removed` of the pixels
            removed: from the picture to the baseline.
        insertion: (steps + 1,), with the shares `Faithfulness.inserted` inserted: from the baseline to the picture.
    """

    key: str
    flat: bool
    deletion: FloatArray64
    insertion: FloatArray64


@dataclass(frozen=True, eq=False)
class RandomOrders:
    """Of random orders.

    Attributes:
        deletion, insertion: (orders, steps + 1) float64, as of `Curves`.
    """

    deletion: FloatArray64
    insertion: FloatArray64


@dataclass(frozen=True)
class RefusedMap:
    """A map that could not be judged.

    Attributes:
        key: the map's.
        reason: why.
    """

    key: str
    reason: RefusalError

    @property
    def why(self) -> str:
        """The reason in English."""
        return str(self.reason)


@dataclass(frozen=True)
class AreaBand:
    """Of numbers from random orders.

    Attributes:
        mean: over the orders.
        low, high: their 2.5th and 97.5th percentile, interpolated between the orders.
    """

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Standing:
    """One map's areas, and where they stand among those of the random orders.

    Attributes:
        key, flat: as of `Curves`.
        deletion: area under the deletion curve, 0..1; small is good.
        insertion: area under the insertion curve, 0..1; large is good.
        difference: insertion - deletion, -1..1; large is good. The random orders' mean is 0, because each comes
            with its reverse.
        beats_deletion, beats_insertion, beats: share of the random orders whose area is worse, 0..1, equal ones
            counting half; `beats` is of the difference.
        z: the difference in standard deviations of the random orders' differences; None where these are all equal.
    """

    key: str
    flat: bool
    deletion: float
    insertion: float
    difference: float
    beats_deletion: float
    beats_insertion: float
    beats: float
    z: float | None

    @property
    def outcome(self) -> Outcome:
        """Against the random orders, by the difference: "better" than 97.5 % of them, "worse" than 97.5 %, or as good
        as "random"; "flat" for a map of one value."""
        if self.flat:
            return "flat"
        if self.beats >= SURE:
            return "better"
        return "worse" if self.beats <= 1 - SURE else "random"


@dataclass(frozen=True, eq=False)
class Faithfulness:
    """Deletion and insertion for the maps of one network on one picture.

    Attributes:
        target: the class whose probability the curves show.
        settings: how they came about.
        removed: (steps + 1,) float64, the shares of pixels removed at each step of deletion, 0..1.
        curves: of the maps, in the order given, without those refused.
        random: of the random orders.
        refused: maps that could not be judged.
    """

    target: int
    settings: Settings
    removed: FloatArray64
    curves: tuple[Curves, ...]
    random: RandomOrders
    refused: tuple[RefusedMap, ...]

    @property
    def inserted(self) -> FloatArray64:
        """(steps + 1,): the shares of pixels inserted at each step of insertion, 0..1."""
        return 1 - self.removed[::-1]

    def bands(self) -> tuple[AreaBand, AreaBand, AreaBand]:
        """Of the random orders' areas: deletion, insertion, insertion - deletion."""
        deletion, insertion = self._random_areas()
        return _band(deletion), _band(insertion), _band(insertion - deletion)

    def standings(self) -> tuple[Standing, ...]:
        """Of all maps, in the order of `curves`."""
        deletions, insertions = self._random_areas()
        differences = insertions - deletions
        # Their mean is known to be 0, so nothing is subtracted and no degree of freedom lost.
        spread = math.sqrt(float((differences**2).mean()))
        found = []
        for curves in self.curves:
            deletion = float(area(curves.deletion, self.removed))
            insertion = float(area(curves.insertion, self.inserted))
            found.append(
                Standing(
                    key=curves.key,
                    flat=curves.flat,
                    deletion=deletion,
                    insertion=insertion,
                    difference=insertion - deletion,
                    beats_deletion=_above(-deletion, -deletions),
                    beats_insertion=_above(insertion, insertions),
                    beats=_above(insertion - deletion, differences),
                    z=(insertion - deletion) / spread if spread > 0 else None,
                )
            )
        return tuple(found)

    def ranking(self) -> tuple[Standing, ...]:
        """The standings, the largest difference insertion - deletion first."""
        return tuple(sorted(self.standings(), key=lambda standing: -standing.difference))

    def band(self, kind: str) -> tuple[FloatArray64, FloatArray64, FloatArray64]:
        """Three (steps + 1,) arrays: mean, 2.5th and 97.5th percentile of the random orders' curves at each step.

        Args:
            kind: "deletion" or "insertion".
        """
        curves = {"deletion": self.random.deletion, "insertion": self.random.insertion}[kind]
        low, high = np.quantile(curves, (0.025, 0.975), axis=0)
        return curves.mean(axis=0), low, high

    def _random_areas(self) -> tuple[FloatArray64, FloatArray64]:
        return area(self.random.deletion, self.removed), area(self.random.insertion, self.inserted)


def _band(values: FloatArray64) -> AreaBand:
    low, high = np.quantile(values, (0.025, 0.975))
    return AreaBand(float(values.mean()), float(low), float(high))


def _above(value: float, others: FloatArray64) -> float:
    return float(((others < value) + 0.5 * (others == value)).mean())
