"""The lowest and highest value that a tensor's numbers can have, by interval arithmetic along the pass.

A sigmoid's numbers lie in 0..1; what is computed from them by averaging, interpolating or moving stays there, and
1 + tanh lies in 0..2. Weights may have any value: what they take part in has no range until a function bounds it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from torch import Tensor, nn

from gam_viz.networks.adapters.origins import AVERAGING, SHAPING, base_name

Range = tuple[float, float]
ANY: Range = (-math.inf, math.inf)

#: Whatever goes in.
_FIXED: dict[str, Range] = {
    **dict.fromkeys(("sigmoid", "hardsigmoid", "softmax", "softmin"), (0.0, 1.0)),
    **dict.fromkeys(("tanh", "softsign", "sin", "cos", "erf", "sign"), (-1.0, 1.0)),
    **dict.fromkeys(("softplus", "norm"), (0.0, math.inf)),
    **dict.fromkeys(("logsigmoid", "log_softmax"), (-math.inf, 0.0)),
    "ones_like": (1.0, 1.0),
    "zeros_like": (0.0, 0.0),
}
_CLIPPED: dict[str, Range] = {"relu": (0.0, math.inf), "relu6": (0.0, 6.0)}
_KEEPING = (
    SHAPING
    | AVERAGING
    | {
        *("interpolate", "upsample", "amin", "min", "maximum", "minimum", "cat", "concat", "concatenate", "stack"),
        *("where", "roll", "flip", "index_select", "gather", "sort", "topk", "median", "grid_sample", "pixel_shuffle"),
        *("channel_shuffle",),
    }
)


def range_of(
    name: str, args: Sequence[Any], kwargs: Mapping[str, Any], tensors: Sequence[Tensor], of: Callable[[Any], Range]
) -> Range:
    """The range of what a function returns.

    Args:
        name: of the function.
        args, kwargs: as given to it.
        tensors: all tensors among them.
        of: the range of a number or a tensor.
    """
    name = base_name(name)
    if name in _FIXED:
        return _FIXED[name]
    given = [of(value) for value in args if isinstance(value, (Tensor, int, float))] or [of(t) for t in tensors]
    if not given:
        return ANY
    low, high = given[0]
    if name in _CLIPPED:
        return _clipped(given[0], *_CLIPPED[name])
    if name in ("clamp", "clip", "hardtanh", "clamp_min", "clamp_max"):
        return _clipped(given[0], *_ends(name, args, kwargs))
    if name in ("add", "sub", "subtract", "__rsub__", "rsub"):
        return _sum(name, given, kwargs)
    if name in ("mul", "multiply", "square", "div", "true_divide", "divide", "__rdiv__", "reciprocal"):
        return _product(name, given, args)
    if name == "pow" and len(args) > 1 and isinstance(args[1], int) and args[1] % 2 == 0 and args[1] > 0:
        ends = (abs(low) ** args[1], abs(high) ** args[1])
        return (0.0 if low <= 0 <= high else min(ends)), max(ends)
    if name in ("pow", "sqrt", "rsqrt") and low >= 0:
        return 0.0, (math.sqrt(high) if name == "sqrt" else math.inf)
    if name == "neg":
        return -high, -low
    if name == "abs":
        return (0.0 if low <= 0 <= high else min(abs(low), abs(high))), max(abs(low), abs(high))
    if name == "exp":
        return _exp(low), _exp(high)
    if name == "pad":
        return min(low, 0.0), max(high, 0.0)
    if name == "sum":
        return (0.0, math.inf) if low >= 0 else ANY
    if name in _KEEPING and not (name in ("interpolate", "upsample") and _mode(args, kwargs) == "bicubic"):
        every = [of(t) for t in tensors] if name in ("cat", "concat", "concatenate", "stack", "where") else given[:1]
        if name in ("maximum", "minimum") or (name in ("max", "min") and len(tensors) == 2):
            every = given
        return min(one for one, _ in every), max(one for _, one in every)
    return ANY


def constant(value: Any) -> Range:
    """Of a number, or of a tensor that no input and no weight made: its own; of everything else any."""
    if isinstance(value, (int, float)):
        return float(value), float(value)
    if isinstance(value, Tensor) and not isinstance(value, nn.Parameter) and value.numel() == 1:
        return float(value), float(value)
    return ANY


def _sum(name: str, given: Sequence[Range], kwargs: Mapping[str, Any]) -> Range:
    (low, high), (other_low, other_high) = given[0], given[1] if len(given) > 1 else ANY
    if kwargs.get("alpha", 1) != 1:
        return ANY
    if name == "add":
        return low + other_low, high + other_high
    if name in ("__rsub__", "rsub"):
        (low, high), (other_low, other_high) = (other_low, other_high), (low, high)
    return low - other_high, high - other_low


def _product(name: str, given: Sequence[Range], args: Sequence[Any]) -> Range:
    one, other = given[0], given[1] if len(given) > 1 else ANY
    if name == "square":
        return range_of("pow", (args[0], 2), {}, (), lambda value: one)
    if name == "reciprocal":
        one, other = (1.0, 1.0), one
    elif name == "__rdiv__":
        one, other = other, one
    if name not in ("mul", "multiply"):
        low, high = other
        if low <= 0 <= high and not (low >= 0 or high <= 0):
            return ANY
        other = tuple(sorted(1 / end if end else math.copysign(math.inf, low + high) for end in (low, high)))  # type: ignore[assignment]
    ends = [0.0 if 0.0 in (a, b) else a * b for a in one for b in other]
    return min(ends), max(ends)


def _clipped(range_: Range, low: float, high: float) -> Range:
    return min(max(range_[0], low), high), max(min(range_[1], high), low)


def _ends(name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Range:
    names, default = {
        "hardtanh": (("min_val", "max_val"), (-1.0, 1.0)),
        "clamp_min": (("min",), ()),
        "clamp_max": (("max",), ()),
    }.get(name, (("min", "max"), (None, None)))
    found = [kwargs.get(key, args[at] if len(args) > at else None) for at, key in enumerate(names, 1)]
    found = [one if one is not None else other for one, other in zip(found, default or (None,), strict=True)]
    low = found[0] if name != "clamp_max" else None
    high = found[-1] if name != "clamp_min" else None
    return (
        float(low) if isinstance(low, (int, float)) else -math.inf,
        float(high) if isinstance(high, (int, float)) else math.inf,
    )


def _exp(value: float) -> float:
    return math.exp(value) if value < 700 else math.inf


def _mode(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    return kwargs.get("mode", args[3] if len(args) > 3 else "nearest")
