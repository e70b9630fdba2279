"""Layers of different networks, held beside each other by their depth: their place among all of a network's layers."""

from __future__ import annotations

from collections.abc import Sequence


def depth_of(layer: str, layers: Sequence[str]) -> float:
    """How deep a layer lies among a network's, in the order of computation; the last has 1."""
    return (layers.index(layer) + 1) / len(layers)


def at_depth(layers: Sequence[str], depth: float) -> str:
    """The layer nearest to that depth.

    >>> at_depth(["stem", "middle", "end"], depth_of("b", ["a", "b", "c", "d", "e", "f"]))
    'stem'
    """
    return layers[min(len(layers), max(1, round(depth * len(layers)))) - 1]
