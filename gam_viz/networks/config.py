"""What a network is, in a few plain values that travel in its checkpoint."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any

import msgspec

#: Where attention stands in the EfficientNet-Lites that ship: at the end of stages 3 to 6, whose maps have 16x16 to 4x4
#: cells at 128 pixels. Before them maps are large and know little, after them few cells are left.
LITE_STAGES = (False, False, True, True, True, True, False)
#: Blocks per stage. "gam_net" is the tutorial's network: three stages, biased convolutions.
ARCHITECTURES: dict[str, tuple[int, ...]] = {
    "gam_net": (2, 2, 2),
    "resnet18": (2, 2, 2, 2),
    "resnet34": (3, 4, 6, 3),
    "resnet50": (3, 4, 6, 3),
}
#: EfficientNet-Lites, by how much wider and deeper than EfficientNet-B0 they are.
EFFICIENTNET_LITE: dict[str, tuple[float, float]] = {
    "efficientnet_lite0": (1.0, 1.0),
    "efficientnet_lite1": (1.0, 1.1),
    "efficientnet_lite2": (1.1, 1.2),
}
STEMS = ("cifar", "stride2", "imagenet")
MAX_CONSTANT = 4096  # of a side of a gate's constant
Shape = tuple[int, int, int]  # (C, H, W), with ones


@dataclass(frozen=True)
class NetworkConfig:
    """Configuration of a residual network with attention.

    Attributes:
        architecture: a key of `ARCHITECTURES` or `EFFICIENTNET_LITE`.
        num_classes: number of logits.
        width: channels of the first stage; each further stage doubles them. The tutorial's is 64. Of an
            EfficientNet-Lite channels of the stem, to which the others are proportional; the published ones have 32.
        attention: a name that `build_attention` knows, or "none".
        attention_options: that module's options.
        attention_stages: which stages carry attention, from the first; empty for all.
        stem: "cifar" (3x3, stride 1), "stride2" (3x3, stride 2, for pictures of 64 pixels) or "imagenet" (7x7
            stride 2 and a 3x3 max-pool). An EfficientNet-Lite has "stride2".
        folded: gates that are constants, by their paths, and the constants' shapes; see `gate_folding`.

    Raises:
        ValueError: a value is out of range; the sentence says what is accepted.
    """

    architecture: str = "gam_net"
    num_classes: int = 10
    width: int = 64
    attention: str = "none"
    attention_options: dict[str, Any] = field(default_factory=dict)
    attention_stages: tuple[bool, ...] = ()
    stem: str = "cifar"
    folded: dict[str, Shape] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if type(self.num_classes) is not int or type(self.width) is not int:
            raise ValueError(f"num_classes and width must be integers, got {self.num_classes!r} and {self.width!r}")
        if self.architecture not in ARCHITECTURES and self.architecture not in EFFICIENTNET_LITE:
            known = ", ".join((*ARCHITECTURES, *EFFICIENTNET_LITE))
            raise ValueError(f"unknown architecture {self.architecture!r}; known are {known}")
        if self.stem not in STEMS:
            raise ValueError(f"unknown stem {self.stem!r}; known are {', '.join(STEMS)}")
        if self.num_classes < 1 or self.width < 1:
            raise ValueError(f"num_classes and width must be at least 1, got {self.num_classes} and {self.width}")
        if self.architecture in EFFICIENTNET_LITE and self.stem != "stride2":
            raise ValueError(f"{self.architecture} has the stem 'stride2', got {self.stem!r}")
        if any(not 0 < side <= MAX_CONSTANT for shape in self.folded.values() for side in shape):
            raise ValueError(f"sides of a folded gate lie between 1 and {MAX_CONSTANT}")
        stages = len(ARCHITECTURES.get(self.architecture, range(7)))
        if self.attention_stages and len(self.attention_stages) != stages:
            raise ValueError(
                f"attention_stages needs one value for each of {self.architecture}'s {stages} stages, "
                f"got {len(self.attention_stages)}"
            )

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; of gates that are constants only where there are any."""
        values = dataclasses.asdict(self)
        if not self.folded:
            del values["folded"]
        return values

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> NetworkConfig:
        """The inverse of `to_dict`.

        Raises:
            ValueError: a value is unknown or out of range.
        """
        values = msgspec.convert(values, dict[str, Any])
        known = {f.name for f in dataclasses.fields(cls)}
        unknown = sorted(set(values) - known)
        if unknown:
            raise ValueError(f"unknown network settings: {', '.join(unknown)}; known are {', '.join(sorted(known))}")
        return msgspec.convert(values, cls)
