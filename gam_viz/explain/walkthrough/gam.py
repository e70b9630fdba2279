"""GAM taken apart, in all its forms: nothing is pooled, every position keeps numbers of its own (arXiv 2112.05561)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from torch import nn

from gam_viz.attention import GAM
from gam_viz.explain.walkthrough.arithmetic import Array, Moved
from gam_viz.explain.walkthrough.layers import (
    MAP,
    SIGMOID,
    convolution_step,
    described,
    features_step,
    function_step,
    line_of,
    linear_step,
    norm_step,
    product_step,
    shuffle_step,
)
from gam_viz.explain.walkthrough.stages import Step

LAST = ("row", "column", "channel")  # axes where the channels come last


def gam_steps(module: GAM, x: Array) -> list[Step]:
    """(C, H, W) -> the module's steps."""
    forward = GAM.forward
    steps = [features_step(x, line_of(forward, "def forward")), *_channel(module, x)]
    rescale = product_step(
        "rescale",
        x,
        steps[-1].values,
        r"F'_{c,i,j} = M_{c,\,i,j}\, F_{c,i,j}",
        line_of(forward, "channel_gate(x"),
    )
    steps += [rescale, *_spatial(module, rescale.values)]
    output = product_step(
        "output",
        rescale.values,
        steps[-1].values,
        r"F''_{c,i,j} = M_{s,\,c,i,j}\, F'_{c,i,j}",
        line_of(forward, "spatial_gate(x"),
    )
    return [*steps, output]


def _channel(module: GAM, x: Array) -> list[Step]:
    """The channel branch: permute, the MLP at every position, permute back, and a sigmoid where there is one."""
    code = line_of(GAM.forward, "self.channel_attention(")
    turned = np.moveaxis(x, 0, -1)
    squeeze = Step(
        station="squeeze",
        kind="permute",
        values=turned,
        axes=LAST,
        formula=r"z_{i,j,c} = F_{c,i,j}",
        code=code,
        arithmetic=lambda at: (Moved(float(turned[at]), (at[2], at[0], at[1])),),
    )
    first, _, second = module.channel_attention
    hidden = linear_step(
        "hidden",
        turned,
        first,
        ("row", "column", "hidden"),
        r"h_{i,j} = \mathrm{ReLU}(W_1 z_{i,j} + b_1),\quad W_1 \in \mathbb{R}^{(C/r) \times C}",
        code,
        module=described(module, "channel_attention.0"),
    )
    expand = linear_step(
        "expand",
        hidden.values,
        second,
        LAST,
        r"u_{i,j} = W_2 h_{i,j} + b_2,\quad W_2 \in \mathbb{R}^{C \times (C/r)}",
        code,
        module=described(module, "channel_attention.2"),
    )
    back = np.moveaxis(expand.values, -1, 0)
    join = Step(
        station="join",
        kind="permute_back",
        values=back,
        axes=MAP,
        formula=r"s_{c,i,j} = u_{i,j,c}",
        code=code,
        arithmetic=lambda at: (Moved(float(back[at]), (at[1], at[2], at[0])),),
    )
    squashed = isinstance(module.channel_squash, nn.Sigmoid)
    channel = function_step(
        "channel",
        "sigmoid" if squashed else "identity",
        back,
        MAP,
        r"M_c = \sigma(s)" if squashed else "M_c = s",
        line_of(GAM.forward, "self.channel_squash("),
    )
    return [squeeze, hidden, expand, join, channel]


def _spatial(module: GAM, x: Array) -> list[Step]:
    """The spatial branch, layer by layer, up to the masks."""
    code = line_of(GAM.forward, "self.spatial_attention(")
    steps: list[Step] = []
    axes, behind = MAP, ""  # what the first axis counts, and "2" behind the ReLU
    for path, layer in _layers(module.spatial_attention, "spatial_attention"):
        part = described(module, path)
        if isinstance(layer, nn.Conv2d):
            if layer.groups != layer.in_channels or layer.in_channels != layer.out_channels:
                axes = MAP if behind and layer.out_channels == _width(module) else ("hidden", *MAP[1:])
            steps.append(convolution_step(f"conv{behind}", x, layer, axes, code, part))
        elif isinstance(layer, nn.BatchNorm2d):
            steps.append(norm_step(f"bn{behind}", x, layer, axes, code, part))
        elif isinstance(layer, nn.ReLU):
            steps.append(function_step("relu", "relu", x, axes, r"X = \max(0, B)", code, part))
            behind = "2"
        elif isinstance(layer, nn.ChannelShuffle):
            steps.append(shuffle_step("relu", x, layer.groups, axes, code, part, lowest=0.0))
        else:
            raise TypeError(f"{path} of a GAM is a {type(layer).__name__}, which has no step")
        x = steps[-1].values
    steps.append(function_step("mask", "sigmoid", x, MAP, r"M_s = \sigma(B)", code))
    if isinstance(module.mask_shuffle, nn.ChannelShuffle):
        part = described(module, "mask_shuffle")
        groups = module.mask_shuffle.groups
        steps.append(shuffle_step("mask", steps[-1].values, groups, MAP, code, part, **SIGMOID))
    return steps


def _width(module: GAM) -> int:
    last = module.channel_attention[2]
    assert isinstance(last, nn.Linear)
    return last.out_features


def _layers(sequence: nn.Module, path: str) -> Iterator[tuple[str, nn.Module]]:
    """The layers of nested sequences in order, each with its path."""
    for name, layer in sequence.named_children():
        if isinstance(layer, nn.Sequential):
            yield from _layers(layer, f"{path}.{name}")
        elif not isinstance(layer, nn.Identity):  # a batch norm that was folded away
            yield f"{path}.{name}", layer
