"""GAM built with other options: whether it can be, its tensors, its parameters and its multiply-adds."""

from __future__ import annotations

import dataclasses
import inspect
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from gam_viz.attention import GAM, Gate, OptionError
from gam_viz.attention.gam import ChannelGate, SpatialConv
from gam_viz.attention.gam import Shuffle as ShufflePlace
from gam_viz.networks import NetworkConfig


@dataclass(frozen=True)
class Options:
    """GAM's options; the defaults are the tutorial's module, as it is printed."""

    rate: int = 4
    channel_gate: ChannelGate = "none"
    groups: int = 1
    shuffle: ShufflePlace = "between"
    spatial: SpatialConv = "full"

    @property
    def plain(self) -> Options:
        """The same module written in one way: without groups there is nothing to shuffle."""
        return self if self.groups > 1 else dataclasses.replace(self, shuffle="between")

    def build(self, channels: int) -> GAM:
        """The module, on the meta device: it has shapes and no numbers.

        Raises:
            OptionError: it cannot be built.
        """
        with torch.device("meta"):
            return GAM(channels, **dataclasses.asdict(self)).eval()


@dataclass(frozen=True)
class VariantStep:
    """One tensor of the module.

    Attributes:
        name: of the step: "input", "linear", "relu", "sigmoid", "channel_gate", "gated", "conv", "bn", "shuffle",
            "mask" or "output".
        shape: (C, H, W).
        kernel: (rows, columns) of a convolution, else None.
        groups: of a convolution or a shuffle, else 1.
        parameters: trained numbers of the step.
        macs: its multiply-adds for one picture; gates' products are left out, as FLOP counters do.
    """

    name: str
    shape: tuple[int, int, int]
    kernel: tuple[int, int] | None = None
    groups: int = 1
    parameters: int = 0
    macs: int = 0


def refusal(channels: int, options: Options) -> str | None:
    """Why a GAM cannot be built, as the code of its `OptionError`; None where it can."""
    try:
        options.build(channels)
    except OptionError as error:
        return error.code
    return None


def options_of(config: NetworkConfig) -> Options | None:
    """The options of a network's GAM, written in one way; None where its attention is another."""
    if config.attention not in ("gam", "gam_sigmoid"):
        return None
    given: dict[str, Any] = {"channel_gate": "sigmoid"} if config.attention == "gam_sigmoid" else {}
    given |= config.attention_options
    known = inspect.signature(Options).parameters
    return Options(**given).plain if set(given) <= set(known) else None


def steps_of(options: Options, shape: tuple[int, int, int]) -> tuple[VariantStep, ...]:
    """The module's tensors in the order they are computed, on features of (C, H, W).

    Raises:
        ValueError: such a GAM cannot be built.
    """
    module = options.build(shape[0])
    steps = [VariantStep("input", shape)]

    def note(layer: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        step = _step(layer, output)
        if step is not None:
            steps.append(step)

    # The module is this call's own, so its hooks are nobody else's.
    for layer in module.modules():
        if not list(layer.children()):
            layer.register_forward_hook(note)
    with torch.no_grad():
        module(torch.empty(1, *shape, device="meta"))
    # The gates multiply after the second branch's sigmoid, or its shuffle, and after the first branch.
    return (*_named(steps), VariantStep("output", shape))


def _step(layer: nn.Module, output: Tensor) -> VariantStep | None:
    """A leaf's output; None where it only passes on what it was given."""
    shape = output.shape[1:]
    own = sum(parameter.numel() for parameter in layer.parameters())
    if isinstance(layer, nn.Linear):  # positions come first here
        height, width, channels = shape
        return VariantStep("linear", (channels, height, width), parameters=own, macs=output.numel() * layer.in_features)
    channels, height, width = shape
    if isinstance(layer, nn.Conv2d):
        rows, columns = layer.kernel_size
        inner = layer.in_channels // layer.groups * rows * columns
        return VariantStep(
            "conv", (channels, height, width), (rows, columns), layer.groups, own, output.numel() * inner
        )
    if isinstance(layer, nn.BatchNorm2d):
        return VariantStep("bn", (channels, height, width), parameters=own)
    if isinstance(layer, nn.ChannelShuffle):
        return VariantStep("shuffle", (channels, height, width), groups=layer.groups)
    if isinstance(layer, nn.ReLU):
        return VariantStep("relu", (channels, height, width))
    if isinstance(layer, nn.Sigmoid):
        return VariantStep("sigmoid", (channels, height, width))
    return VariantStep("gated", (channels, height, width)) if isinstance(layer, Gate) else None


def _named(steps: list[VariantStep]) -> list[VariantStep]:
    """With the tensors that are gates called so, and the shape of what runs with the positions first put right."""
    first = next(i for i, step in enumerate(steps) if step.name == "gated")
    named = []
    for index, step in enumerate(steps[:-1]):
        if step.name == "relu" and index < first:
            # The MLP's ReLU sees (H, W, C / r).
            height, width, channels = step.shape
            step = dataclasses.replace(step, shape=(channels, height, width))
        if index == first - 1:
            step = dataclasses.replace(step, name="channel_gate" if step.name == "linear" else "channel_sigmoid")
        elif index == len(steps) - 2:
            step = dataclasses.replace(step, name="mask" if step.name == "sigmoid" else "mask_shuffle")
        named.append(step)
    return named
