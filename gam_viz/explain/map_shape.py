"""Where a map over the picture is strong, in a few numbers that mean the same for every map.

A map's strength is its absolute value: a gate below 0 lets a feature through and turns its sign. What is told needs no
threshold of its own but where a mask has one by its range: a gate of 0..1 is open above one half.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gam_viz.explain.flat import is_flat

#: How much stronger a map must be on one side of a region's edge than on the other to be said to lie there.
CLEARLY = 1.25


@dataclass(frozen=True)
class Contrast:
    """A map's mean strength in a region and elsewhere."""

    inside: float
    outside: float

    @property
    def verdict(self) -> str:
        """Whether it lies "on" the region, "off" it, or neither ("even")."""
        if self.inside > CLEARLY * self.outside:
            return "on"
        return "off" if self.outside > CLEARLY * self.inside else "even"


def open_share(values: npt.NDArray[np.floating]) -> float:
    """Share of the cells of a mask in 0..1 that let through more than they hold back: above one half."""
    return float((values > 0.5).mean())


def half_of(values: npt.NDArray[np.floating]) -> float:
    """The smallest share of the cells that holds half of the map's strength: one half of a flat map, less the more
    the map is concentrated.

    >>> half_of(np.array([[9.0, 1.0], [0.0, 0.0]])), half_of(np.ones((2, 2)))
    (0.25, 0.5)
    """
    largest = np.sort(np.abs(values).astype(np.float64).ravel())[::-1]
    reached = np.cumsum(largest) >= largest.sum() / 2
    return float((np.argmax(reached) + 1) / largest.size)


def strongest(values: npt.NDArray[np.floating]) -> tuple[int, int] | None:
    """In which third of the picture, (down, across) from 0, the map is strongest on average; None of a flat map.

    Args:
        values: (h, w).
    """
    if is_flat(values):
        return None
    strength = np.abs(values).astype(np.float64)
    thirds = [(part(strength, down, across), (down, across)) for down in range(3) for across in range(3)]
    return max(thirds)[1]


def part(values: npt.NDArray[np.floating], down: int, across: int) -> float:
    """The mean over one of the picture's nine equal parts; a cell that lies in two of them counts for its share."""
    height, width = values.shape
    weights = np.outer(_third(height, down), _third(width, across))
    return float((values * weights).sum() / weights.sum())


def contrast(values: npt.NDArray[np.floating], coverage: npt.NDArray[np.floating]) -> Contrast:
    """How strong a map is in a region and elsewhere.

    Args:
        values: (h, w).
        coverage: (h, w) share of each cell that lies inside, 0..1; neither 0 nor 1 everywhere.
    """
    strength, inside = np.abs(values).astype(np.float64), coverage.astype(np.float64)
    outside = 1 - inside
    return Contrast(float((strength * inside).sum() / inside.sum()), float((strength * outside).sum() / outside.sum()))


def _third(count: int, number: int) -> npt.NDArray[np.float64]:
    """(count,): the share of each of `count` equal parts of 0..1 that lies in that third."""
    edges = np.arange(count + 1) / count
    return np.clip(np.minimum(edges[1:], (number + 1) / 3) - np.maximum(edges[:-1], number / 3), 0, None) * count
