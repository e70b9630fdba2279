"""Which part of the picture one position of a feature map is computed from, by convolutions and pooling alone.

Gates look at the whole map, so with them every position would see everything; here they are 1. The bounds are the exact
ones of the architecture, whatever its weights: they are read from the gradient of a copy in which every weight is
positive, so that no path cancels another and no ReLU closes one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase

from gam_viz.attention import watch
from gam_viz.explain.gates import gates_of
from gam_viz.networks.copies import copy_of

IntArray = npt.NDArray[np.int64]
FAINT = 1e-6  # of the input: whatever is clipped at some height is not reached
_NORMS = (_NormBase, nn.GroupNorm, nn.LayerNorm)


@dataclass(frozen=True, eq=False)
class CellFields:
    """Of all positions of a map (H, W) over an input of (height, width) pixels.

    Attributes:
        rows: (H, 2) first row of the input that a position in that row of the map sees, and the one after its last.
        columns: (W, 2) the same across.
        sides: (height, width) of the input.
    """

    rows: IntArray
    columns: IntArray
    sides: tuple[int, int]

    def box(self, row: int, column: int) -> tuple[int, int, int, int]:
        """(left, top, right, bottom) in pixels of the input, right and bottom outside."""
        (top, bottom), (left, right) = self.rows[row], self.columns[column]
        return int(left), int(top), int(right), int(bottom)


def receptive_field(network: nn.Module, path: str, x: Tensor) -> CellFields:
    """Of the features that a gate multiplies.

    Where that cannot be told, as of tokens that attend to all others, it is the whole input.

    Args:
        network: any with gates; only read.
        path: of the gate.
        x: (1, C, height, width), a picture of the size that is asked about.

    Raises:
        KeyError: the network has no such gate.
    """
    copy = _positive(network)
    owner = gates_of(copy)[path]
    features: list[Tensor] = []

    def look(which: nn.Module, before: Tensor, gate: Tensor) -> Tensor:
        if which is owner:
            features.append(before)
        return torch.ones_like(gate)

    given = torch.full_like(x, FAINT, requires_grad=True)
    with torch.enable_grad(), watch(look):
        copy(given)
        _, _, height, width = features[-1].shape
        sides = (int(x.shape[2]), int(x.shape[3]))
        rows, columns = np.array([[0, sides[0]]] * height), np.array([[0, sides[1]]] * width)
        if not owner.grid:
            return CellFields(rows, columns, sides)
        for place in range(max(height, width)):
            row, column = min(place, height - 1), min(place, width - 1)
            (slope,) = torch.autograd.grad(features[-1][0, :, row, column].sum(), given, retain_graph=True)
            seen = slope[0].abs().sum(0).cpu().numpy() > 0
            if seen.any():
                down, across = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
                rows[row], columns[column] = (down[0], down[-1] + 1), (across[0], across[-1] + 1)
    return CellFields(rows, columns, sides)


def _positive(network: nn.Module) -> nn.Module:
    """A copy that is made of means: every weight positive, no bias, every norm gone, averages in place of maxima."""
    copy = copy_of(network).eval()
    for module in list(copy.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, _NORMS):
                setattr(module, name, nn.Identity())
            elif isinstance(child, nn.MaxPool2d):
                pool = nn.AvgPool2d(child.kernel_size, child.stride, child.padding, child.ceil_mode)
                setattr(module, name, pool)
    with torch.no_grad():
        for name, weight in copy.named_parameters():
            if weight.is_floating_point():
                weight.fill_(0.0 if name.endswith("bias") or weight.ndim < 2 else 1 / weight[0].numel())
    return copy
