"""Readings made by hand, so that what a figure shows can be compared with what went in."""

import numpy as np

from gam_viz.explain import GateReading


def cbam_channel(channels: int = 8, side: int = 4) -> GateReading:
    values = np.linspace(0.1, 0.9, channels, dtype=np.float32)[::-1].reshape(channels, 1, 1)
    return GateReading(
        "layer1.0", "layer1.0.attention.channel_gate", "channel", (0.0, 1.0), values, (channels, side, side)
    )


def gam_channel(channels: int = 8, side: int = 4) -> GateReading:
    values = np.random.default_rng(0).normal(0, 2, (channels, side, side)).astype(np.float32)
    return GateReading("layer1.0", "layer1.0.attention.channel_gate", "channel", None, values, (channels, side, side))
