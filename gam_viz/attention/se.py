"""Squeeze-and-excitation (Hu et al., CVPR 2018, arXiv 1709.01507, section 3)."""

from __future__ import annotations

from torch import Tensor, nn

from gam_viz.attention.cost import ModuleCost, bottleneck
from gam_viz.attention.gate import SIGMOID, Gate


def hidden_channels(channels: int, reduction_ratio: int) -> int:
    """Width of a bottleneck: `channels // reduction_ratio`, at least 1.

    Raises:
        ValueError: either number is below 1.
    """
    if channels < 1 or reduction_ratio < 1:
        raise ValueError(
            f"channels and reduction ratio must be at least 1, got {channels} channels and ratio {reduction_ratio}"
        )
    return max(1, channels // reduction_ratio)


class SE(nn.Module):
    """One weight a channel, computed from the mean of each channel: s = sigmoid(W2 relu(W1 mean(x))).

    Args:
        channels: C.
        reduction_ratio: r; the bottleneck has C // r units (at least 1).
    """

    def __init__(self, channels: int, *, reduction_ratio: int = 16) -> None:
        super().__init__()
        hidden = hidden_channels(channels, reduction_ratio)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.mlp = nn.Sequential(nn.Linear(channels, hidden), nn.ReLU(), nn.Linear(hidden, channels))
        self.sigmoid = nn.Sigmoid()
        self.channel_gate = Gate("channel", bounds=SIGMOID)

    @property
    def last_layers(self) -> list[nn.Module]:
        """Whose biases say where the gates begin."""
        return [self.mlp[-1]]

    def forward(self, x: Tensor) -> Tensor:  # (B, C, H, W) -> (B, C, H, W)
        pooled = self.pool(x).flatten(1)  # (B, C)
        weights = self.sigmoid(self.mlp(pooled))  # (B, C)
        return self.channel_gate(x, weights[:, :, None, None])  # gate (B, C, 1, 1)


def se_cost(channels: int, side: int, *, reduction_ratio: int = 16) -> ModuleCost:
    """Two linear layers, C -> h -> C with h = C // r but at least 1, on one vector."""
    return bottleneck(channels, hidden_channels(channels, reduction_ratio), 1)
