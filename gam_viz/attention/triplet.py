"""Triplet attention (Misra et al., WACV 2021, arXiv 2010.03045, section 3.2)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from gam_viz.attention.cost import ModuleCost, batch_norm
from gam_viz.attention.errors import odd_kernel
from gam_viz.attention.gate import SIGMOID, Gate


class TripletAttention(nn.Module):
    """Three gates, each over a plane of two axes, and the mean of the three products.

    Of each plane the largest value and the mean along the third axis go through a k x k convolution of its own, batch
    norm and sigmoid: a gate (C, 1, W), one (C, H, 1) and one (1, H, W). Only the last is a mask over the picture.

    Args:
        channels: C; only for the registry's convention, the module works on any width.
        kernel_size: k, odd; the paper's is 7.

    Raises:
        ValueError: an even kernel size (`OptionError`).
    """

    def __init__(self, channels: int, *, kernel_size: int = 7) -> None:
        super().__init__()
        odd_kernel("Triplet attention", kernel_size)
        self.channels_columns = _Plane(2, kernel_size)
        self.channels_columns_gate = Gate("spatial", bounds=SIGMOID, name="channels_columns")
        self.channels_rows = _Plane(3, kernel_size)
        self.channels_rows_gate = Gate("spatial", bounds=SIGMOID, name="channels_rows")
        self.rows_columns = _Plane(1, kernel_size)
        self.rows_columns_gate = Gate("spatial", bounds=SIGMOID, name="rows_columns")

    def forward(self, x: Tensor) -> Tensor:  # (B, C, H, W) -> (B, C, H, W)
        first = self.channels_columns_gate(x, self.channels_columns(x))  # gate (B, C, 1, W)
        second = self.channels_rows_gate(x, self.channels_rows(x))  # gate (B, C, H, 1)
        third = self.rows_columns_gate(x, self.rows_columns(x))  # gate (B, 1, H, W)
        return (first + second + third) / 3


class _Plane(nn.Module):
    """The gate of one plane: axis 1, 2 or 3 of (B, C, H, W) is pooled away."""

    def __init__(self, axis: int, kernel_size: int) -> None:
        super().__init__()
        self.axis = axis
        self.conv = nn.Conv2d(2, 1, kernel_size, padding=kernel_size // 2, bias=False)
        self.bn = nn.BatchNorm2d(1, momentum=0.01)
        self.sigmoid = nn.Sigmoid()

    def forward(self, x: Tensor) -> Tensor:  # (B, C, H, W) -> the same with 1 at the axis
        turned = x.transpose(1, self.axis)  # the axis to be pooled stands where the channels stood
        summary = torch.cat([turned.amax(dim=1, keepdim=True), turned.mean(dim=1, keepdim=True)], dim=1)
        weights = self.sigmoid(self.bn(self.conv(summary)))  # (B, 1, ., .) in the turned order
        return weights.transpose(1, self.axis)


def triplet_cost(channels: int, side: int, *, kernel_size: int = 7) -> ModuleCost:
    """Three times k x k from 2 to 1 channel: over C x W, C x H and H x W places."""
    places = 2 * channels * side + side**2
    weights = 2 * kernel_size**2
    return ModuleCost(3 * weights, weights * places) + batch_norm(3)
