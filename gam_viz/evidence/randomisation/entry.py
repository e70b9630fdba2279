"""Randomisation as a measure of evidence: does a map survive random weights?"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from gam_viz.evidence.measure import Measure, MeasureInput, Options, Quantity, Verdict
from gam_viz.evidence.randomisation.cascade import SEEDS, Randomisation, randomisation
from gam_viz.evidence.surrogates import FEWEST
from gam_viz.explain.attributions import Param
from gam_viz.figures.scales import number
from gam_viz.runtime.progress import Progress
from gam_viz.text import signed


def _randomise(given: MeasureInput, options: Options, progress: Progress | None) -> Randomisation:
    return randomisation(
        given.network,
        given.card,
        given.x,
        given.target,
        given.requests,
        reduction=given.reduction,
        cascade=bool(options["cascade"]),
        seeds=range(int(options["seed"]), int(options["seed"]) + int(options["untrained"])),
        count=int(options["random_maps"]),
        progress=progress,
    )


def _map_tests(result: Randomisation) -> list[Verdict]:
    found = []
    for test in result.maps:
        spreads = [compared.spread for compared in test.untrained if math.isfinite(compared.spread)]
        fresh = float(np.median(spreads)) if spreads else math.nan
        bands = [compared.band.spearman[1] for compared in test.untrained if compared.band is not None]
        numbers = {
            "untrained": test.untrained_rank,
            "deviation": test.spread,
            "untrained_deviation": fresh,
            "seeds": len(test.untrained),
            # As sentences have them.
            "rank": "–" if test.untrained_rank is None else signed(test.untrained_rank, "+.2f"),
            "spread": number(test.spread) if math.isfinite(test.spread) else "–",
            "fresh": number(fresh) if spreads else "–",
            "limit": f"{np.median(bands):+.2f}" if bands else "–",
        }
        found.append(Verdict(test.heatmap.key, test.verdict, numbers))
    return found


def _kept(result: Randomisation, given: MeasureInput) -> list[tuple[str, Mapping[str, object]]]:
    names = ", ".join(result.kept[:4])
    return [("kept", {"count": len(result.kept), "names": names})] if result.kept else []


def _random(settings: Any) -> list[Options]:
    return [{"cascade": settings.cascade, "untrained": settings.untrained, "random_maps": settings.random_maps}]


RANDOMISATION = Measure(
    "randomisation",
    _randomise,
    _map_tests,
    title_key="evidence.section.randomised",
    about_key="evidence.randomised.about",
    sentence_key="evidence.randomised.sentence",
    badge_key="evidence.badge.random",
    params=(
        Param("cascade", False, choices=(True, False)),
        Param("untrained", len(SEEDS), 1, 100),
        Param("seed", SEEDS[0], 0, 2**31 - 1),
        Param("random_maps", 100, FEWEST, 10_000),
    ),
    quantities=(
        Quantity("untrained", "evidence.column.untrained", "+.2f", better="less"),
        Quantity("deviation", "evidence.column.spread", ".2g"),
        Quantity("untrained_deviation", "evidence.column.fresh_spread", ".2g"),
    ),
    tones={
        "collapses": "passed",
        "flattens": "passed",
        "resembles": "open",
        "survives": "failed",
        "flat": "open",
        "not_finite": "failed",
    },
    remakes=True,
    effort=0.36,
    asked=_random,
    covered=lambda options: ({**options, "cascade": True},),
    remarks=_kept,
)
