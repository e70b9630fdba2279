"""CBAM: Convolutional Block Attention Module (Woo et al., ECCV 2018, arXiv 1807.06521, section 3).

Channel first, then space:

    Mc(F) = sigmoid( MLP(AvgPool F) + MLP(MaxPool F) )            one weight a channel      (B, C, 1, 1)
    Ms(F) = sigmoid( BN( conv7x7( [max_c F ; mean_c F] ) ) )      one mask for all channels (B, 1, H, W)

Details after the authors' own code: the MLP has biases, the 7x7 convolution has none and is followed by a batch norm
whose weight and bias start at 0, so an untrained mask is 0.5 everywhere.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from gam_viz.attention.cost import ModuleCost, batch_norm, bottleneck, convolution
from gam_viz.attention.errors import odd_kernel
from gam_viz.attention.gate import SIGMOID, Gate
from gam_viz.attention.se import hidden_channels


class CBAM(nn.Module):
    """CBAM's two gates, one after the other.

    Args:
        channels: C.
        reduction_ratio: r of the shared MLP, which has C // r hidden units (at least 1); the paper's is 16.
        kernel_size: side of the spatial convolution, odd; the paper's is 7.

    Raises:
        ValueError: an even kernel size (`OptionError`), or channels or ratio below 1.
    """

    def __init__(self, channels: int, *, reduction_ratio: int = 16, kernel_size: int = 7) -> None:
        super().__init__()
        odd_kernel("CBAM", kernel_size)
        hidden = hidden_channels(channels, reduction_ratio)
        self.average_pool = nn.AdaptiveAvgPool2d(1)
        self.max_pool = nn.AdaptiveMaxPool2d(1)
        self.mlp = nn.Sequential(nn.Linear(channels, hidden), nn.ReLU(), nn.Linear(hidden, channels))
        self.channel_sigmoid = nn.Sigmoid()
        self.channel_gate = Gate("channel", bounds=SIGMOID)

        self.conv = nn.Conv2d(2, 1, kernel_size, padding=kernel_size // 2, bias=False)
        self.bn = nn.BatchNorm2d(1, momentum=0.01)
        nn.init.zeros_(self.bn.weight)
        self.spatial_sigmoid = nn.Sigmoid()
        self.spatial_gate = Gate("spatial", bounds=SIGMOID)

    @property
    def last_layers(self) -> list[nn.Module]:
        """Whose biases say where the gates begin."""
        return [self.mlp[-1], self.bn]

    def forward(self, x: Tensor) -> Tensor:  # (B, C, H, W) -> (B, C, H, W)
        # Both pooled vectors go through the shared MLP in one call: the same numbers as two calls, and no module
        # runs twice in a forward pass (Captum's backward hooks need that).
        pooled = torch.stack([self.average_pool(x).flatten(1), self.max_pool(x).flatten(1)])  # (2, B, C)
        weights = self.channel_sigmoid(self.mlp(pooled).sum(dim=0))  # (B, C)
        x = self.channel_gate(x, weights[:, :, None, None])  # gate (B, C, 1, 1)

        summary = torch.cat([x.amax(dim=1, keepdim=True), x.mean(dim=1, keepdim=True)], dim=1)  # (B, 2, H, W)
        mask = self.spatial_sigmoid(self.bn(self.conv(summary)))
        return self.spatial_gate(x, mask)  # gate (B, 1, H, W)


def cbam_cost(channels: int, side: int, *, reduction_ratio: int = 16, kernel_size: int = 7) -> ModuleCost:
    """SE's two layers on two vectors (the mean and the maximum), and k x k from 2 to 1 channel: about C C / 8."""
    mlp = bottleneck(channels, hidden_channels(channels, reduction_ratio), 2)
    return mlp + convolution(2, 1, kernel_size**2, side**2, bias=False) + batch_norm(1)
