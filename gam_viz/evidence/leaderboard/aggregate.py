"""What the gathered numbers say: means with intervals, and differences between networks on the same scenes."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from gam_viz.evaluation.intervals import Estimate, accuracy, difference, mean
from gam_viz.evaluation.power import at_level, corrected_level
from gam_viz.evidence.leaderboard.run import TAG_FIELDS, Gathered, Question
from gam_viz.evidence.leaderboard.scoring import REGIONS, Looks, scene_scores
from gam_viz.evidence.own_maps import FEATURES, KINDS, TRIVIAL

#: What maps are held against, scene by scene: "cbam": the same map of the CBAM network; "none": mean |features| of the
#: network without attention; "features": the same of the network's own layers; "edges" and "centre": see `TRIVIAL`.
AGAINST = ("cbam", "none", FEATURES, "edges", "centre")


@dataclass(frozen=True)
class MapRow:
    """One map of a network, or one that no network had a hand in, against one region.

    Attributes:
        key: one of `KINDS` for the mean over the network's layers, so that no layer is picked afterwards; "kind.layer"
            for one of them; `Heatmap.key` of an attribution; or one of `TRIVIAL`.
        region: "object" or "tag".
        scores: by key of `scene_scores`, over the scenes; None where no scene has one.
        against: one of `AGAINST` -> measure -> this map's score minus that one's, scene by scene; not of single layers.
        flat: in how many scenes the map is flat.
    """

    key: str
    region: str
    scores: dict[str, Estimate | None]
    against: dict[str, dict[str, Estimate]]
    flat: int

    @property
    def of_layer(self) -> bool:
        """Whether it is a map of one layer."""
        kind, _, layer = self.key.partition(".")
        return kind in KINDS and bool(layer)


@dataclass(frozen=True)
class GateRow:
    """What replacing gates did (see `ReplacedGates`): changes of the accuracy and of the mean margin."""

    layer: str
    branch: str
    by: str
    accuracy: Estimate
    margin: Estimate


@dataclass(frozen=True)
class NetworkRow:
    """One network.

    Attributes:
        name, sha256: of its checkpoint.
        attention, options: its kind.
        accuracy: on the scenes.
        maps, gates: its rows.
        tag: share of right answers with, without and with another's tag, and of answers that follow that tag.
    """

    name: str
    sha256: str
    attention: str
    options: dict[str, Any]
    accuracy: Estimate
    maps: tuple[MapRow, ...]
    gates: tuple[GateRow, ...]
    tag: dict[str, Estimate]


@dataclass(frozen=True)
class Results:
    """Of one question. `areas`: region -> its mean share of the picture."""

    data: str
    count: int
    methods: tuple[str, ...]
    areas: dict[str, float]
    trivial: tuple[MapRow, ...]
    networks: tuple[NetworkRow, ...]


def results(question: Question, trivial: Looks, gathered: Sequence[Gathered]) -> Results:
    """Means, intervals and differences."""
    others = {
        kind: next((each for each in gathered if each.card.config.attention == kind), None) for kind in ("cbam", "none")
    }
    return Results(
        question.data,
        question.count,
        question.methods,
        {region: float(areas.mean()) for region, areas in trivial.areas.items()},
        tuple(_map_row(key, region, trivial, {}) for region in _regions(trivial) for key in TRIVIAL),
        tuple(_network_row(each, others, trivial) for each in gathered),
    )


def _regions(of: Looks) -> list[str]:
    return [region for region in REGIONS if region in of.areas]


def _network_row(of: Gathered, others: Mapping[str, Gathered | None], trivial: Looks) -> NetworkRow:
    kinds = [kind for kind in KINDS if _layers(of.looks, kind)]
    right = of.answers.right
    gates = tuple(
        GateRow(
            each.layer,
            each.branch,
            each.by,
            difference([each.right.mean()], [right.mean()], [each.right], [right]),
            mean(each.margin),
        )
        for each in of.answers.replaced
    )
    tag = {} if of.tag is None else {name: _share(getattr(of.tag, name)) for name in TAG_FIELDS}
    return NetworkRow(
        of.card.name,
        of.sha256,
        of.card.config.attention,
        dict(of.card.config.attention_options),
        _share(right),
        tuple(
            _map_row(key, region, of.looks, _references(key, of, others, trivial))
            for region in _regions(of.looks)
            for key in (*kinds, *of.looks.keys)
        ),
        gates,
        tag,
    )


def _share(right: npt.NDArray[np.bool_]) -> Estimate:
    return accuracy([float(right.mean())], [right])


def _references(
    key: str, of: Gathered, others: Mapping[str, Gathered | None], trivial: Looks
) -> dict[str, tuple[Looks, str]]:
    """What a map of a network is held against: `AGAINST` -> where that is, and its key."""
    if "." in key and key.partition(".")[0] in KINDS:
        return {}  # a layer has its own scale of things in each network
    known: dict[str, tuple[Looks, str]] = {"edges": (trivial, "edges"), "centre": (trivial, "centre")}
    if key != FEATURES:
        known[FEATURES] = (of.looks, FEATURES)
    for name, same in (("cbam", key), ("none", FEATURES)):
        other = others[name]
        if other is not None and other is not of:
            known[name] = (other.looks, same)
    return {name: known[name] for name in AGAINST if name in known}


def _map_row(key: str, region: str, looks: Looks, references: Mapping[str, tuple[Looks, str]]) -> MapRow:
    measures = scene_scores()
    values = {measure: _values(looks, key, region, measure) for measure in measures}
    scores = {m: mean(of, *measures[m].bounds) if (~np.isnan(of)).any() else None for m, of in values.items()}
    against: dict[str, dict[str, Estimate]] = {}
    for name, (other, same) in references.items():
        apart = {measure: values[measure] - _values(other, same, region, measure) for measure in measures}
        known = {measure: mean(of) for measure, of in apart.items() if (~np.isnan(of)).any()}
        if known:
            against[name] = known
    return MapRow(key, region, scores, against, int(np.isnan(values["pointing"]).sum()))


def _layers(looks: Looks, kind: str) -> list[str]:
    """The keys of a kind's maps, one a layer; where a network has gates, those of layers with gates alone."""
    keys = [key for key in looks.keys if key.startswith(f"{kind}.")]
    gated = {key.partition(".")[2].partition(":")[0] for key in looks.keys if key.partition(".")[0] in KINDS[:-1]}
    return [key for key in keys if not gated or key.partition(".")[2].partition(":")[0] in gated]


def _values(looks: Looks, key: str, region: str, measure: str) -> npt.NDArray[np.float64]:
    """(N,) of a map; of a kind the mean over its layers in each scene; NaN where the network has no such map."""
    if key not in KINDS:
        missing = np.full(len(looks.areas[region]), np.nan)
        return looks.of(key, region, measure) if key in looks.keys else missing
    layers = [looks.of(name, region, measure) for name in _layers(looks, key)]
    if not layers:
        return np.full(len(looks.areas[region]), np.nan)
    with warnings.catch_warnings():  # where all layers of a scene are flat
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.asarray(np.nanmean(layers, axis=0))


def direction(apart: Mapping[str, Estimate]) -> Literal["more", "less", "same", "mixed"]:
    """What differences under several measures say together: "mixed" unless each says the same.

    Each is looked at with the interval that lets all of them hold at 95 % (Bonferroni): maps that score alike get
    another word than "same" in 5 % of cases at most.
    """
    wide = (at_level(of, corrected_level(len(apart))) for of in apart.values())
    said = {"more" if of.low > 0 else "less" if of.high < 0 else "same" for of in wide}
    return said.pop() if len(said) == 1 else "mixed"  # type: ignore[return-value]
