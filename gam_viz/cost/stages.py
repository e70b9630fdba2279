"""Where attention stands in a network, and what all of it costs by the closed forms."""

from __future__ import annotations

from dataclasses import dataclass

from gam_viz.attention import ModuleCost, module_cost
from gam_viz.networks import ARCHITECTURES, NetworkConfig


@dataclass(frozen=True)
class Stage:
    """Where attention may stand: `blocks` times on features (channels, side, side)."""

    name: str
    blocks: int
    channels: int
    side: int
    carries: bool


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
        ValueError: its attention is unknown, or has no closed form and cannot be built.
    """
    total = ModuleCost(0, 0)
    for stage in stages_of(config, side):
        if stage.carries:
            one = module_cost(config.attention, stage.channels, stage.side, config.attention_options)
            total += one * stage.blocks
    return total
