"""The one scale that gates of several networks share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from gam_viz.attention import Bounds
from gam_viz.explain import GateReading, SpatialMap
from gam_viz.figures.scales import Scale, symmetric_scale


class HasBounds(Protocol):
    """Whatever knows the range of a gate."""

    @property
    def bounds(self) -> Bounds | None:
        """Lowest and highest value; None where it is any signed number."""


def spatial_scale(maps: Sequence[SpatialMap]) -> Scale:
    """The range the maps can have; where one has no upper bound, from 0 to the largest value, and at least to 1; where
    one can be negative, as a mask out of no sigmoid, centred on 0 (removed) and at least to 1 (unchanged) both ways."""
    if any(m.lowest is None for m in maps):
        limit = max(1.0, symmetric_scale([m.values for m in maps]).high)
        return Scale(-limit, limit, signed=True)
    ends = [m.highest for m in maps if m.highest is not None]
    if len(ends) == len(maps):
        return Scale(min(m.lowest or 0.0 for m in maps), max(1.0, *ends))
    return Scale(0.0, max(1.0, *(float(m.values.max()) for m in maps)))


def shared_bounds(gates: Sequence[HasBounds]) -> Scale | None:
    """From the lowest to the highest value that any of the gates can have; None where one has no bounds."""
    bounds = [gate.bounds for gate in gates if gate.bounds is not None]
    if len(bounds) < len(gates):
        return None
    return Scale(min((low for low, _ in bounds), default=0.0), max((high for _, high in bounds), default=1.0))


def weight_scale(readings: Sequence[GateReading]) -> Scale:
    """The range of the channel gates, 0..1 out of sigmoids; where one has none, wide enough for every channel's mean,
    for 0 and for 1."""
    if (bounded := shared_bounds(readings)) is not None:
        return bounded
    means = [reading.channel_means() for reading in readings]
    return Scale(min(0.0, *(float(m.min()) for m in means)), max(1.0, *(float(m.max()) for m in means)))


def profile_scale(readings: Sequence[GateReading]) -> Scale:
    """Of colours for the channels' mean weights: the range of the gates, 0..1 out of sigmoids; where one has none,
    centred on 0 (removed), wide enough for every mean and for 1 (unchanged)."""
    if (bounded := shared_bounds(readings)) is not None:
        return bounded
    limit = max(1.0, symmetric_scale([reading.channel_means() for reading in readings]).high)
    return Scale(-limit, limit, signed=True)


def channel_scale(readings: Sequence[GateReading], cells: Sequence[tuple[int, int]] = ()) -> Scale:
    """The range of the gates, 0..1 out of sigmoids; where one has none, signed, wide enough for every channel's mean
    and its band, and for 1."""
    if (bounded := shared_bounds(readings)) is not None:
        return bounded
    maps = [reading.channel_means() for reading in readings]
    for reading in readings:
        if reading.per_position:
            maps.extend(reading.channel_quantiles())
    # A cell's own weights may lie far outside the band, and must not be drawn outside the frame.
    maps.extend(reading.at(*cell) for reading, cell in zip(readings, cells, strict=False) if reading.per_position)
    scale = symmetric_scale(maps)
    limit = max(1.0, scale.high)
    return Scale(-limit, limit, signed=True)
