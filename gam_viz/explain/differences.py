"""In what one network's gates differ between two pictures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gam_viz.explain.gates import FloatArray, GateReading
from gam_viz.explain.maps import SpatialMap
from gam_viz.text.refusal import RefusalError


@dataclass(frozen=True)
class ChannelDifference:
    """One channel's weights, averaged over positions where they differ between them.

    Attributes:
        channel: its number.
        first, second: of the two pictures.
    """

    channel: int
    first: float
    second: float

    @property
    def change(self) -> float:
        """Second minus first."""
        return self.second - self.first


def channel_differences(first: GateReading, second: GateReading, most: int = 10) -> tuple[ChannelDifference, ...]:
    """The channels whose weights differ most, that first which differs most; among equals the lower number.

    Args:
        first, second: one gate on two pictures.
        most: channels.

    Raises:
        RefusalError: the gate is of two shapes, or not finite.
    """
    _check(first, second)
    one, two = (each.channel_means().astype(np.float64) for each in (first, second))
    order = np.argsort(-np.abs(two - one), kind="stable")[:most]
    return tuple(ChannelDifference(int(c), float(one[c]), float(two[c])) for c in order)


def map_difference(first: SpatialMap, second: SpatialMap, gate: str) -> FloatArray:  # (H, W)
    """Second minus first, position by position.

    Raises:
        RefusalError: the maps of the gate, whose path is given, are of two sizes, or not finite.
    """
    if first.values.shape != second.values.shape:
        raise RefusalError("errors.reason.gate_sizes", gate=gate)
    found = second.values - first.values
    if not np.isfinite(found).all():
        raise RefusalError("errors.reason.gate_not_finite", gate=gate)
    return found


def _check(first: GateReading, second: GateReading) -> None:
    if first.values.shape != second.values.shape:
        raise RefusalError("errors.reason.gate_sizes", gate=first.module)
    if not (np.isfinite(first.values).all() and np.isfinite(second.values).all()):
        raise RefusalError("errors.reason.gate_not_finite", gate=first.module)
