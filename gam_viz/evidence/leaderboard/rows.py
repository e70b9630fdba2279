"""The leaderboard's results: a row a map, a gate, a kind of network, with means and intervals."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from gam_viz.evaluation.intervals import Estimate
from gam_viz.evidence.own_maps import FEATURES, KINDS

#: What maps are held against, picture by picture: "cbam": the same map of the CBAM network; "none": mean |features| of
#: the network without attention; "features": the same of the network's own layers; "untrained": the same map of the
#: network before training; "edges" and "centre": see `TRIVIAL`.
AGAINST = ("cbam", "none", FEATURES, "untrained", "edges", "centre")


@dataclass(frozen=True)
class MapRow:
    """One map of a network, or one that no network had a hand in, against one region.

    Attributes:
        key: one of `KINDS` for the mean over the network's layers, so that no layer is picked afterwards; "kind.layer"
            for one of them; `Heatmap.key` of an attribution; or one of `TRIVIAL`.
        region: "object", one of `SIZES`, "tag" or "marks".
        scores: by key of `scene_scores`, over the pictures that have the region; None where none has such a score.
        against: one of `AGAINST` -> measure -> this map's score minus that one's, picture by picture; not of single
            layers.
        flat: in how many pictures the map is flat, of any seed.
        seeds: by key of `scene_scores`, the score of each seed, where there are two or more.
    """

    key: str
    region: str
    scores: dict[str, Estimate | None]
    against: dict[str, dict[str, Estimate]]
    flat: int
    seeds: dict[str, tuple[float, ...]] = field(default_factory=dict)

    @property
    def of_layer(self) -> bool:
        """Whether it is a map of one layer."""
        kind, _, layer = self.key.partition(".")
        return kind in KINDS and bool(layer)


@dataclass(frozen=True)
class GateRow:
    """What replacing gates did (see `ReplacedGates`): changes of the accuracy and of the mean margin.

    `seeds`: the accuracy's change of each seed, where there are two or more.
    """

    layer: str
    branch: str
    by: str
    accuracy: Estimate
    margin: Estimate
    seeds: tuple[float, ...] = ()


@dataclass(frozen=True)
class NetworkRow:
    """One kind of network, of one seed or several.

    Attributes:
        name: of the checkpoint; of several seeds without its seed.
        sha256: of the first seed's checkpoint.
        attention, options: its kind.
        accuracy: on the pictures.
        maps, gates: its rows.
        tag: shares of answers with a shortcut changed, by what was done.
        seeds: those that it rests on.
    """

    name: str
    sha256: str
    attention: str
    options: dict[str, Any]
    accuracy: Estimate
    maps: tuple[MapRow, ...]
    gates: tuple[GateRow, ...]
    tag: dict[str, Estimate]
    seeds: tuple[int, ...] = ()


@dataclass(frozen=True)
class Results:
    """Of one question.

    Attributes:
        data, count, methods: what was asked, and on how many pictures maps were judged.
        areas: region -> its mean share of the picture.
        counts: region -> how many pictures have it.
        answered: on how many pictures gates were replaced.
    """

    data: str
    count: int
    methods: tuple[str, ...]
    areas: dict[str, float]
    trivial: tuple[MapRow, ...]
    networks: tuple[NetworkRow, ...]
    counts: dict[str, int] = field(default_factory=dict)
    answered: int = 0
