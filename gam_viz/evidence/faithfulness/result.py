"""Curves, their areas, and where a map stands against chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from gam_viz.evaluation.permutation import LEVEL, draws_needed, holm, p_value
from gam_viz.evidence.faithfulness.settings import Settings
from gam_viz.explain.answers import ANSWERS
from gam_viz.networks.card import OutputKind
from gam_viz.text.refusal import RefusalError

FloatArray64 = npt.NDArray[np.float64]
Outcome = Literal["better", "random", "worse", "against", "flat", "too_few"]
MATTERS = 0.01  # the smallest difference of areas, and the smallest rise of a probability, that counts as one


def area(curves: FloatArray64, removed: FloatArray64) -> FloatArray64:
    """(…,): the area under (…, steps + 1) curves over the share of pixels, by the trapezoidal rule."""
    return np.asarray(np.trapezoid(curves, removed, axis=-1), np.float64)


@dataclass(frozen=True, eq=False)
class Curves:
    """Of one map.

    Attributes:
        key: the map's.
        flat: see `is_flat`; the map's order is then nothing but the order of ties, a random one.
        grain: of the random orders that it is held against.
        deletion: (steps + 1,) float64, the target (a class's probability, a value in its unit) with the shares
            `Faithfulness.removed` of the pixels removed: from the picture to the baseline.
        insertion: (steps + 1,), with the shares `Faithfulness.inserted` inserted: from the baseline to the picture.
    """

    key: str
    flat: bool
    grain: int
    deletion: FloatArray64
    insertion: FloatArray64


@dataclass(frozen=True, eq=False)
class RandomOrders:
    """Of independent random orders.

    Attributes:
        grain: side of their patches, in pixels.
        deletion, insertion: (orders, steps + 1) float64, as of `Curves`.
    """

    grain: int
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
class Standing:
    """One map's areas, and where they stand among those of the random orders.

    Attributes:
        key, flat: as of `Curves`.
        deletion: area under the deletion curve, of a probability 0..1; small is good.
        insertion: area under the insertion curve; large is good.
        difference: insertion - deletion, in the target's measure; large is good. The mean over all orders is
            0, because each has its reverse.
        beats: share of the random orders whose difference is smaller, 0..1, equal ones counting half.
        orders: how many random orders that is.
        p: exact and two-sided: how often a random order's difference is as far from 0.
        adjusted: `p` after Holm's correction for all maps judged together; flat ones ask nothing.
        reachable: whether so many orders could have shown anything, with so many maps.
        rise: the largest excess of the deletion curve's first half over what the whole picture gives; 0 or more.
        matters: the smallest difference, and the smallest rise, that counts as one.
    """

    key: str
    flat: bool
    deletion: float
    insertion: float
    difference: float
    beats: float
    orders: int
    p: float
    adjusted: float
    reachable: bool
    rise: float
    matters: float = MATTERS

    @property
    def outcome(self) -> Outcome:
        """Against the random orders, by the difference.

        "better": significantly above 0, and by `matters` or more. "worse": the same below 0, so that its reverse
        is better than random. "against": below 0, and removing first what the map marks *raises* the target by
        `matters` or more: it marks what speaks against it. "random": neither was shown.
        "too_few": neither could have been shown with so few orders. "flat": the map marks nothing.
        """
        if self.flat:
            return "flat"
        if not self.reachable:
            return "too_few"
        if self.adjusted > LEVEL or abs(self.difference) < self.matters:
            return "random"
        if self.difference > 0:
            return "better"
        return "against" if self.rise >= self.matters else "worse"


@dataclass(frozen=True, eq=False)
class Faithfulness:
    """Deletion and insertion for the maps of one network on one picture.

    Attributes:
        target: the class, label or value that the curves show.
        kind: what the network's scores are.
        settings: how they came about.
        removed: (steps + 1,) float64, the shares of pixels removed at each step of deletion, 0..1.
        curves: of the maps, in the order given, without those refused.
        pools: random orders, the finest patches first; a map is held against those of its `Curves.grain`.
        refused: maps that could not be judged.
    """

    target: int
    kind: OutputKind
    settings: Settings
    removed: FloatArray64
    curves: tuple[Curves, ...]
    pools: tuple[RandomOrders, ...]
    refused: tuple[RefusedMap, ...]

    @property
    def inserted(self) -> FloatArray64:
        """(steps + 1,): the shares of pixels inserted at each step of insertion, 0..1."""
        return 1 - self.removed[::-1]

    @property
    def orders(self) -> int:
        """How many random orders each map is held against."""
        return len(self.pools[0].deletion)

    @property
    def judged(self) -> int:
        """How many maps the correction counts: all that are not flat."""
        return sum(not curves.flat for curves in self.curves)

    @property
    def needed(self) -> int:
        """How many random orders it takes for so many maps."""
        return draws_needed(self.judged)

    @property
    def matters(self) -> float:
        """The smallest difference that counts: `MATTERS` of a probability, else that share of the whole change from
        the picture to the baseline."""
        if ANSWERS[self.kind].chances:
            return MATTERS
        curve = (self.curves or self.pools)[0].deletion.reshape(-1, len(self.removed))[0]
        return MATTERS * float(abs(curve[0] - curve[-1]))

    def pool(self, grain: int) -> RandomOrders:
        """The random orders in patches of that side."""
        return next(pool for pool in self.pools if pool.grain == grain)

    def standings(self) -> tuple[Standing, ...]:
        """Of all maps, in the order of `curves`."""
        chance = {pool.grain: self._difference(pool) for pool in self.pools}
        own = [float(self._difference(curves)) for curves in self.curves]
        p_values = [
            p_value(value, chance[curves.grain], two_sided=True) for curves, value in zip(self.curves, own, strict=True)
        ]
        asked = [index for index, curves in enumerate(self.curves) if not curves.flat]
        adjusted = dict(zip(asked, holm([p_values[index] for index in asked]), strict=True))
        return tuple(
            Standing(
                key=curves.key,
                flat=curves.flat,
                deletion=float(area(curves.deletion, self.removed)),
                insertion=float(area(curves.insertion, self.inserted)),
                difference=own[index],
                beats=_above(own[index], chance[curves.grain]),
                orders=self.orders,
                p=p_values[index],
                adjusted=adjusted.get(index, 1.0),
                reachable=self.orders >= self.needed,
                matters=self.matters,
                rise=float(max(0.0, (curves.deletion[: len(self.removed) // 2 + 1] - curves.deletion[0]).max())),
            )
            for index, curves in enumerate(self.curves)
        )

    def ranking(self) -> tuple[Standing, ...]:
        """The standings, the largest difference insertion - deletion first."""
        return tuple(sorted(self.standings(), key=lambda standing: -standing.difference))

    def band(self, kind: str, grain: int) -> tuple[FloatArray64, FloatArray64]:
        """(steps + 1,) each: between these lie the central 95 % of the random orders' curves, at each step by itself.

        A description, not a test: a map is judged by its areas, and a curve of 20 steps that leaves the band at one
        of them is nothing unusual.

        Args:
            kind: "deletion" or "insertion".
            grain: of the random orders.
        """
        low, high = np.quantile(getattr(self.pool(grain), kind), (LEVEL / 2, 1 - LEVEL / 2), axis=0)
        return low, high

    def _difference(self, curves: Curves | RandomOrders) -> FloatArray64:
        return area(curves.insertion, self.inserted) - area(curves.deletion, self.removed)


def _above(value: float, others: FloatArray64) -> float:
    return float(((others < value) + 0.5 * (others == value)).mean())
