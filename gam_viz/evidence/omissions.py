"""What could not be had in a case, and what to know before its numbers are compared: each in one sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gam_viz.text import words


@dataclass(frozen=True)
class LeftOut:
    """One thing that was not done, or that limits what was.

    Attributes:
        network: its name in the case; empty where it concerns all of them.
        step: which of the case's steps (`steps_of`) it concerns.
        code: which sentence of the catalogue says it, under "report.left".
        details: the values that the sentence names; "why" may be a `RefusalError`, which says itself in any language.
    """

    network: str
    step: str
    code: str
    details: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        sentence = words("en").text(f"report.left.{self.code}", step=self.step.capitalize(), **self.details)
        return f"{self.network}: {sentence}" if self.network else sentence
