"""The model card of a foreign network, of which only its user knows anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import nn

from gam_viz.networks import NetworkConfig
from gam_viz.networks.card import FOREIGN, Card


@dataclass(frozen=True)
class ForeignConfig(NetworkConfig):
    """Stands where the configuration of this project's networks stands; nothing can be built from it.

    Attributes:
        architecture: the class's name.
        attention: "foreign".
    """

    def __post_init__(self) -> None:
        if self.num_classes < 1:
            raise ValueError(f"num_classes must be at least 1, got {self.num_classes}")


def foreign_card(
    network: nn.Module,
    classes: Sequence[str],
    *,
    input_size: int,
    mean: Sequence[float] = (0.485, 0.456, 0.406),
    std: Sequence[float] = (0.229, 0.224, 0.225),
    name: str = "",
) -> Card:
    """A card for `explain`. Mean and standard deviation are ImageNet's unless given.

    Raises:
        CheckpointError: size or normalisation cannot be.
    """
    kind = type(network).__name__
    config = ForeignConfig(architecture=kind, num_classes=len(classes), attention=FOREIGN)
    card = Card(
        name=name or kind,
        dataset="foreign",
        dataset_title="Foreign network",
        classes=tuple(classes),
        input_size=input_size,
        mean=tuple(mean),
        std=tuple(std),
        config=config,
    )
    card.check()
    return card
