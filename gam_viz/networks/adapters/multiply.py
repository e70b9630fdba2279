"""What a multiplication of two tensors looks like from outside, however it was written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

#: `x * y`, `x *= y`, `torch.mul(x, y)`, `x.mul_(y)` … all arrive under these names.
_NAMES = {"mul", "mul_", "multiply", "multiply_"}


def operands(name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[Tensor, Tensor] | None:
    """The two tensors that the function `name` multiplies; None where it does anything else."""
    if name not in _NAMES:
        return None
    given = [*args, *(kwargs[key] for key in ("input", "other") if key in kwargs)]
    if len(given) != 2 or not all(isinstance(value, Tensor) for value in given):
        return None
    return given[0], given[1]


def unexpanded(gate: Tensor) -> Tensor:
    """Without the axes along which the tensor only repeats itself: what `expand` made (B, C, H, W) of (B, C, 1, 1)."""
    for axis in range(1, gate.ndim):
        if gate.stride(axis) == 0 and gate.shape[axis] > 1:
            gate = gate.narrow(axis, 0, 1)
    return gate


def multiply_by(
    func: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any], side: int, gate: Tensor
) -> Any:
    """The same multiplication with `gate` in the place of operand `side`."""
    given = [*args, *(kwargs[key] for key in ("input", "other") if key in kwargs)]
    features = given[1 - side]
    if not func.__name__.endswith("_"):
        return torch.mul(features, gate, **{key: kwargs[key] for key in ("out",) if key in kwargs})
    if side == 1:
        return features.mul_(gate)
    # Written into the computed gate's own memory, which whoever holds it may read on.
    return given[0].copy_(features * gate)
