"""Steps that attention modules have in common: one layer of torch each, its formula and the arithmetic of a cell."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
from torch import nn

from gam_viz.explain.walkthrough import numpy_layers
from gam_viz.explain.walkthrough.arithmetic import (
    Arithmetic,
    Array,
    DotProduct,
    Function,
    Index,
    Moved,
    Normalised,
    Pair,
)
from gam_viz.explain.walkthrough.stages import Step

MAP = ("channel", "row", "column")
SIGMOID, RELU = {"lowest": 0.0, "highest": 1.0}, {"lowest": 0.0}


def line_of(function: Callable[..., Any], part: str) -> str:
    """The one line of a function's source that holds `part`, so that what is shown is what runs.

    Raises:
        LookupError: no line, or more than one, holds it.
    """
    found = [line.strip() for line in inspect.getsource(function).splitlines() if part in line]
    if len(found) != 1:
        raise LookupError(f"{len(found)} lines of {function.__qualname__} hold {part!r}, not one")
    return found[0]


def described(module: nn.Module, path: str) -> tuple[str, str]:
    """The path of a part and what it is."""
    return path, repr(module.get_submodule(path))


def features_step(x: Array, code: str) -> Step:
    """What the module is given."""
    return Step(
        station="features",
        kind="features",
        values=x,
        axes=MAP,
        formula=r"F \in \mathbb{R}^{C \times H \times W}",
        code=code,
        arithmetic=lambda at: (Moved(float(x[at]), at),),
    )


def product_step(station: str, features: Array, gate: Array, formula: str, code: str) -> Step:
    """Features times a gate that broadcasts to them: (C, H, W)."""
    whole = np.broadcast_to(gate, features.shape)
    return Step(
        station=station,
        kind=station,
        values=features * gate,
        axes=MAP,
        formula=formula,
        code=code,
        arithmetic=lambda at: (Pair(float(features[at]), float(whole[at]), "×"),),
    )


def linear_step(
    station: str, x: Array, layer: nn.Module, axes: tuple[str, ...], formula: str, code: str, *, module: tuple[str, str]
) -> Step:
    """A linear layer over the last axis; at station "hidden" a ReLU follows."""
    assert isinstance(layer, nn.Linear)
    weight, bias, relu = numpy_layers.to_array(layer.weight), numpy_layers.to_array(layer.bias), station == "hidden"
    values = numpy_layers.linear(x, weight, bias)

    def arithmetic(at: Index) -> tuple[Arithmetic, ...]:
        dot = DotProduct(weight[at[-1]], x[at[:-1]], float(bias[at[-1]]))
        return (dot, Function("relu", dot.result)) if relu else (dot,)

    return Step(
        station=station,
        kind="linear_relu" if relu else "linear",
        values=np.maximum(values, 0) if relu else values,
        axes=axes,
        formula=formula,
        code=code,
        arithmetic=arithmetic,
        module=module,
        **(RELU if relu else {}),
    )


def function_step(
    station: str,
    name: str,
    x: Array,
    axes: tuple[str, ...],
    formula: str,
    code: str,
    module: tuple[str, str] = ("", ""),
) -> Step:
    """A sigmoid, a ReLU, or nothing at all."""
    made = {"sigmoid": numpy_layers.sigmoid, "relu": lambda v: np.maximum(v, 0), "identity": lambda v: v}[name]
    return Step(
        station=station,
        kind=name,
        values=made(x),
        axes=axes,
        formula=formula,
        code=code,
        arithmetic=lambda at: (Function(name, float(x[at])),),  # type: ignore[arg-type]
        module=module,
        **{"sigmoid": SIGMOID, "relu": RELU, "identity": {}}[name],
    )


def convolution_step(
    station: str, x: Array, layer: nn.Conv2d, axes: tuple[str, ...], code: str, module: tuple[str, str]
) -> Step:
    """A convolution of stride 1 over (C, H, W), with zeros beyond the map."""
    weight = numpy_layers.to_array(layer.weight)
    bias = numpy_layers.to_array(layer.bias) if layer.bias is not None else np.zeros(len(weight))
    pad = (int(layer.padding[0]), int(layer.padding[1]))
    around = numpy_layers.padded(x, pad)
    per_group, out_of_group = weight.shape[1], len(weight) // layer.groups

    def arithmetic(at: Index) -> tuple[Arithmetic, ...]:
        out, row, column = at
        first = out // out_of_group * per_group
        high, wide = weight.shape[2:]
        window = around[first : first + per_group, row : row + high, column : column + wide]
        return (DotProduct(weight[out], window, float(bias[out]), first),)

    return Step(
        station=station,
        kind="conv_depthwise" if layer.groups == len(x) > 1 else "conv_groups" if layer.groups > 1 else "conv",
        values=numpy_layers.convolve(x, weight, bias, pad=pad, groups=layer.groups),
        axes=axes,
        formula=_convolution(weight, layer),
        code=code,
        arithmetic=arithmetic,
        module=module,
    )


def _convolution(weight: Array, layer: nn.Conv2d) -> str:
    high, wide = weight.shape[2:]
    over = []
    if weight.shape[1] > 1:
        over.append(r"\sum_{c \in g(m)}" if layer.groups > 1 else r"\sum_{c}")
    if high > 1:
        over.append(rf"\sum_{{k=-{high // 2}}}^{{{high // 2}}}")
    if wide > 1:
        over.append(rf"\sum_{{l=-{wide // 2}}}^{{{wide // 2}}}")
    c = "c" if weight.shape[1] > 1 else "m" if layer.groups > 1 else "1"
    row, column = "i+k" if high > 1 else "i", "j+l" if wide > 1 else "j"
    taps = [c, *(["k"] if high > 1 else []), *(["l"] if wide > 1 else [])]
    kernel = ",".join(["m", *taps] if layer.groups == 1 or weight.shape[1] > 1 else taps)
    bias = " + b_m" if layer.bias is not None else ""
    return rf"A_{{m,i,j}} = {' '.join(over)} K_{{{kernel}}}\, X_{{{c},{row},{column}}}{bias}"


def norm_step(
    station: str, x: Array, layer: nn.BatchNorm2d, axes: tuple[str, ...], code: str, module: tuple[str, str]
) -> Step:
    """A batch norm in eval mode."""
    assert layer.running_mean is not None
    assert layer.running_var is not None
    mean, variance = numpy_layers.to_array(layer.running_mean), numpy_layers.to_array(layer.running_var)
    weight, bias = numpy_layers.to_array(layer.weight), numpy_layers.to_array(layer.bias)

    def arithmetic(at: Index) -> tuple[Arithmetic, ...]:
        c = at[0]
        return (
            Normalised(float(x[at]), float(mean[c]), float(variance[c]), layer.eps, float(weight[c]), float(bias[c])),
        )

    return Step(
        station=station,
        kind="norm",
        values=numpy_layers.normalise(x, mean, variance, weight, bias, layer.eps),
        axes=axes,
        formula=r"B_m = \gamma_m \frac{A_m - \mu_m}{\sqrt{\sigma_m^2 + \varepsilon}} + \beta_m",
        code=code,
        arithmetic=arithmetic,
        module=module,
    )


def shuffle_step(
    station: str, x: Array, groups: int, axes: tuple[str, ...], code: str, module: tuple[str, str], **bounds: float
) -> Step:
    """A channel shuffle: channels take turns between the groups."""
    origins = numpy_layers.shuffle(np.arange(len(x), dtype=np.float64)[:, None, None], groups)[:, 0, 0].astype(int)
    values = numpy_layers.shuffle(x, groups)
    return Step(
        station=station,
        kind="shuffle",
        values=values,
        axes=axes,
        formula=rf"X_{{{groups}j+g}} \leftarrow X_{{g \cdot n + j}},\quad n = {len(x)}/{groups},\; g < {groups}",
        code=code,
        arithmetic=lambda at: (Moved(float(values[at]), (int(origins[at[0]]), *at[1:])),),
        module=module,
        **bounds,
    )
