"""What a tensor of a forward pass was computed from, as sets of earlier tensors in the bits of an integer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor

_SQUASHING = {"sigmoid", "hardsigmoid", "softmax", "tanh"}
SHAPING = {
    *("view", "view_as", "reshape", "reshape_as", "expand", "expand_as", "broadcast_to", "flatten", "unflatten"),
    *("squeeze", "unsqueeze", "permute", "transpose", "swapaxes", "movedim", "contiguous", "clone", "detach", "to"),
    *("float", "type_as", "__getitem__", "chunk", "split", "unbind", "narrow", "repeat", "__get__", "dropout"),
    *("select", "tile", "repeat_interleave", "tensor_split", "swapdims", "moveaxis", "half", "double", "type"),
}
#: What gives the same numbers once more; dropout does, since a network is watched in eval mode.
COPYING = {"clone", "contiguous", "detach", "to", "float", "half", "double", "type_as", "type", "dropout", "dropout2d"}
AVERAGING = {"avg_pool2d", "adaptive_avg_pool2d", "max_pool2d", "adaptive_max_pool2d", "mean", "amax", "max"}
POINTWISE = {
    *("add", "sub", "mul", "div", "true_divide", "rsub", "neg", "pow", "square", "sqrt", "rsqrt", "exp", "log"),
    *("abs", "clamp", "clamp_min", "clamp_max", "relu", "relu6", "hardtanh", "leaky_relu", "prelu", "elu", "celu"),
    *("selu", "gelu", "silu", "mish", "softplus", "tanh", "sigmoid", "hardsigmoid", "hardswish", "erf", "logsigmoid"),
    *("__rsub__", "__rdiv__", "__rpow__", "reciprocal", "multiply", "divide", "subtract"),
}
_AFFINE = {"add", "sub", "mul", "div", "true_divide", "multiply", "divide", "subtract", "rsub", "__rsub__", "neg"}
_JOINING = {"cat", "concat", "stack", "maximum", "minimum", "where", "interpolate", "upsample"}


def base_name(name: str) -> str:
    """A function's name without the underscore of its in-place form: "mul" of "mul_", but "__rsub__" as it is."""
    return name if name.endswith("__") else name.removesuffix("_")


@dataclass(frozen=True)
class Origin:
    """Where a tensor came from, as sets of the pass's tensors (bit n stands for tensor n).

    Attributes:
        tensor: its own number.
        made_of: all it was computed from, itself included.
        weighed: those between which and it a weight took part.
        pointwise: those of which each of its numbers is a function of the one number at the same place.
        alone: those of which each of its positions depends on the same position alone.
        squashed: whether a sigmoid, softmax or tanh made its numbers.
    """

    tensor: int
    made_of: int
    weighed: int
    pointwise: int
    alone: int
    squashed: bool

    def is_from(self, other: Origin) -> bool:
        return bool(self.made_of >> other.tensor & 1)

    def meets(self, other: Origin) -> int:
        """The last tensor that both were computed from; `other` itself where this was computed from it."""
        return (self.made_of & other.made_of).bit_length() - 1


def origin_of(
    number: int,
    sources: Sequence[Origin],
    name: str,
    args: tuple[Any, ...],
    *,
    weighed: bool,
    same_shape: bool,
    mixes_positions: bool = False,
    bounded: bool = False,
) -> Origin:
    """The origin of a result.

    Args:
        number: of the tensor in the pass.
        sources: of the tensors it was computed from; none of the network's input.
        name: of the function that computed it.
        args: of that function.
        weighed: whether a weight was among them.
        same_shape: whether all of `sources` have the result's shape.
        mixes_positions: whether a linear layer works along positions, as one over tokens does.
        bounded: whether its numbers have a range: exp of what is never positive squashes as a sigmoid does.
    """
    base = base_name(name)
    bit = 1 << number
    made_of = _union(source.made_of for source in sources)
    shaping = base in SHAPING
    # What a constant is added to stays what a sigmoid made, and so does what is made of several such.
    squashed = shaping or base in AVERAGING or (base in _AFFINE | _JOINING and not weighed)
    by_position = shaping or base in POINTWISE or base in ("batch_norm", "linear") or _is_1x1(base, args)
    return Origin(
        tensor=number,
        made_of=made_of | bit,
        weighed=made_of if weighed and not shaping else _union(source.weighed for source in sources),
        pointwise=bit | (_common(s.pointwise for s in sources) if base in POINTWISE and same_shape else 0),
        alone=bit | (_common(s.alone for s in sources) if by_position and not mixes_positions else 0),
        squashed=base in _SQUASHING
        or (base == "exp" and bounded)
        or (bool(sources) and squashed and all(s.squashed for s in sources)),
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


def tensors_in(values: Any) -> Iterator[Tensor]:
    """Of what a function was given or returned, however nested."""
    if isinstance(values, Tensor):
        yield values
    elif isinstance(values, Mapping):
        yield from tensors_in(tuple(values.values()))
    elif isinstance(values, (tuple, list)):
        for value in values:
            yield from tensors_in(value)
