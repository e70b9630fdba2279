"""What a tensor of a forward pass was computed from, as sets of earlier tensors in the bits of an integer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor

_SIGMOIDS = {"sigmoid", "sigmoid_", "hardsigmoid", "hardsigmoid_", "softmax"}
SHAPING = {
    *("view", "view_as", "reshape", "reshape_as", "expand", "expand_as", "broadcast_to", "flatten", "unflatten"),
    *("squeeze", "unsqueeze", "permute", "transpose", "swapaxes", "movedim", "contiguous", "clone", "detach", "to"),
    *("float", "type_as", "__getitem__", "chunk", "split", "unbind", "narrow", "repeat", "__get__", "dropout"),
}
_AVERAGING = {"avg_pool2d", "adaptive_avg_pool2d", "max_pool2d", "adaptive_max_pool2d", "mean", "amax", "max"}
_POINTWISE = {
    *("add", "sub", "mul", "div", "true_divide", "rsub", "neg", "pow", "square", "sqrt", "rsqrt", "exp", "log"),
    *("abs", "clamp", "clamp_min", "clamp_max", "relu", "relu6", "hardtanh", "leaky_relu", "prelu", "elu", "celu"),
    *("selu", "gelu", "silu", "mish", "softplus", "tanh", "sigmoid", "hardsigmoid", "hardswish", "erf", "logsigmoid"),
}


@dataclass(frozen=True)
class Origin:
    """Where a tensor came from, as sets of the pass's tensors (bit n stands for tensor n).

    Attributes:
        tensor: its own number.
        made_of: all it was computed from, itself included.
        weighed: those between which and it a weight took part.
        pointwise: those of which each of its numbers is a function of the one number at the same place.
        alone: those of which each of its positions depends on the same position alone.
        bounded: whether its numbers lie in 0..1 because a sigmoid made them.
    """

    tensor: int
    made_of: int
    weighed: int
    pointwise: int
    alone: int
    bounded: bool

    def is_from(self, other: Origin) -> bool:
        return bool(self.made_of >> other.tensor & 1)

    def meets(self, other: Origin) -> int:
        """The last tensor that both were computed from; `other` itself where this was computed from it."""
        return (self.made_of & other.made_of).bit_length() - 1


def origin_of(
    number: int, sources: Sequence[Origin], name: str, args: tuple[Any, ...], *, weighed: bool, same_shape: bool
) -> Origin:
    """The origin of a result.

    Args:
        number: of the tensor in the pass.
        sources: of the tensors it was computed from; none of the network's input.
        name: of the function that computed it.
        args: of that function.
        weighed: whether a weight was among them.
        same_shape: whether all of `sources` have the result's shape.
    """
    base = name.removesuffix("_")
    bit = 1 << number
    made_of = _union(source.made_of for source in sources)
    shaping = name in SHAPING
    keeps_bounds = shaping or base in _AVERAGING or (base == "mul" and len(sources) == len(args))
    by_position = shaping or base in _POINTWISE or base in ("batch_norm", "linear") or _is_1x1(base, args)
    return Origin(
        tensor=number,
        made_of=made_of | bit,
        weighed=made_of if weighed and not shaping else _union(source.weighed for source in sources),
        pointwise=bit | (_common(s.pointwise for s in sources) if base in _POINTWISE and same_shape else 0),
        alone=bit | (_common(s.alone for s in sources) if by_position else 0),
        bounded=name in _SIGMOIDS or (bool(sources) and keeps_bounds and all(s.bounded for s in sources)),
    )


def _is_1x1(name: str, args: tuple[Any, ...]) -> bool:
    weight = args[1] if name == "conv2d" and len(args) > 1 else None
    return isinstance(weight, Tensor) and tuple(weight.shape[2:]) == (1, 1)


def _union(sets: Iterable[int]) -> int:
    whole = 0
    for part in sets:
        whole |= part
    return whole


def _common(sets: Iterable[int]) -> int:
    """What is in all of the sets; nothing where there are none."""
    whole = -1
    for part in sets:
        whole &= part
    return max(whole, 0)
