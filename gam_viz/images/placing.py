"""Where a picture lies in a network's input: which part of it, how large, and what surrounds it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gam_viz.networks.card import INTERPOLATIONS

Fit = Literal["crop", "pad", "stretch"]
"""How a picture takes the form of the input: its centre cut out, whole with borders, or whole and distorted."""

_RESAMPLING = {name: Image.Resampling[name.upper()] for name in INTERPOLATIONS}
"""Pillow widens its kernels when it shrinks, so nothing aliases."""


@dataclass(frozen=True)
class Placing:
    """How a picture becomes an input of `size`.

    Attributes:
        part: (left, top, right, bottom) of it that is resized, in its pixels.
        resized: (width, height) that the part is brought to.
        corner: (left, top) of the input in what was resized; negative where a border comes before it.
        size: (height, width) of the input.
    """

    part: tuple[int, int, int, int]
    resized: tuple[int, int]
    corner: tuple[int, int]
    size: tuple[int, int]

    @property
    def box(self) -> tuple[float, float, float, float]:
        """(left, top, right, bottom) of the input in pixels of the picture, edges included; see `NetworkInput`."""
        left, top, right, bottom = self.part
        across, down = (right - left) / self.resized[0], (bottom - top) / self.resized[1]
        x, y = self.corner
        height, width = self.size
        return left + x * across, top + y * down, left + (x + width) * across, top + (y + height) * down

    def of(self, values: NDArray[Any], interpolation: str, border: Any) -> NDArray[Any]:
        """(H, W) float32 or (H, W, 3) uint8 -> the same of the input's size, a new array; `border` is a value a
        channel."""
        left, top, right, bottom = self.part
        inner = _resized(values[top:bottom, left:right], *self.resized, interpolation)
        (height, width), (x, y), (across, down) = self.size, self.corner, self.resized
        if (x, y) == (0, 0) and (across, down) == (width, height):
            return inner
        placed = np.empty((height, width, *values.shape[2:]), values.dtype)
        placed[:] = border
        columns, rows = slice(max(0, -x), min(width, across - x)), slice(max(0, -y), min(height, down - y))
        placed[rows, columns] = inner[max(0, y) : y + height, max(0, x) : x + width]
        return placed


def placing(picture: tuple[int, int], size: tuple[int, int], fit: Fit, resize: int = 0) -> Placing:
    """How a picture of (height, width) becomes an input of `size`, (height, width); see `prepare` for the rest."""
    (rows, columns), (height, width) = picture, size
    whole = 0, 0, columns, rows
    wider = columns * height >= width * rows  # than the input
    if fit == "stretch":
        return Placing(whole, (width, height), (0, 0), size)
    if fit == "pad":  # resized first: a padded 1 x 10,000 would need 300 MB
        across = width if wider else max(1, round(columns * height / rows))
        down = max(1, round(rows * width / columns)) if wider else height
        return Placing(whole, (across, down), (-((width - across) // 2), -((height - down) // 2)), size)
    if resize:  # rounded as torchvision rounds
        shorter = min(picture)
        across, down = int(resize * columns / shorter), int(resize * rows / shorter)
        return Placing(whole, (across, down), (round((across - width) / 2), round((down - height) / 2)), size)
    kept = (round(rows * width / height), rows) if wider else (columns, round(columns * height / width))
    across, down = max(1, kept[0]), max(1, kept[1])
    left, top = (columns - across) // 2, (rows - down) // 2
    return Placing((left, top, left + across, top + down), (width, height), (0, 0), size)


def _resized(values: NDArray[Any], width: int, height: int, interpolation: str) -> NDArray[Any]:
    """A new array of the given size."""
    if values.shape[:2] == (height, width):
        return values.copy()
    image = Image.fromarray(np.ascontiguousarray(values))
    return np.array(image.resize((width, height), _RESAMPLING[interpolation]))
