"""Layers of different networks, held beside each other by their depth.

That is the stage and the place in it, where stages can be told from the sizes of feature maps; else the place among all
of a network's layers.

A stage is what has one resolution; stages of two networks are alike where the picture is halved as often.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from torch import nn

from gam_viz.explain.explanation import Explanation
from gam_viz.networks.adapters import ForeignNetwork

#: How often the picture is halved, by layer; layers that nobody knows it of are missing.
Halvings = Mapping[str, int]


@dataclass(frozen=True)
class Depth:
    """Where a layer lies in its network.

    Attributes:
        place: among all layers, in the order of computation, 0..1; the last has 1.
        halvings: of the picture; None where the size of its feature map is not known.
        within: its place among the layers of that resolution, 0..1.
    """

    place: float
    halvings: int | None = None
    within: float = 1.0


def depth_of(layer: str, layers: Sequence[str], halvings: Halvings | None = None) -> Depth:
    """How deep a layer lies among a network's."""
    of = halvings or {}
    stage = _stage(layers, of, of.get(layer)) or list(layers)
    return Depth(_place(layer, layers), of.get(layer), _place(layer, stage))


def at_depth(layers: Sequence[str], depth: Depth, halvings: Halvings | None = None) -> str:
    """The layer nearest to that depth: in the stage of that resolution, where the network has it.

    >>> at_depth(["stem", "middle", "end"], depth_of("b", ["a", "b", "c", "d", "e", "f"]))
    'stem'
    >>> long = {"a": 1, "b": 1, "c": 1, "d": 1, "e": 2}
    >>> at_depth(["stem", "end"], depth_of("d", list(long), long), {"stem": 1, "end": 2})
    'stem'
    """
    stage = _stage(layers, halvings or {}, depth.halvings)
    return _nearest(stage, depth.within) if stage else _nearest(layers, depth.place)


def halvings_of(network: nn.Module) -> Halvings:
    """Of the layers of an adapted network; of others none is known."""
    return network.adaption.halvings if isinstance(network, ForeignNetwork) else {}


def halvings_of_gates(explanation: Explanation) -> Halvings:
    """Of the layers that have gates, from the features that they multiply."""
    whole = explanation.card.sides[0]
    return {
        reading.layer: round(math.log2(whole / reading.shape[1]))
        for reading in explanation.readings
        if reading.grid and reading.shape[1] > 1
    }


def _stage(layers: Sequence[str], halvings: Halvings, wanted: int | None) -> list[str]:
    return [] if wanted is None else [layer for layer in layers if halvings.get(layer) == wanted]


def _place(layer: str, layers: Sequence[str]) -> float:
    return (layers.index(layer) + 1) / len(layers)


def _nearest(layers: Sequence[str], place: float) -> str:
    return layers[min(len(layers), max(1, round(place * len(layers)))) - 1]
