"""What a file says about itself, for people: facts, grey windows, bands. Never who is on the picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

FACT_TEXTS: Mapping[str, str] = MappingProxyType(
    {
        "size": "{width} x {height} pixels",
        "frames": "{frames} pictures",
        "modality": "Modality {modality}",
        "photometric": "Stored as {photometric}",
        "bits": "{bits} bits a value",
        "number_type": "Values of type {dtype}",
        "compression": "Compression: {compression}",
        "pixel_spacing": "A pixel is {row:g} mm high and {column:g} mm wide",
        "detector_spacing": "A pixel is {row:g} mm high and {column:g} mm wide at the detector",
        "bands": "{bands} bands: {names}",
        "crs": "Coordinates: {crs}",
        "ground_resolution": "A pixel is {x:g} x {y:g} {unit} on the ground",
        "no_data": "No data is written as {value:g}",
        "overviews": "Overviews reduced by {factors}",
    }
)
"""Code -> English phrase, a `str.format` template over `Fact.details`."""


@dataclass(frozen=True)
class Fact:
    """One thing that a file says about itself.

    Attributes:
        code: one of `FACT_TEXTS`; the key for a translated phrase.
        details: the values that the phrase names.
    """

    code: str
    details: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return FACT_TEXTS[self.code].format(**self.details)


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
