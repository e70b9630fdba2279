"""From a spatial gate of many channels to one map that can be drawn, each way named for what it is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gam_viz.explain.gates import FloatArray, GateReading

#: How a (C, H, W) spatial gate becomes one (H, W) map. The plain mean comes last: over many channels that do not
#: agree it is close to flat, whatever each of them shows.
REDUCTIONS = ("gain", "spread", "top", "channel", "mean")


@dataclass(frozen=True)
class SpatialMap:
    """A map over the positions of one layer.

    Attributes:
        values: (H, W) float32 at the gate's true resolution.
        reduction: "mask" (the gate is one map for all channels, nothing was reduced), "strength" (the mean over
            channels of |gate|, of a layer without a channel gate) or one of `REDUCTIONS`.
        lowest, highest: the range the values can have: that of the gate for its masks; None where there is no bound,
            as in a mask that comes out of no sigmoid.
        channels: the channels it is about, where it is not about all of them.
    """

    values: FloatArray
    reduction: str
    lowest: float | None
    highest: float | None
    channels: tuple[int, ...] = ()


def top_channels(channel: GateReading | None, spatial: GateReading, count: int) -> tuple[int, ...]:
    """The `count` channels with the largest mean |channel gate| (without one: the most varied masks), largest first."""
    strength = (
        np.abs(channel.values).mean(axis=(1, 2))
        if channel is not None and channel.per_channel
        else spatial.values.std(axis=(1, 2))
    )
    return tuple(int(index) for index in np.argsort(-strength, kind="stable")[: max(1, count)])


def spatial_map(
    spatial: GateReading,
    channel: GateReading | None = None,
    *,
    reduction: str = "gain",
    channels: Sequence[int] = (0,),
    count: int = 4,
) -> SpatialMap:
    """Reduce a layer's spatial gate to one map.

    Args:
        spatial: the layer's spatial gate; where it is one mask for all channels, it is returned as it is, unless the
            effective gain is asked for together with a channel gate.
        channel: the same layer's channel gate, for "gain" and to rank channels for "top".
        reduction: "gain": mean over channels of |channel gate x spatial gate|, what the pair of gates leaves of the
            features; "spread": standard deviation over channels, where the masks disagree; "top": mean of the masks
            of the `count` strongest channels; "channel": the mask of `channels[0]`; "mean": the plain mean.
        channels: for "channel".
        count: for "top".

    Raises:
        ValueError: the reduction is unknown, the channel does not exist, the readings are of different layers, or the
            spatial gate has no value for every row and column.
    """
    if reduction not in REDUCTIONS:
        raise ValueError(f"unknown reduction {reduction!r}; known are {', '.join(REDUCTIONS)}")
    if channel is not None and (channel.layer, channel.shape) != (spatial.layer, spatial.shape):
        raise ValueError(f"the gates are of different layers, {channel.layer} and {spatial.layer}")
    if not spatial.over_picture:
        raise ValueError(f"{spatial.module} has no value for every row and column, its shape is {spatial.values.shape}")
    if reduction == "gain" and channel is not None:
        gain = np.abs(np.broadcast_to(channel.values, channel.shape) * spatial.values).mean(axis=0)
        return SpatialMap(_map(gain), "gain", 0.0, _largest(channel, spatial))
    low, high = spatial.bounds or (None, None)
    if not spatial.per_channel:
        return SpatialMap(_map(spatial.values[0]), "mask", low, high)
    if reduction == "spread":
        # A standard deviation is at most half the range: 0.5 of numbers in 0..1.
        most = None if low is None or high is None else (high - low) / 2
        return SpatialMap(_map(spatial.values.std(axis=0)), "spread", 0.0, most)
    if reduction == "top":
        chosen = top_channels(channel, spatial, count)
        return SpatialMap(_map(spatial.values[list(chosen)].mean(axis=0)), "top", low, high, chosen)
    if reduction == "channel":
        if len(channels) == 0 or not 0 <= channels[0] < spatial.shape[0]:
            given = channels[0] if len(channels) else "of an empty list"
            raise ValueError(f"channel {given} does not exist; this layer has 0 to {spatial.shape[0] - 1}")
        return SpatialMap(_map(spatial.values[channels[0]]), "channel", low, high, (channels[0],))
    if reduction == "gain":  # of a layer without a channel gate
        return SpatialMap(
            _map(np.abs(spatial.values).mean(axis=0)), "strength", max(0.0, low or 0.0), _largest(spatial)
        )
    return SpatialMap(_map(spatial.values.mean(axis=0)), "mean", low, high)


def _largest(*gates: GateReading) -> float | None:
    """The largest |product| that the gates can have; None where one of them has no bounds."""
    bounds = [gate.bounds for gate in gates if gate.bounds is not None]
    return math.prod(max(map(abs, ends)) for ends in bounds) if len(bounds) == len(gates) else None


def _map(values: np.ndarray) -> FloatArray:
    values = np.ascontiguousarray(values, dtype=np.float32)
    values.flags.writeable = False
    return values
