"""What the gathered numbers say: means with intervals, over the seeds of each kind of network, and differences between
kinds on the same pictures."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from gam_viz.evaluation.bootstrap import bootstrap_mean
from gam_viz.evaluation.intervals import Estimate, accuracy, difference, mean
from gam_viz.evaluation.power import at_level, corrected_level
from gam_viz.evidence.leaderboard.rows import AGAINST, GateRow, MapRow, NetworkRow, Results
from gam_viz.evidence.leaderboard.run import Gathered, Question
from gam_viz.evidence.leaderboard.scoring import Looks, scene_scores
from gam_viz.evidence.own_maps import FEATURES, KINDS, TRIVIAL

#: The seeds of one kind of network.
Kind = Sequence[Gathered]


def results(question: Question, trivial: Looks, gathered: Sequence[Gathered]) -> Results:
    """Means, intervals and differences. Networks that differ in their seed alone are one row."""
    kinds = _kinds(gathered)
    places = {layer for kind in kinds for layer in _gated(kind[0].looks)}
    return Results(
        question.data,
        len(trivial.areas["object"]),
        question.methods,
        {region: float(areas.mean()) for region, areas in trivial.areas.items()},
        tuple(_map_row(key, region, [trivial], {}, places) for region in trivial.areas for key in TRIVIAL),
        tuple(_network_row(kind, kinds, trivial, places) for kind in kinds),
        {region: len(areas) for region, areas in trivial.areas.items()},
        len(gathered[0].answers.right) if gathered else 0,
    )


def _kinds(gathered: Sequence[Gathered]) -> list[Kind]:
    """Networks of one configuration and recipe, in the order in which they were given."""
    found: dict[str, list[Gathered]] = {}
    for each in gathered:
        found.setdefault(json.dumps([each.card.config.to_dict(), each.card.recipe], sort_keys=True), []).append(each)
    return list(found.values())


def _network_row(kind: Kind, kinds: Sequence[Kind], trivial: Looks, places: set[str]) -> NetworkRow:
    first = kind[0]
    names = [name for name in KINDS if _layers(first.looks, name, places)]
    several = len(kind) > 1
    return NetworkRow(
        re.sub(r"-s\d+$", "", first.card.name) if several else first.card.name,
        first.sha256,
        first.card.config.attention,
        dict(first.card.config.attention_options),
        _share([each.answers.right for each in kind], first.answers.sources),
        tuple(
            _map_row(key, region, [each.looks for each in kind], _references(key, kind, kinds, trivial), places)
            for region in trivial.areas
            for key in (*names, *first.looks.keys)
        ),
        tuple(_gate_row(kind, place) for place in range(len(first.answers.replaced))),
        {name: _share([each.shortcut[name] for each in kind], first.answers.sources) for name in first.shortcut},
        tuple(each.card.seed for each in kind) if several else (),
    )


def _gate_row(kind: Kind, place: int) -> GateRow:
    """Of the same gates of each seed."""
    rows = [each.answers.replaced[place] for each in kind]
    before, after = [each.answers.right for each in kind], [row.right for row in rows]
    sources = kind[0].answers.sources
    margin = _over(np.stack([row.margin for row in rows]), sources)
    assert margin is not None
    first = rows[0]
    if _alone(kind, sources):
        change = difference([after[0].mean()], [before[0].mean()], after, before)
        return GateRow(first.layer, first.branch, first.by, change, margin)
    changes = np.stack(after).astype(float) - np.stack(before)
    over = _over(changes, sources)
    assert over is not None
    seeds = tuple(changes.mean(axis=1).tolist()) if len(kind) > 1 else ()
    return GateRow(first.layer, first.branch, first.by, over, margin, seeds)


def _share(right: Sequence[npt.NDArray[np.bool_]], sources: npt.NDArray[np.int64] | None) -> Estimate:
    """Of right answers: of one network on pictures by themselves Wilson's interval, else over pictures of the mean."""
    if _alone(right, sources):
        return accuracy([float(right[0].mean())], right)
    over = _over(np.stack(right).astype(float), sources, (0, 1))
    assert over is not None
    return over


def _alone(seeds: Sequence[object], sources: npt.NDArray[np.int64] | None) -> bool:
    return len(seeds) == 1 and (sources is None or len(np.unique(sources)) == len(sources))


def _over(
    values: npt.NDArray[np.float64],
    sources: npt.NDArray[np.int64] | None,
    bounds: tuple[float, float] = (-np.inf, np.inf),
) -> Estimate | None:
    """(seeds, N) -> the mean over pictures of the mean over seeds; None where no picture has a value."""
    of_pictures = _mean_of(values)
    if np.isnan(of_pictures).all():
        return None
    return mean(of_pictures, *bounds) if sources is None else bootstrap_mean(of_pictures, sources)


def _mean_of(values: npt.NDArray[np.float64] | Sequence[npt.NDArray[np.float64]]) -> npt.NDArray[np.float64]:
    """(K, N) -> (N,), of what is known."""
    with warnings.catch_warnings():  # where nothing is
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.asarray(np.nanmean(np.asarray(values), axis=0))


def _references(key: str, kind: Kind, kinds: Sequence[Kind], trivial: Looks) -> dict[str, tuple[Sequence[Looks], str]]:
    """What a map of a network is held against: `AGAINST` -> where that is, and its key."""
    if "." in key and key.partition(".")[0] in KINDS:
        return {}  # a layer has its own scale of things in each network
    own = [each.looks for each in kind]
    known: dict[str, tuple[Sequence[Looks], str]] = {"edges": ([trivial], "edges"), "centre": ([trivial], "centre")}
    untrained = [each.untrained for each in kind if each.untrained is not None]
    if untrained:
        known["untrained"] = (untrained[:1], key)
    if key != FEATURES:
        known[FEATURES] = (own, FEATURES)
    for name, same in (("cbam", key), ("none", FEATURES)):
        other = next((of for of in kinds if _comparable(of[0], kind[0], name)), None)
        if other is not None and other is not kind:
            known[name] = ([each.looks for each in other], same)
    return {name: known[name] for name in AGAINST if name in known}


def _comparable(other: Gathered, own: Gathered, attention: str) -> bool:
    """Whether it is the network with that attention that differs in nothing else."""
    a, b = other.card.config, own.card.config
    return a.attention == attention and (a.architecture, a.width, a.stem) == (b.architecture, b.width, b.stem)


def _map_row(
    key: str,
    region: str,
    looks: Sequence[Looks],
    references: Mapping[str, tuple[Sequence[Looks], str]],
    places: set[str],
) -> MapRow:
    measures, sources = scene_scores(), looks[0].sources.get(region)
    values = {measure: _values(looks, key, region, measure, places) for measure in measures}
    scores = {measure: _over(of, sources, measures[measure].bounds) for measure, of in values.items()}
    against: dict[str, dict[str, Estimate]] = {}
    for name, (others, same) in references.items():
        apart = {
            measure: _over(_mean_of(of)[None] - _mean_of(_values(others, same, region, measure, places))[None], sources)
            for measure, of in values.items()
        }
        known = {measure: of for measure, of in apart.items() if of is not None}
        if known:
            against[name] = known
    seeds = {}
    if len(looks) > 1:
        seeds = {measure: tuple(_mean_of(of.T).tolist()) for measure, of in values.items() if scores[measure]}
    flat = int(np.isnan(values["pointing"]).any(axis=0).sum())
    return MapRow(key, region, scores, against, flat, seeds)


def _gated(looks: Looks) -> set[str]:
    """The layers with gates."""
    return {_layer(key) for key in looks.keys if key.partition(".")[0] in KINDS[:-1]}


def _layer(key: str) -> str:
    return key.partition(".")[2].partition(":")[0]


def _layers(looks: Looks, kind: str, places: set[str]) -> list[str]:
    """The keys of a kind's maps, one a layer: of layers with gates alone, or, where the network has none, of those
    that have gates in the networks beside it."""
    wanted = _gated(looks) or places
    return [key for key in looks.keys if key.startswith(f"{kind}.") and (not wanted or _layer(key) in wanted)]


def _values(
    looks: Sequence[Looks], key: str, region: str, measure: str, places: set[str]
) -> npt.NDArray[np.float64]:  # (seeds, N)
    """Of a map; of a kind the mean over its layers in each picture; NaN where the network has no such map."""
    return np.stack([_values_of(each, key, region, measure, places) for each in looks])


def _values_of(looks: Looks, key: str, region: str, measure: str, places: set[str]) -> npt.NDArray[np.float64]:  # (N,)
    keys = _layers(looks, key, places) if key in KINDS else [key] if key in looks.keys else []
    if not keys:
        return np.full(len(looks.areas[region]), np.nan)
    return _mean_of([looks.of(name, region, measure) for name in keys])


def direction(apart: Mapping[str, Estimate]) -> Literal["more", "less", "same", "mixed"]:
    """What differences under several measures say together: "mixed" unless each says the same.

    Each is looked at with the interval that lets all of them hold at 95 % (Bonferroni): maps that score alike get
    another word than "same" in 5 % of cases at most.
    """
    wide = (at_level(of, corrected_level(len(apart))) for of in apart.values())
    said = {"more" if of.low > 0 else "less" if of.high < 0 else "same" for of in wide}
    return said.pop() if len(said) == 1 else "mixed"  # type: ignore[return-value]
