"""What could not be had in a case, and what to know before its numbers are compared: each in one sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

LEFT_OUT_TEXTS: Mapping[str, str] = MappingProxyType(
    {
        "failed": "{step} could not be computed: {why}.",
        "not_classes": "The network gives {logits} numbers for the {classes} classes its card names, so nothing is "
        "said of it.",
        "not_finite": "The network's answer to this picture is not a finite number, so nothing more is said of it.",
        "no_such_class": "The network has no class “{target}”; what it predicts, “{predicted}”, is explained instead.",
        "no_gates": "The network has no gates: there is nothing to replace.",
        "no_maps": "There is no map of this network to judge.",
        "map_not_finite": "The map {map} holds values that are not finite numbers, so it is neither drawn nor judged.",
        "flat": "The map {map} has one value everywhere: it marks no place, and is no better than a random order.",
        "not_ablated": "The gates of {layer} were not replaced: {why}.",
        "refused": "The map {map} could not be judged by deletion and insertion: {why}.",
        "kept": "{count} parameters could not be made random ({names}): what survives may rest on them.",
        "other_classes": "The networks know different classes: their probabilities, and numbers that rest on them, "
        "cannot be held against each other.",
        "other_targets": "The networks are asked about different classes: curves and attributions speak of each "
        "network's own.",
    }
)
"""Code -> English sentence, a `str.format` template over `LeftOut.details` and the step."""


@dataclass(frozen=True)
class LeftOut:
    """One thing that was not done, or that limits what was.

    Attributes:
        network: its name in the case; empty where it concerns all of them.
        step: which of the case's `STEPS` it concerns.
        code: one of `LEFT_OUT_TEXTS`; the key for a translated sentence.
        details: the values that the sentence names.
    """

    network: str
    step: str
    code: str
    details: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        sentence = LEFT_OUT_TEXTS[self.code].format(step=self.step.capitalize(), **self.details)
        return f"{self.network}: {sentence}" if self.network else sentence
