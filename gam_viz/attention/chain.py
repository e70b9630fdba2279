"""Two attention modules in a row, as the tutorial's section 5 recommends (SE combined with GAM or CBAM)."""

from __future__ import annotations

from torch import Tensor, nn


class AttentionChain(nn.Module):
    """`x + second(first(x))`: each gate can only scale, so the chain keeps a way around both.

    Args:
        first, second: modules that map (B, C, H, W) to the same shape.
        residual: False gives plain `second(first(x))`.
    """

    def __init__(self, first: nn.Module, second: nn.Module, *, residual: bool = True) -> None:
        super().__init__()
        self.first = first
        self.second = second
        self.residual = residual

    def forward(self, x: Tensor) -> Tensor:  # (B, C, H, W) -> (B, C, H, W)
        gated = self.second(self.first(x))
        return x + gated if self.residual else gated
