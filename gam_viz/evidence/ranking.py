"""Where measures disagree about a map: the rank of each map under each measure, and how alike the orders are.

A map that one measure puts first and another last is neither good nor bad: measures of evidence ask different things,
and no one of them settles the rest (LATEC, arXiv 2409.16756, ranks methods by twenty).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy

from gam_viz.evaluation.permutation import LEVEL, p_value
from gam_viz.evidence.measure import Measure, Quantity

DRAWS, SEED = 999, 0  # of shuffled orders, for the p-value

FloatArray64 = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Ranking:
    """Of the maps of one network on one picture.

    Attributes:
        maps: keys of those that a measure ranks, in the order given.
        columns: the measures, each with the number that it ranks by.
        ranks: (maps, columns) float64, 1 the best, equal ones sharing the mean of their places; NaN where a measure has
            no number for a map.
    """

    maps: tuple[str, ...]
    columns: tuple[tuple[Measure, Quantity], ...]
    ranks: FloatArray64

    @property
    def apart(self) -> npt.NDArray[np.bool_]:
        """(maps,): whether some measure ranks it in the first third and another in the last."""
        with np.errstate(invalid="ignore"):
            counts = np.isfinite(self.ranks).sum(0)
            first, last = self.ranks <= counts / 3, self.ranks > 2 * counts / 3
        return np.asarray(first.any(1) & last.any(1))

    @property
    def concordance(self) -> tuple[float, float] | None:
        """Kendall's W over the maps that all measures rank, 0..1, 1 where all rank alike, and how often orders drawn at
        random are as alike; None of fewer than three maps or two measures.

        M. G. Kendall and B. Babington Smith, Ann. Math. Statist. 10, 1939. Without a correction for ties.
        """
        whole = self.ranks[np.isfinite(self.ranks).all(1)]
        if len(whole) < 3 or whole.shape[1] < 2:
            return None
        orders = scipy.stats.rankdata(whole, axis=0)
        generator = np.random.default_rng(SEED)
        drawn = np.array([_w(generator.permuted(orders, axis=0)) for _ in range(DRAWS)])
        own = _w(orders)
        return own, p_value(own, drawn)

    @property
    def said(self) -> tuple[str, Mapping[str, float]]:
        """ "alike": the orders are more alike than chance; "open": that is not shown; "few": it cannot be asked. With
        the numbers of the sentence."""
        counts = {"apart": int(self.apart.sum()), "maps": len(self.maps), "measures": len(self.columns)}
        alike = self.concordance
        if alike is None:
            return "few", counts
        return "alike" if alike[1] <= LEVEL else "open", {"concordance": alike[0], "p": alike[1], **counts}


def _w(ranks: FloatArray64) -> float:  # (maps, measures)
    count, measures = ranks.shape
    return float(12 * ((ranks.sum(1) - measures * (count + 1) / 2) ** 2).sum() / (measures**2 * (count**3 - count)))


def ranking(maps: Sequence[str], results: Mapping[str, Any], measures: Mapping[str, Measure]) -> Ranking:
    """Rank maps under every measure that was taken and says which way its number is better.

    Args:
        maps: their keys.
        results: what was measured, by the measure's key.
        measures: the measures, by key.
    """
    columns, places = [], []
    for key, result in results.items():
        ranked = [quantity for quantity in measures[key].quantities if quantity.better]
        for quantity in ranked[:1]:
            found: dict[str, float] = {}
            for verdict in measures[key].verdicts(result):
                value = verdict.numbers.get(quantity.key)
                if isinstance(value, int | float) and np.isfinite(value):
                    found.setdefault(verdict.key, float(value))
            values = np.array([found.get(name, np.nan) for name in maps])
            if np.isfinite(values).sum() > 1:
                columns.append((measures[key], quantity))
                turned = -values if quantity.better == "more" else values
                places.append(scipy.stats.rankdata(turned, nan_policy="omit"))
    ranks = np.stack(places, 1) if places else np.empty((len(maps), 0))
    kept = np.isfinite(ranks).any(1)
    return Ranking(tuple(np.array(maps, dtype=object)[kept]), tuple(columns), ranks[kept])
