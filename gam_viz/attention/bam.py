"""BAM: bottleneck attention module (Park, Woo, Lee, Kweon, BMVC 2018, arXiv 1807.06514, section 3).

    Mc(F) = W2 relu( BN( W1 AvgPool F ) )                                       (B, C)
    Ms(F) = conv1x1( relu BN conv3x3 ... conv3x3 relu BN conv1x1 F )            (B, 1, H, W), 3x3 dilated
    F' = F * (1 + sigmoid( Mc(F) + Ms(F) ))                                     one gate of 1..2, (B, C, H, W)

The layers and their batch norms are those of the authors' code. It multiplies the two branches where the paper adds
them; `combine` chooses.
"""

from __future__ import annotations

from typing import Literal

from torch import Tensor, nn

from gam_viz.attention.cost import ModuleCost, batch_norm, bottleneck, convolution
from gam_viz.attention.gate import Gate
from gam_viz.attention.se import hidden_channels

Combine = Literal["sum", "product"]


class BAM(nn.Module):
    """BAM's one gate of two branches; it lies in 1..2, so it strengthens features and removes none.

    Args:
        channels: C.
        reduction_ratio: r; both branches have C // r hidden channels (at least 1); the paper's is 16.
        dilation: of the two 3x3 convolutions; the paper's is 4.
        combine: "sum" (the paper) or "product" (the authors' code) of the two branches.

    Raises:
        ValueError: an option is unknown or below 1.
    """

    def __init__(
        self, channels: int, *, reduction_ratio: int = 16, dilation: int = 4, combine: Combine = "sum"
    ) -> None:
        super().__init__()
        if dilation < 1:
            raise ValueError(f"BAM's dilation must be at least 1, got {dilation}")
        if combine not in ("sum", "product"):
            raise ValueError(f"BAM combines its branches by 'sum' or 'product', got {combine!r}")
        hidden = hidden_channels(channels, reduction_ratio)
        self.combine = combine
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.channel = nn.Sequential(
            nn.Linear(channels, hidden), nn.BatchNorm1d(hidden), nn.ReLU(), nn.Linear(hidden, channels)
        )
        self.spatial = nn.Sequential(
            *(nn.Conv2d(channels, hidden, 1), nn.BatchNorm2d(hidden), nn.ReLU()),
            *(nn.Conv2d(hidden, hidden, 3, padding=dilation, dilation=dilation), nn.BatchNorm2d(hidden), nn.ReLU()),
            *(nn.Conv2d(hidden, hidden, 3, padding=dilation, dilation=dilation), nn.BatchNorm2d(hidden), nn.ReLU()),
            nn.Conv2d(hidden, 1, 1),
        )
        self.sigmoid = nn.Sigmoid()
        self.joint_gate = Gate("spatial", bounds=(1.0, 2.0), name="joint")

    def forward(self, x: Tensor) -> Tensor:  # (B, C, H, W) -> (B, C, H, W)
        channel = self.channel(self.pool(x).flatten(1))[:, :, None, None]  # (B, C, 1, 1)
        spatial = self.spatial(x)  # (B, 1, H, W)
        joined = channel + spatial if self.combine == "sum" else channel * spatial
        return self.joint_gate(x, 1 + self.sigmoid(joined))  # gate (B, C, H, W)


def bam_cost(
    channels: int, side: int, *, reduction_ratio: int = 16, dilation: int = 4, combine: Combine = "sum"
) -> ModuleCost:
    """SE's two layers with a batch norm between; 1x1 C -> h, twice 3x3 h -> h and 1x1 h -> 1 at every position."""
    hidden, positions = hidden_channels(channels, reduction_ratio), side**2
    channel = bottleneck(channels, hidden, 1) + batch_norm(hidden)
    first = convolution(channels, hidden, 1, positions, bias=True) + batch_norm(hidden)
    wide = convolution(hidden, hidden, 9, positions, bias=True) + batch_norm(hidden)
    return channel + first + wide * 2 + convolution(hidden, 1, 1, positions, bias=True)
