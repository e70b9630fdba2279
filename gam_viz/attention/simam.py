"""SimAM: a simple, parameter-free attention module (Yang et al., ICML 2021, section 3.2)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from gam_viz.attention.cost import ModuleCost
from gam_viz.attention.gate import SIGMOID, Gate


class SimAM(nn.Module):
    """A weight for every channel and position, larger the farther a value lies from its channel's mean.

    With d = (x - mean)^2 over a channel's positions and v = sum(d) / (H W - 1), the gate is
    sigmoid(d / (4 (v + lambda)) + 1/2). The exponent is never below 1/2, so the gate lies between 0.62 and 1.

    Args:
        channels: C; only for the registry's convention, the module has no weights.
        e_lambda: keeps the division from 0; the authors' is 1e-4.

    Raises:
        ValueError: e_lambda is not above 0.
    """

    def __init__(self, channels: int, *, e_lambda: float = 1e-4) -> None:
        super().__init__()
        if not e_lambda > 0:
            raise ValueError(f"SimAM's lambda must be above 0, got {e_lambda}")
        self.e_lambda = e_lambda
        self.sigmoid = nn.Sigmoid()
        self.neuron_gate = Gate("spatial", bounds=SIGMOID, name="neurons")

    def forward(self, x: Tensor) -> Tensor:  # (B, C, H, W) -> (B, C, H, W)
        distance = torch.square(x - x.mean(dim=(2, 3), keepdim=True))
        others = max(1, x.shape[2] * x.shape[3] - 1)  # a map of one position has no others, and no variance
        variance = distance.sum(dim=(2, 3), keepdim=True) / others
        return self.neuron_gate(x, self.sigmoid(distance / (4 * (variance + self.e_lambda)) + 0.5))  # (B, C, H, W)


def simam_cost(channels: int, side: int, *, e_lambda: float = 1e-4) -> ModuleCost:
    """No weights, and no convolution or linear layer whose products would be counted."""
    return ModuleCost(0, 0)
