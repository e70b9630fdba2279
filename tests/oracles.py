"""The formulas once more, as plain functions of weights: what the modules are held against.

Each takes features (B, C, H, W) and a state dict (or a part of one) and returns what comes out, and the gates.
"""

from collections.abc import Mapping
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

Weights = Mapping[str, Tensor]


class Gated(NamedTuple):
    out: Tensor
    channel: Tensor
    spatial: Tensor | None = None


def part(weights: Weights, prefix: str) -> dict[str, Tensor]:
    """The weights whose names start with `prefix`, without it."""
    return {key.removeprefix(prefix): value for key, value in weights.items() if key.startswith(prefix)}


def conv(x: Tensor, weights: Weights, name: str, *, stride: int = 1, groups: int = 1) -> Tensor:
    """A convolution that keeps the size (for stride 1)."""
    kernel = weights[f"{name}.weight"]
    padding = (kernel.shape[2] // 2, kernel.shape[3] // 2)
    return F.conv2d(x, kernel, weights.get(f"{name}.bias"), stride=stride, padding=padding, groups=groups)


def norm(x: Tensor, weights: Weights, name: str) -> Tensor:
    """A batch norm with its running statistics."""
    mean, var, scale, shift = (
        weights[f"{name}.{key}"][None, :, None, None] for key in ("running_mean", "running_var", "weight", "bias")
    )
    return (x - mean) / torch.sqrt(var + 1e-5) * scale + shift


def mlp(x: Tensor, weights: Weights, name: str) -> Tensor:
    hidden = F.relu(F.linear(x, weights[f"{name}.0.weight"], weights[f"{name}.0.bias"]))
    return F.linear(hidden, weights[f"{name}.2.weight"], weights[f"{name}.2.bias"])


def se(x: Tensor, weights: Weights) -> Gated:
    gate = torch.sigmoid(mlp(x.mean(dim=(2, 3)), weights, "mlp"))[:, :, None, None]
    return Gated(x * gate, gate)


def cbam(x: Tensor, weights: Weights) -> Gated:
    average, largest = x.mean(dim=(2, 3)), x.flatten(2).max(dim=2).values
    channel = torch.sigmoid(mlp(average, weights, "mlp") + mlp(largest, weights, "mlp"))[:, :, None, None]
    x = x * channel
    summary = torch.cat([x.max(dim=1, keepdim=True).values, x.mean(dim=1, keepdim=True)], dim=1)
    spatial = torch.sigmoid(norm(conv(summary, weights, "conv"), weights, "bn"))
    return Gated(x * spatial, channel, spatial)


def channel_shuffle(x: Tensor, groups: int) -> Tensor:
    """ShuffleNet's: channel g * n + k goes to place k * groups + g, for n channels a group."""
    per_group = x.shape[1] // groups
    source = [g * per_group + k for k in range(per_group) for g in range(groups)]
    return x[:, source]


def gam(
    x: Tensor,
    weights: Weights,
    *,
    channel_gate: str = "none",
    groups: int = 1,
    shuffle: str = "between",
    spatial: str = "full",
) -> Gated:
    batch, channels, height, width = x.shape
    flat = x.permute(0, 2, 3, 1).reshape(batch, height * width, channels)
    channel = mlp(flat, weights, "channel_attention").reshape(batch, height, width, channels).permute(0, 3, 1, 2)
    if channel_gate == "sigmoid":
        channel = torch.sigmoid(channel)
    x = x * channel
    w = part(weights, "spatial_attention.")
    if spatial == "full":
        y = F.relu(norm(conv(x, w, "0", groups=groups), w, "1"))
        y = channel_shuffle(y, groups) if shuffle == "between" else y
        y = norm(conv(y, w, "3", groups=groups), w, "4")
    elif spatial == "factorised":
        y = F.relu(norm(conv(conv(conv(x, w, "0"), w, "1"), w, "2"), w, "3"))
        y = norm(conv(y, w, "5"), w, "6")
    else:
        y = F.relu(norm(conv(conv(x, w, "0", groups=channels), w, "1"), w, "2"))
        y = norm(conv(conv(y, w, "4", groups=y.shape[1]), w, "5"), w, "6")
    mask = torch.sigmoid(y)
    mask = channel_shuffle(mask, groups) if shuffle == "last" else mask
    return Gated(x * mask, channel, mask)


def article_block(x: Tensor, weights: Weights, stride: int) -> Tensor:
    """The tutorial's GAM_ResBlock."""
    out = F.relu(norm(conv(x, weights, "conv1", stride=stride), weights, "bn1"))
    out = gam(norm(conv(out, weights, "conv2"), weights, "bn2"), part(weights, "gam.")).out
    if "shortcut.0.weight" in weights:
        x = norm(conv(x, weights, "shortcut.0", stride=stride), weights, "shortcut.1")
    return F.relu(out + x)


def article_network(x: Tensor, weights: Weights) -> Tensor:
    """The tutorial's GAM_Net: (B, 3, H, W) -> (B, 10)."""
    x = F.relu(norm(conv(x, weights, "conv1"), weights, "bn1"))
    for stage in (1, 2, 3):
        for block in (0, 1):
            stride = 2 if stage > 1 and block == 0 else 1
            x = article_block(x, part(weights, f"layer{stage}.{block}."), stride)
    return F.linear(x.mean(dim=(2, 3)), weights["fc.weight"], weights["fc.bias"])
