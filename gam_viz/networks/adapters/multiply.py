"""What a multiplication of two tensors looks like from outside, however it was written."""

from __future__ import annotations

import string
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

#: `x * y`, `x *= y`, `torch.mul(x, y)`, `x.mul_(y)` … all arrive under these names.
_NAMES = {"mul", "mul_", "multiply", "multiply_"}
_MATRIX_NAMES = {"matmul", "bmm", "__matmul__"}
#: What may make (B, C, H, W) of (B, C, 1, 1).
SPREADING = {"expand", "expand_as", "broadcast_to", "repeat", "interpolate", "upsample"}


@dataclass(frozen=True)
class Product:
    """One call that multiplies two tensors element by element.

    Attributes:
        func, args, kwargs: the call.
        left, right: the operands, with as many axes, in the same order.
        given: the operands as they were given.
        letters, result: of an einsum, those axes, and those of what comes out; empty elsewhere.
        summed: the axis along which a matrix product sums what it multiplied; None elsewhere.
    """

    func: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    left: Tensor
    right: Tensor
    given: tuple[Tensor, Tensor]
    letters: str = ""
    result: str = ""
    summed: int | None = None

    def __getitem__(self, side: int) -> Tensor:
        return (self.left, self.right)[side]

    def writes_over(self, side: int) -> bool:
        """Whether the result is written over that operand."""
        return side == 0 and self.func.__name__ in ("mul_", "multiply_")

    def by(self, side: int, gate: Tensor) -> Any:
        """The same call with `gate`, which broadcasts to the other operand, in the place of operand `side`."""
        name, features = self.func.__name__, self[1 - side]
        if self.letters:
            both = f"{self.letters},{self.letters}->{self.result}"
            return torch.einsum(both, features, gate.expand_as(features))
        if self.summed is not None:
            return (features * gate).sum(self.summed, keepdim=True)
        if name in ("addcmul", "addcmul_"):
            summand = self.args[0] if self.args else self.kwargs["input"]
            return self.func(summand, features, gate, value=self.kwargs.get("value", 1))
        if not name.endswith("_"):
            return torch.mul(features, gate, **{key: self.kwargs[key] for key in ("out",) if key in self.kwargs})
        if side == 1:
            return features.mul_(gate)
        # Written into the computed gate's own memory, which whoever holds it may read on.
        return self.args[0].copy_(features * gate)


def product(func: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Product | None:
    """The call as a product; None where it does anything else."""
    name = getattr(func, "__name__", "")
    if name in _NAMES:
        given = [*args, *(kwargs[key] for key in ("input", "other") if key in kwargs)]
    elif name in ("addcmul", "addcmul_"):
        given = [*args, *(kwargs[key] for key in ("input", "tensor1", "tensor2") if key in kwargs)][1:]
    elif name == "einsum":
        return _of_einsum(func, args, kwargs)
    elif name in _MATRIX_NAMES:
        return _of_matrices(func, args, kwargs)
    else:
        return None
    if len(given) != 2 or not all(isinstance(value, Tensor) for value in given):
        return None
    count = max(value.ndim for value in given)
    left, right = (value[(None,) * (count - value.ndim)] if value.ndim < count else value for value in given)
    return Product(func, args, kwargs, left, right, (given[0], given[1]))


def _of_matrices(func: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Product | None:
    """(…, N, K) @ (…, K, 1), or (…, 1, K) @ (…, K, N): one weight a position or channel, and a sum over them.

    So is features' weighted mean written, as global context's. With several rows of weights it is attention, which
    mixes, and no product of features with a gate.
    """
    given = [*args, *(kwargs[key] for key in ("input", "other", "mat2") if key in kwargs)]
    if len(given) != 2 or not all(isinstance(value, Tensor) for value in given):
        return None
    one, other = given
    if one.ndim != other.ndim or one.ndim < 3 or (one.shape[-2] == 1) == (other.shape[-1] == 1):
        return None
    if one.shape[-2] == 1:
        return Product(func, args, kwargs, one.mT, other, (one, other), summed=-2)
    return Product(func, args, kwargs, one, other.mT, (one, other), summed=-1)


def written_out(name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Callable[[], Tensor] | None:
    """A function that multiplies out of sight, as steps that do it in the open: `F.glu`, `torch.lerp`; else None."""
    if name == "glu":
        halved = args[0] if args else kwargs["input"]
        dim = args[1] if len(args) > 1 else kwargs.get("dim", -1)

        def gated() -> Tensor:
            features, gate = halved.chunk(2, dim)
            return features * gate.sigmoid()

        return gated
    if name == "lerp":
        start, end, weight = [*args, *(kwargs[key] for key in ("input", "end", "weight") if key in kwargs)]
        return (lambda: start + (end - start) * weight) if isinstance(weight, Tensor) else None
    return None


def _of_einsum(func: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Product | None:
    """`einsum("bchw,bc->bchw", x, g)`: all axes of one operand are the other's too, whatever is summed afterwards; axes
    of size 1 that one has alone say nothing."""
    given = args[1] if len(args) == 2 and isinstance(args[1], (tuple, list)) else args[1:]
    if len(given) != 2 or not isinstance(args[0], str) or not all(isinstance(value, Tensor) for value in given):
        return None
    names, result = _letters(args[0], [value.ndim for value in given])
    if any(len(set(name)) < len(name) for name in names):
        return None
    alone = {
        letter
        for name, value in zip(names, given, strict=True)
        for letter, size in zip(name, value.shape, strict=True)
        if size == 1 and letter not in result and sum(letter in each for each in names) == 1
    }
    operands = [
        value.squeeze(tuple(axis for axis, letter in enumerate(name) if letter in alone))
        for name, value in zip(names, given, strict=True)
    ]
    names = ["".join(letter for letter in name if letter not in alone) for name in names]
    letters = max(names, key=len)
    if any(set(name) - set(letters) for name in names) or not set(result) <= set(letters):
        return None
    left, right = (_spread(value, name, letters) for value, name in zip(operands, names, strict=True))
    return Product(func, args, kwargs, left, right, (given[0], given[1]), letters, result)


def _letters(equation: str, axes: Sequence[int]) -> tuple[list[str], str]:
    """A letter for each operand's axes and the result's: "..." written out by letters that the equation has not,
    from the last axis on, and the result as `torch.einsum` completes it."""
    inputs, arrow, result = equation.replace(" ", "").partition("->")
    free = [letter for letter in string.ascii_letters if letter not in equation]
    names, longest = [], ""
    for name, count in zip(inputs.split(","), axes, strict=True):
        dots = "".join(free[: count - len(name) + 3])[::-1] if "..." in name else ""
        names.append(name.replace("...", dots))
        longest = max(longest, dots, key=len)
    if not arrow:
        once = sorted(letter for letter in set("".join(names)) if sum(letter in name for name in names) == 1)
        return names, longest + "".join(letter for letter in once if letter not in longest)
    return names, result.replace("...", longest)


def _spread(value: Tensor, name: str, letters: str) -> Tensor:
    """With an axis for each of the letters, of size 1 where the operand has none."""
    if name == letters:
        return value
    order = sorted(range(len(name)), key=lambda axis: letters.index(name[axis]))
    value = value.permute(order)
    for axis, letter in enumerate(letters):
        if letter not in name:
            value = value.unsqueeze(axis)
    return value


def unexpanded(gate: Tensor, repeated: Collection[int] = ()) -> Tensor:
    """Without the axes along which the tensor only repeats itself: what `expand` made (B, C, H, W) of (B, C, 1, 1).

    Args:
        gate: any shape.
        repeated: further axes of which this is known.
    """
    for axis in range(1, gate.ndim):
        if gate.shape[axis] > 1 and (gate.stride(axis) == 0 or axis in repeated):
            gate = gate.narrow(axis, 0, 1)
    return gate


def repeated_axes(
    name: str, shape: Sequence[int], tensors: Sequence[Tensor], known: Callable[[Tensor], Collection[int]]
) -> frozenset[int]:
    """Along which axes a function's result only repeats itself, since what it was computed from does or is spread.

    Args:
        name: of the function.
        shape: of the result.
        tensors: what it was computed from.
        known: the axes along which one of those repeats itself.
    """
    found = set(range(len(shape)))
    for tensor in tensors:
        missing = len(shape) - tensor.ndim
        ones = {axis + missing for axis, size in enumerate(tensor.shape) if size == 1}
        found &= ones | {axis + missing for axis in known(tensor)} | set(range(missing))
        if name in SPREADING:
            break  # what follows only lends its shape
    return frozenset(axis for axis in found if shape[axis] > 1)
