"""The one scale that gates of several networks share."""

from __future__ import annotations

from collections.abc import Sequence

from gam_viz.explain import GateReading, SpatialMap
from gam_viz.figures.scales import Scale, bounded_scale, symmetric_scale


def spatial_scale(maps: Sequence[SpatialMap]) -> Scale:
    """The range the maps can have; where one has no upper bound, from 0 to the largest value, and at least to 1; where
    one can be negative, as a mask out of no sigmoid, centred on 0 (removed) and at least to 1 (unchanged) both ways."""
    if any(m.lowest is None for m in maps):
        limit = max(1.0, symmetric_scale([m.values for m in maps]).high)
        return Scale(-limit, limit, signed=True)
    if all(m.highest is not None for m in maps):
        return bounded_scale(0.0, 1.0)
    return Scale(0.0, max(1.0, *(float(m.values.max()) for m in maps)))


def weight_scale(readings: Sequence[GateReading]) -> Scale:
    """0..1 where every channel gate is bounded; else wide enough for every channel's mean, for 0 and for 1."""
    if all(reading.bounded for reading in readings):
        return bounded_scale()
    means = [reading.channel_means() for reading in readings]
    return Scale(min(0.0, *(float(m.min()) for m in means)), max(1.0, *(float(m.max()) for m in means)))
