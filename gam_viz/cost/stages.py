"""Closed forms: parameters and multiply-adds of one attention module on features (C, H, W).

With h the hidden width, C // r but at least 1, and a convolution or linear layer counted as
`inputs a group x outputs x kernel (+ outputs, where it has biases)` parameters and the same product without the biases,
times the positions it is evaluated at, as multiply-adds:

    SE                  two linear layers, C -> h -> C, on one vector
    CBAM                the same two on two vectors (the mean and the maximum), and 2 -> 1 of k x k at H W positions
    GAM, channels       the same two at H W positions
    GAM, full           7x7 C -> h and 7x7 h -> C, both in g groups: 98 C h / g weights
    GAM, factorised     1x1 C -> h, 7x1 h -> h, 1x7 h -> h, 1x1 h -> C: 2 C h + 14 h h
    GAM, depthwise      7x7 on each of C, 1x1 C -> h, 7x7 on each of h, 1x1 h -> C: 49 C + 49 h + 2 C h

A batch norm adds two parameters a channel. So GAM as the tutorial prints it (r = 4, g = 1) has about 25 C C weights,
CBAM about C C / 8.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gam_viz.networks import ARCHITECTURES, NetworkConfig


@dataclass(frozen=True)
class ModuleCost:
    """Of one module on one picture's features."""

    parameters: int
    macs: int

    def __add__(self, other: ModuleCost) -> ModuleCost:
        return ModuleCost(self.parameters + other.parameters, self.macs + other.macs)

    def __mul__(self, times: int) -> ModuleCost:
        return ModuleCost(self.parameters * times, self.macs * times)


@dataclass(frozen=True)
class Stage:
    """Where attention may stand: `blocks` times on features (channels, side, side)."""

    name: str
    blocks: int
    channels: int
    side: int
    carries: bool


def module_cost(attention: str, channels: int, side: int, options: Mapping[str, Any] | None = None) -> ModuleCost:
    """Parameters and multiply-adds of one module on features (channels, side, side).

    Args:
        attention: a name that `build_attention` knows, or "none".
        channels, side: C, and H = W.
        options: the module's; they must fit together, which is not checked here.

    Raises:
        ValueError: there is no closed form for that attention.
    """
    given = dict(options or {})
    if attention == "none":
        return ModuleCost(0, 0)
    if attention == "se":
        return _se(channels, given.get("reduction_ratio", 16))
    if attention == "cbam":
        return _cbam(channels, side, given.get("reduction_ratio", 16), given.get("kernel_size", 7))
    if attention in ("gam", "gam_sigmoid"):
        return _gam(channels, side, given.get("rate", 4), given.get("groups", 1), given.get("spatial", "full"))
    if attention in ("se_cbam", "se_gam"):
        return _se(channels, 16) + module_cost(attention.removeprefix("se_"), channels, side, given)
    raise ValueError(f"there is no closed form of what attention {attention!r} costs")


def stages_of(config: NetworkConfig, side: int) -> tuple[Stage, ...]:
    """The stages of a network on square pictures of `side` pixels, with the features that attention sees in each."""
    halvings = {"cifar": 0, "stride2": 1, "imagenet": 2}[config.stem]
    expansion = 4 if config.architecture == "resnet50" else 1
    stages = []
    for index, blocks in enumerate(ARCHITECTURES[config.architecture]):
        carries = not config.attention_stages or config.attention_stages[index]
        # Every halving rounds up: -(-n // 2) as often as the stem and the stages before have strides.
        at = -(-side // 2 ** (halvings + index))
        stages.append(Stage(f"layer{index + 1}", blocks, config.width * 2**index * expansion, at, carries))
    return tuple(stages)


def attention_cost(config: NetworkConfig, side: int) -> ModuleCost:
    """Of all attention modules of a network together.

    Raises:
        ValueError: there is no closed form for its attention.
    """
    total = ModuleCost(0, 0)
    for stage in stages_of(config, side):
        if stage.carries:
            one = module_cost(config.attention, stage.channels, stage.side, config.attention_options)
            total += one * stage.blocks
    return total


def _bottleneck(channels: int, hidden: int, vectors: int) -> ModuleCost:
    """Two linear layers C -> h -> C with biases, on so many vectors."""
    return ModuleCost(2 * channels * hidden + hidden + channels, 2 * channels * hidden * vectors)


def _se(channels: int, ratio: int) -> ModuleCost:
    return _bottleneck(channels, max(1, channels // ratio), 1)


def _cbam(channels: int, side: int, ratio: int, kernel: int) -> ModuleCost:
    spatial = ModuleCost(2 * kernel**2 + 2, 2 * kernel**2 * side**2)  # no bias, a batch norm of one channel
    return _bottleneck(channels, max(1, channels // ratio), 2) + spatial


def _gam(channels: int, side: int, rate: int, groups: int, spatial: str) -> ModuleCost:
    hidden = channels // rate
    weights, biases = {
        "full": (98 * channels * hidden // groups, hidden + channels),
        "factorised": (2 * channels * hidden + 14 * hidden**2, 3 * hidden + channels),
        "depthwise": (49 * (channels + hidden) + 2 * channels * hidden, 2 * (channels + hidden)),
    }[spatial]
    batch_norms = 2 * (hidden + channels)
    masks = ModuleCost(weights + biases + batch_norms, weights * side**2)
    return _bottleneck(channels, hidden, side**2) + masks
