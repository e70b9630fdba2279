"""Numbers of evidence as verdicts, and the colours that verdicts have everywhere."""

from __future__ import annotations

import math

import numpy as np

from gam_viz.explain.faithfulness import Standing
from gam_viz.explain.randomisation import Compared, MapTest

#: Streamlit's names. Green: the map passed, orange: it failed, grey: nothing was decided.
FAITHFUL_COLOURS = {"better": "green", "worse": "orange", "random": "gray", "flat": "gray"}
RANDOM_COLOURS = {
    "collapses": "green",
    "flattens": "green",
    "resembles": "gray",
    "survives": "orange",
    "flat": "gray",
    "not_finite": "orange",
}


def verdict_of(standing: Standing) -> str:
    """Against random orders: "flat", "better" than 97.5 % of them, "worse" than 97.5 %, or "random"."""
    if standing.flat:
        return "flat"
    if standing.beats >= 0.975:
        return "better"
    return "worse" if standing.beats <= 0.025 else "random"


def rank_of(compared: Compared) -> float:
    """The larger of two rank correlations, of the values and of their absolutes; NaN where a map is flat."""
    both = [s.spearman for s in (compared.similarity, compared.absolute) if s is not None and s.spearman is not None]
    return max(both, default=math.nan)


def untrained_rank(test: MapTest) -> float | None:
    """Median rank correlation with the untrained networks' maps; None where there is none."""
    known = [rank for compared in test.untrained if not math.isnan(rank := rank_of(compared))]
    return float(np.median(known)) if known else None
