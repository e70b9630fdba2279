"""What a file says about itself, for people: facts, grey windows, bands. Never who is on the picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gam_viz.text import words


@dataclass(frozen=True)
class Fact:
    """One thing that a file says about itself.

    Attributes:
        code: what it says; the catalogue\'s `rendering.fact.<code>`.
        details: the values that the phrase names.
    """

    code: str
    details: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return words("en").text(f"rendering.fact.{self.code}", **self.details)


@dataclass(frozen=True)
class Window:
    """A grey window that a file offers.

    Attributes:
        id: for `Rendering.window`: "file:0", "lut:0", "lung", "minmax" ...
        label: the file's own name for it; empty for those that have a name of ours.
        centre: in the file's units (Hounsfield units for CT); None where the window has none.
        width: likewise.
    """

    id: str
    label: str = ""
    centre: float | None = None
    width: float | None = None


@dataclass(frozen=True)
class Band:
    """One band of a raster.

    Attributes:
        number: from 1.
        name: the file's own name for it, else "1", "2" ...
        role: what the file says it is for: "red", "green", "blue", "alpha", "grey", "palette", or "".
    """

    number: int
    name: str
    role: str = ""


def printable(text: str, longest: int = 40) -> str:
    """A file's own words on one line: no control characters, not too long."""
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in text[: 4 * longest]).split())
    return line if len(line) <= longest else line[: longest - 3] + "..."
