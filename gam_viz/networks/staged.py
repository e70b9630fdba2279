"""What the networks of this project have in common: a stem, stages of residual blocks with attention, a head."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from torch import Tensor, nn

from gam_viz.attention import build_attention
from gam_viz.networks.config import NetworkConfig


class ResidualNetwork(nn.Module):
    """Stem, stages, head, one after the other. Every block of a stage has a child `attention`, an identity in blocks
    without.

    Attributes:
        config: what the network is.
        stem: names of the children before the stages, in the order they are computed.
        stages: names of the stages, in order.
        head: names of the children after them; the last is the linear layer.
    """

    stem: ClassVar[tuple[str, ...]]
    head: ClassVar[tuple[str, ...]]

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        self.stages: list[str] = []

    def add_stage(self, *blocks: nn.Module) -> None:
        """Append a stage, "layer1" and on."""
        self.stages.append(f"layer{len(self.stages) + 1}")
        self.add_module(self.stages[-1], nn.Sequential(*blocks))

    def attention_for(self, stage: int, channels: int) -> nn.Module:
        """The attention module of one block of a stage, counted from 0; an identity where the stage carries none.

        Raises:
            ValueError: the configuration's attention cannot be built.
        """
        if self.config.attention_stages and not self.config.attention_stages[stage]:
            return nn.Identity()
        return build_attention(self.config.attention, channels, **self.config.attention_options)

    def forward(self, x: Tensor) -> Tensor:  # (B, 3, H, W) -> (B, num_classes) logits
        return self._through(x, (*self.stem, *self.stages, *self.head))

    def penultimate(self, x: Tensor) -> Tensor:  # (B, 3, H, W) -> (B, D)
        """What the last, linear layer answers from."""
        return self._through(x, (*self.stem, *self.stages, *self.head[:-1]))

    @property
    def blocks(self) -> list[str]:
        """Paths of the blocks of all stages, in the order they are computed."""
        return [f"{stage}.{name}" for stage in self.stages for name, _ in self.get_submodule(stage).named_children()]

    def features(self, x: Tensor, blocks: int) -> Tensor:
        """What comes out of the first so many blocks, (B, 3, H, W) -> (B, C, h, w); out of the stem for 0."""
        return self._through(x, (*self.stem, *self.blocks[:blocks]))

    def after(self, features: Tensor, blocks: int) -> Tensor:
        """The logits (B, num_classes) that follow from what came out of the first so many blocks."""
        return self._through(features, (*self.blocks[blocks:], *self.head))

    def _through(self, x: Tensor, names: Sequence[str]) -> Tensor:
        for name in names:
            x = self.get_submodule(name)(x)
        return x
