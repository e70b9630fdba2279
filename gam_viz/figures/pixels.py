"""Maps and pictures of a report as PNG files."""

from __future__ import annotations

import base64
import io
from functools import cache

import numpy as np
import numpy.typing as npt
from matplotlib import colormaps
from matplotlib.colors import Colormap
from PIL import Image

from gam_viz.figures.scales import Scale
from gam_viz.figures.style import grey

Pixels = npt.NDArray[np.uint8]
SIDE = 128  # pixels of a small map's side, at least


def painted(values: npt.NDArray[np.floating], scale: Scale, colours: str) -> Pixels:
    """(h, w) -> (h, w, 3) uint8: a map in its colours, a pixel a cell."""
    share = (values.astype(np.float64) - scale.low) / ((scale.high - scale.low) or 1.0)
    return np.rint(_colour_map(colours)(np.clip(share, 0, 1))[..., :3] * 255).astype(np.uint8)


@cache  # the registry hands out copies, each of which works out its colours anew
def _colour_map(name: str) -> Colormap:
    return colormaps[name]


def over(values: npt.NDArray[np.floating], seen: Pixels, scale: Scale, colours: str, opacity: float) -> Pixels:
    """The map over the grey picture, its cells kept as cells: (H, W, 3) uint8 with sides a multiple of the picture's.

    Args:
        values: (h, w) at the map's true resolution.
        seen: (h, w, 3) uint8, what the network saw.
        opacity: of the map, 0..1.
    """
    times = max(1, -(-SIDE // min(seen.shape[:2])))
    size = seen.shape[0] * times, seen.shape[1] * times
    colour = _spread(painted(values, scale, colours), size).astype(np.float64)
    below = _spread(grey(seen), size).astype(np.float64)
    return np.rint(opacity * colour + (1 - opacity) * below).astype(np.uint8)


def bar(colours: str) -> Pixels:
    """(1, 128, 3) uint8: the colours from end to end."""
    return painted(np.linspace(0, 1, 128)[None], Scale(0, 1), colours)


def reduced(pixels: Pixels, side: int) -> Pixels:
    """The picture with no side longer than `side`."""
    image = Image.fromarray(pixels)
    image.thumbnail((side, side), Image.Resampling.BICUBIC)
    return np.asarray(image)


def png(pixels: Pixels) -> bytes:
    """As a PNG file without any text in it."""
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(buffer, "PNG")
    return buffer.getvalue()


def uri(pixels: Pixels) -> str:
    """As a PNG that a page can carry."""
    return "data:image/png;base64," + base64.b64encode(png(pixels)).decode()


def _spread(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    """(h, w, 3) -> (H, W, 3), by the nearest cell."""
    (height, width), (down, across) = pixels.shape[:2], size
    rows = ((np.arange(down) + 0.5) * height / down).astype(int)
    columns = ((np.arange(across) + 0.5) * width / across).astype(int)
    return np.asarray(pixels[rows][:, columns])


def thumbnail(pixels: Pixels, side: int = 192) -> Image.Image:
    """The whole picture inside a square of `side` pixels, so that pictures of every shape take the same place."""
    height, width = pixels.shape[:2]
    scale = side / max(height, width)
    size = (max(2, round(width * scale)), max(2, round(height * scale)))
    resample = Image.Resampling.NEAREST if scale > 1 else Image.Resampling.BICUBIC
    square = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    small = Image.fromarray(pixels).resize(size, resample)
    square.paste(small, ((side - size[0]) // 2, (side - size[1]) // 2))
    return square
