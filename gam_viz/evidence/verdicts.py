"""All that a case found out about each map, map by map: a row of the report's table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gam_viz.evidence.agreement import Agreement
from gam_viz.evidence.examine import Case, Examined
from gam_viz.evidence.faithfulness import Outcome, Standing
from gam_viz.evidence.randomisation.map_change import MapTest
from gam_viz.explain.attributions import Attribution
from gam_viz.explain.heatmaps import Heatmap


@dataclass(frozen=True)
class Likeness:
    """One map beside another.

    Attributes:
        network, key: of the other map.
        spearman: rank correlation, -1..1.
        outside: 1 where they are more alike than random maps of their smoothness, -1 where less, else 0.
    """

    network: str
    key: str
    spearman: float
    outside: int


@dataclass(frozen=True, eq=False)
class Judgement:
    """One map, and the evidence about it. None: not measured, or it cannot be.

    Attributes:
        network: index within the case.
        map: the map.
        attribution: where the map is one.
        standing: its areas under the curves, among those of the random orders.
        outcome: of that standing.
        test: the randomisation test.
        untrained: median rank correlation with the maps of the untrained networks (the larger of values and absolutes).
        inside: likeness with the same network's attributions (of an attribution: with the others).
        across: likeness with the map of the same key in the other networks.
    """

    network: int
    map: Heatmap
    attribution: Attribution | None
    standing: Standing | None
    outcome: Outcome | None
    test: MapTest | None
    untrained: float | None
    inside: tuple[Likeness, ...]
    across: tuple[Likeness, ...]


def judgements(case: Case) -> tuple[Judgement, ...]:
    """Of every map of every network, in order."""
    found = []
    for index, network in enumerate(case.networks):
        standings: dict[str, Standing] = {}
        if network.faithfulness is not None:
            standings = {standing.key: standing for standing in network.faithfulness.standings()}
        tests = {} if network.randomisation is None else {t.heatmap.key: t for t in network.randomisation.maps}
        for map_ in network.maps:
            standing, test = standings.get(map_.key), tests.get(map_.key)
            found.append(
                Judgement(
                    network=index,
                    map=map_,
                    attribution=_attribution(network, map_),
                    standing=standing,
                    outcome=None if standing is None else standing.outcome,
                    test=test,
                    untrained=None if test is None else test.untrained_rank,
                    inside=_likenesses(
                        case.agreement,
                        (network.name, map_.key),
                        [(network.name, m.key) for m in network.maps if m.kind == "attribution" and m.key != map_.key],
                    ),
                    across=_likenesses(
                        case.agreement,
                        (network.name, map_.key),
                        [(other.name, map_.key) for other in case.networks if other is not network],
                    ),
                )
            )
    return tuple(found)


def _attribution(network: Examined, map_: Heatmap) -> Attribution | None:
    # `heatmaps` puts the attributions behind the gates, in their order.
    first = len(network.maps) - len(network.attributions)
    place = next(index for index, each in enumerate(network.maps) if each is map_)
    return network.attributions[place - first] if place >= first else None


def _likenesses(found: Agreement | None, own: tuple[str, str], others: list[tuple[str, str]]) -> tuple[Likeness, ...]:
    if found is None:
        return ()
    places = {
        (label, map_.key): index for index, (label, map_) in enumerate(zip(found.labels, found.maps, strict=True))
    }
    if own not in places:
        return ()
    alike, row = [], places[own]
    for name, key in others:
        column = places.get((name, key))
        if column is not None and np.isfinite(found.spearman.values[row, column]):
            value = float(found.spearman.values[row, column])
            alike.append(Likeness(name, key, value, int(found.spearman.outside[row, column])))
    return tuple(alike)
