"""The model card of a foreign network, of which only its user knows anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import nn

from gam_viz.networks import NetworkConfig
from gam_viz.networks.adapters.network import ForeignNetwork
from gam_viz.networks.card import FOREIGN, Card, OutputKind


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
    input_size: int | tuple[int, int],
    mean: Sequence[float] = (0.485, 0.456, 0.406),
    std: Sequence[float] = (0.229, 0.224, 0.225),
    name: str = "",
    output: OutputKind | None = None,
    unit: str = "",
) -> Card:
    """A card for `explain`.

    Args:
        network: adapted or not.
        classes: one name a score: of a class, a label, or a value.
        input_size: side in pixels, or (height, width).
        mean, std: of the normalisation, one each a channel; ImageNet's unless given.
        name: the class's unless given.
        output: what the scores are; what `adapt` was told or found, else "class".
        unit: of a regression's value.

    Raises:
        CheckpointError: size, normalisation or output cannot be.
    """
    kind = type(network).__name__
    if output is None and isinstance(network, ForeignNetwork) and network.adaption.scores is not None:
        output = network.adaption.scores.kind
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
        output=output or "class",
        unit=unit,
    )
    card.check()
    return card
