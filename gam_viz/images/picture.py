"""`Picture`: a decoded picture, and everything that was done to it on the way."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gam_viz.images.bands import Bands
from gam_viz.text import words


@dataclass(frozen=True)
class Note:
    """One thing that was done to a picture, to be told to the user.

    Attributes:
        code: what it says; the catalogue\'s `rendering.note.<code>`.
        details: the values that the sentence names.
    """

    code: str
    details: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return words("en").text(f"rendering.note.{self.code}", **self.details)


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture as it is shown: upright, opaque, 8-bit RGB.

    Attributes:
        pixels: (H, W, 3) uint8 RGB, read-only, C-contiguous.
        sha256: of the uploaded bytes (of size and pixels where there was no file), 64 hexadecimal digits.
        name: the file's name without folders, safe to print on one line (but not escaped for HTML).
        format: what the content is ("PNG", "JPEG", ...), whatever the name says.
        mode: how the file stores its pixels, in Pillow's terms ("RGB", "P", "CMYK", "I;16", ...).
        original_size: (width, height) in pixels as stored, before the EXIF orientation was applied.
        notes: what was done to it, in order.
        rendering: the choices that turned bytes into pixels, as canonical text; empty when there was nothing
            to choose. (A DICOM window or the bands of a GeoTIFF belong here.)
        bands: all that were measured, where the file has bands: networks that take other channels than a picture for
            eyes get those. None of other pictures.
    """

    pixels: NDArray[np.uint8]
    sha256: str
    name: str
    format: str
    mode: str
    original_size: tuple[int, int]
    notes: tuple[Note, ...] = ()
    rendering: str = ""
    bands: Bands | None = None

    def __post_init__(self) -> None:
        shape, dtype = self.pixels.shape, self.pixels.dtype
        if len(shape) != 3 or shape[2] != 3 or 0 in shape or dtype != np.uint8:
            raise TypeError(f"a Picture's pixels are (H, W, 3) uint8, got {shape} {dtype}")
        pixels = np.ascontiguousarray(self.pixels)
        pixels = pixels.view()  # so that the caller's own array stays writable
        pixels.flags.writeable = False
        object.__setattr__(self, "pixels", pixels)

    @property
    def width(self) -> int:
        """Pixels from left to right, upright."""
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        """Pixels from top to bottom, upright."""
        return int(self.pixels.shape[0])

    @property
    def key(self) -> str:
        """What a cache may go by: the bytes' sha256 and the rendering, never the array."""
        return f"{self.sha256}?{self.rendering}" if self.rendering else self.sha256


def from_pixels(pixels: NDArray[np.uint8], name: str, format: str = "array") -> Picture:
    """A picture that was never a file: (H, W, 3) uint8 RGB. Its sha256 is that of its size and pixels."""
    height, width = pixels.shape[:2]
    return Picture(pixels, pixels_sha256(pixels), name, format, "RGB", (width, height))


def pixels_sha256(pixels: NDArray[np.uint8]) -> str:
    """Of size and pixels, whatever file they came from."""
    height, width = pixels.shape[:2]
    return hashlib.sha256(f"{width}x{height}\n".encode() + pixels.tobytes()).hexdigest()
