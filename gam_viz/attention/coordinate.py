"""Coordinate attention (Hou, Zhou, Feng, CVPR 2021, arXiv 2103.02907, section 3.2)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from gam_viz.attention.cost import ModuleCost, batch_norm, convolution
from gam_viz.attention.gate import SIGMOID, Gate
from gam_viz.attention.se import hidden_channels

LEAST = 8  # channels of the shared squeeze, after the authors' code


class CoordinateAttention(nn.Module):
    """A weight for every channel and row, and one for every channel and column.

    The means over the columns (C, H) and over the rows (C, W) go through one 1x1 convolution, batch norm and hard swish
    together, then each through a 1x1 convolution and a sigmoid of its own: y = x * a_w * a_h.

    Args:
        channels: C.
        reduction_ratio: r of the squeeze, which has C // r channels, at least 8; the paper's is 32.
    """

    def __init__(self, channels: int, *, reduction_ratio: int = 32) -> None:
        super().__init__()
        hidden = squeezed_channels(channels, reduction_ratio)
        self.squeeze = nn.Conv2d(channels, hidden, 1)
        self.bn = nn.BatchNorm2d(hidden)
        self.swish = nn.Hardswish()
        self.rows = nn.Conv2d(hidden, channels, 1)
        self.rows_sigmoid = nn.Sigmoid()
        self.columns = nn.Conv2d(hidden, channels, 1)
        self.columns_sigmoid = nn.Sigmoid()
        self.column_gate = Gate("spatial", bounds=SIGMOID, name="columns")
        self.row_gate = Gate("spatial", bounds=SIGMOID, name="rows")

    @property
    def last_layers(self) -> list[nn.Module]:
        """Whose biases say where the gates begin."""
        return [self.rows, self.columns]

    def forward(self, x: Tensor) -> Tensor:  # (B, C, H, W) -> (B, C, H, W)
        height, width = x.shape[-2:]
        over_columns = x.mean(dim=3, keepdim=True)  # (B, C, H, 1)
        over_rows = x.mean(dim=2, keepdim=True).transpose(2, 3)  # (B, C, W, 1)
        squeezed = self.swish(self.bn(self.squeeze(torch.cat([over_columns, over_rows], dim=2))))  # (B, h, H + W, 1)
        of_rows, of_columns = squeezed.split([height, width], dim=2)
        rows = self.rows_sigmoid(self.rows(of_rows))  # (B, C, H, 1)
        columns = self.columns_sigmoid(self.columns(of_columns)).transpose(2, 3)  # (B, C, 1, W)
        return self.row_gate(self.column_gate(x, columns), rows)


def squeezed_channels(channels: int, reduction_ratio: int) -> int:
    """Of the shared squeeze.

    Raises:
        ValueError: the ratio is below 1.
    """
    return max(LEAST, hidden_channels(channels, reduction_ratio))


def coordinate_cost(channels: int, side: int, *, reduction_ratio: int = 32) -> ModuleCost:
    """1x1 from C to h at H + W places, and from h to C at H and at W: with h = max(8, C // r), 3 C h weights."""
    hidden = squeezed_channels(channels, reduction_ratio)
    squeeze = convolution(channels, hidden, 1, 2 * side, bias=True) + batch_norm(hidden)
    return squeeze + convolution(hidden, channels, 1, side, bias=True) * 2
