"""CBAM and SE taken apart: modules whose channel gate pools the positions away (arXiv 1807.06521, 1709.01507)."""

from __future__ import annotations

import numpy as np

from gam_viz.attention import CBAM, SE
from gam_viz.explain.walkthrough.arithmetic import Arithmetic, Array, Extreme, Index, Mean, Pair
from gam_viz.explain.walkthrough.layers import (
    convolution_step,
    described,
    features_step,
    function_step,
    line_of,
    linear_step,
    norm_step,
    product_step,
)
from gam_viz.explain.walkthrough.stages import Step

HIDDEN = r"h = \mathrm{ReLU}(W_1 z + b_1),\quad W_1 \in \mathbb{R}^{(C/r) \times C}"
EXPAND = r"u = W_2 h + b_2,\quad W_2 \in \mathbb{R}^{C \times (C/r)}"
SINGLE = ("mask", "row", "column")


def se_steps(module: SE, x: Array) -> list[Step]:
    """Of SE: (C, H, W) -> its steps."""
    mlp = line_of(SE.forward, "self.mlp(pooled)")
    features = features_step(x, line_of(SE.forward, "def forward"))
    squeeze = Step(
        station="squeeze",
        kind="average",
        values=x.mean(axis=(1, 2)),
        axes=("channel",),
        formula=r"z_c = \frac{1}{HW} \sum_{i,j} F_{c,i,j}",
        code=line_of(SE.forward, "self.pool(x)"),
        arithmetic=lambda at: (Mean(x[at[0]]),),
    )
    hidden = linear_step(
        "hidden", squeeze.values, module.mlp[0], ("hidden",), HIDDEN, mlp, module=described(module, "mlp.0")
    )
    expand = linear_step(
        "expand", hidden.values, module.mlp[2], ("channel",), EXPAND, mlp, module=described(module, "mlp.2")
    )
    channel = function_step("channel", "sigmoid", expand.values, ("channel",), r"M_c = \sigma(u)", mlp)
    return [features, squeeze, hidden, expand, channel, _rescaled(x, channel, line_of(SE.forward, "channel_gate(x"))]


def cbam_steps(module: CBAM, x: Array) -> list[Step]:
    """Of CBAM: (C, H, W) -> its steps."""
    forward = CBAM.forward
    mlp = line_of(forward, "self.mlp(pooled)")
    features = features_step(x, line_of(forward, "def forward"))
    squeeze = _squeezed(x, line_of(forward, "torch.stack"))
    two = ("pool", "hidden")
    hidden = linear_step("hidden", squeeze.values, module.mlp[0], two, HIDDEN, mlp, module=described(module, "mlp.0"))
    two = ("pool", "channel")
    expand = linear_step("expand", hidden.values, module.mlp[2], two, EXPAND, mlp, module=described(module, "mlp.2"))
    average, largest = expand.values
    join = Step(
        station="join",
        kind="sum",
        values=average + largest,
        axes=("channel",),
        formula=r"s = u^{\mathrm{avg}} + u^{\mathrm{max}}",
        code=mlp,
        arithmetic=lambda at: (Pair(float(average[at]), float(largest[at]), "+"),),
    )
    channel = function_step("channel", "sigmoid", join.values, ("channel",), r"M_c = \sigma(s)", mlp)
    rescale = _rescaled(x, channel, line_of(forward, "channel_gate(x"))
    summary = _summarised(rescale.values, line_of(forward, "x.amax"))
    masked = line_of(forward, "self.conv(summary)")
    conv = convolution_step("conv", summary.values, module.conv, SINGLE, masked, described(module, "conv"))
    bn = norm_step("bn", conv.values, module.bn, SINGLE, masked, described(module, "bn"))
    mask = function_step("mask", "sigmoid", bn.values, SINGLE, r"M_s = \sigma(B)", masked)
    output = product_step(
        "output",
        rescale.values,
        mask.values,
        r"F''_{c,i,j} = M_{s,\,i,j}\, F'_{c,i,j}",
        line_of(forward, "spatial_gate(x"),
    )
    return [features, squeeze, hidden, expand, join, channel, rescale, summary, conv, bn, mask, output]


def _squeezed(x: Array, code: str) -> Step:
    """(2, C): the mean and the largest value of each channel."""

    def arithmetic(at: Index) -> tuple[Arithmetic, ...]:
        pool, channel = at
        return (Mean(x[channel]) if pool == 0 else Extreme(x[channel]),)

    return Step(
        station="squeeze",
        kind="average_and_max",
        values=np.stack([x.mean(axis=(1, 2)), x.max(axis=(1, 2))]),
        axes=("pool", "channel"),
        formula=r"z^{\mathrm{avg}}_c = \frac{1}{HW} \sum_{i,j} F_{c,i,j},\quad "
        r"z^{\mathrm{max}}_c = \max_{i,j} F_{c,i,j}",
        code=code,
        arithmetic=arithmetic,
    )


def _summarised(x: Array, code: str) -> Step:
    """(2, H, W): the largest value and the mean over the channels at each position."""

    def arithmetic(at: Index) -> tuple[Arithmetic, ...]:
        statistic, row, column = at
        values = x[:, row, column]
        return (Extreme(values) if statistic == 0 else Mean(values),)

    return Step(
        station="summary",
        kind="summary",
        values=np.stack([x.max(axis=0), x.mean(axis=0)]),
        axes=("statistic", "row", "column"),
        formula=r"X_{1,i,j} = \max_{c} F'_{c,i,j},\quad X_{2,i,j} = \frac{1}{C} \sum_{c} F'_{c,i,j}",
        code=code,
        arithmetic=arithmetic,
    )


def _rescaled(x: Array, channel: Step, code: str) -> Step:
    formula = r"F'_{c,i,j} = M_{c}\, F_{c,i,j}"
    return product_step("rescale", x, channel.values[:, None, None], formula, code)
