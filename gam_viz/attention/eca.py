"""ECA: efficient channel attention (Wang et al., CVPR 2020, arXiv 1910.03151, section 3.2)."""

from __future__ import annotations

from torch import Tensor, nn

from gam_viz.attention.cost import ModuleCost, convolution
from gam_viz.attention.errors import odd_kernel
from gam_viz.attention.gate import SIGMOID, Gate


class ECA(nn.Module):
    """One weight a channel, from the means of its neighbours alone: w = sigmoid(conv1d_k(mean(x))).

    Args:
        channels: C; only for the registry's convention, the module works on any width.
        k_size: k, how many neighbouring channels a weight is computed from, odd; the authors' default is 3. Neighbours
            are those of nearby numbers, and beyond the first and the last channel there are zeros.

    Raises:
        ValueError: an even k (`OptionError`).
    """

    def __init__(self, channels: int, *, k_size: int = 3) -> None:
        super().__init__()
        odd_kernel("ECA", k_size)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.conv = nn.Conv1d(1, 1, k_size, padding=k_size // 2, bias=False)
        self.sigmoid = nn.Sigmoid()
        self.channel_gate = Gate("channel", bounds=SIGMOID)

    def forward(self, x: Tensor) -> Tensor:  # (B, C, H, W) -> (B, C, H, W)
        means = self.pool(x).flatten(2).transpose(1, 2)  # (B, 1, C)
        weights = self.sigmoid(self.conv(means)).transpose(1, 2)  # (B, C, 1)
        return self.channel_gate(x, weights[..., None])  # gate (B, C, 1, 1)


def eca_cost(channels: int, side: int, *, k_size: int = 3) -> ModuleCost:
    """One kernel of k weights, at every channel."""
    return convolution(1, 1, k_size, channels, bias=False)
