"""Files that Pillow decodes: handed over cut down, to the one plugin that their content calls for."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

# Imported for their registration: left to itself, Pillow loads plugins on first use, whichever thread comes
# first.
from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    Jpeg2KImagePlugin,
    JpegImagePlugin,
    PngImagePlugin,
    PpmImagePlugin,
    TiffImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,
)

from gam_viz.images.errors import PictureError
from gam_viz.images.formats.header import Essentials
from gam_viz.images.formats.headers import read_essentials
from gam_viz.images.formats.to_rgb import to_rgb
from gam_viz.images.limits import Limits
from gam_viz.images.picture import Note
from gam_viz.images.rendering import Rendering

PLUGINS = {
    "PNG": PngImagePlugin.PngImageFile.format,
    "JPEG": JpegImagePlugin.JpegImageFile.format,
    "WebP": WebPImagePlugin.WebPImageFile.format,
    "BMP": BmpImagePlugin.BmpImageFile.format,
    "TIFF": TiffImagePlugin.TiffImageFile.format,
    "GIF": GifImagePlugin.GifImageFile.format,
    "AVIF": AvifImagePlugin.AvifImageFile.format,
    "JPEG2000": Jpeg2KImagePlugin.Jpeg2KImageFile.format,
    "PNM": PpmImagePlugin.PpmImageFile.format,
}
"""Format -> Pillow's own name of it."""


def declared(data: bytes, format: str, limits: Limits) -> tuple[Essentials, str]:
    """What a file declares: its essentials for the first frame, and Pillow's mode of it. Nothing is decoded.

    Raises:
        PictureError: the file is refused by what it declares.
    """
    essentials = read_essentials(data, format, limits)
    limits.check_dimensions(*essentials.size, format)
    with _pillow(format, essentials), _open(format, essentials) as image:
        # Pillow's own reading of the header has the last word: a second look costs nothing.
        limits.check_dimensions(*image.size, format)
        return essentials, image.mode


def decode_frame(
    data: bytes, format: str, rendering: Rendering, limits: Limits, first: Essentials
) -> tuple[NDArray[np.uint8], str, Essentials, tuple[Note, ...]]:
    """Decode one frame.

    Args:
        data: the whole file.
        format: a key of `PLUGINS`.
        rendering: which frame, and how deep grey values become 8-bit ones.
        limits: what to accept.
        first: the essentials of the first frame.

    Returns:
        (H, W, 3) uint8 RGB, upright; the mode that Pillow named; the frame's essentials; what was done.

    Raises:
        PictureError: the file or the rendering is refused.
    """
    frame = rendering.frame
    essentials = read_essentials(data, format, limits, frame) if frame else first
    # A page of a TIFF is a picture of its own; frames of an animation are drawn over each other.
    steps = frame if format != "TIFF" else 0
    _check_animation(essentials, steps, limits)
    with _pillow(format, essentials), _open(format, essentials) as image:
        limits.check_dimensions(*image.size, format)
        for step in range(1, steps + 1):
            image.seek(step)
            limits.check_dimensions(*image.size, format)
        image.load()
        mode = image.mode
        pixels, notes = to_rgb(image, essentials, format, rendering)
    return pixels, mode, essentials, notes


def _check_animation(essentials: Essentials, steps: int, limits: Limits) -> None:
    pixels = (steps + 1) * essentials.size[0] * essentials.size[1]
    if steps and pixels > limits.animation_pixels:
        raise PictureError(
            "too_long_an_animation",
            frame=steps,
            megapixels=pixels / 1e6,
            limit_megapixels=limits.animation_pixels / 1e6,
        )


def _open(format: str, essentials: Essentials) -> Image.Image:
    return Image.open(io.BytesIO(essentials.data), formats=(PLUGINS[format],))


@contextmanager
def _pillow(format: str, essentials: Essentials) -> Iterator[None]:
    """Turn whatever Pillow trips over into a `PictureError`.

    On damaged files Pillow raises OSError, SyntaxError, ValueError, TypeError, struct.error,
    ZeroDivisionError and more, and the list changes with every release; so all of Exception is caught here,
    around Pillow alone.
    """
    try:
        yield
    except PictureError:
        raise
    except MemoryError as error:
        raise PictureError("out_of_memory") from error
    except Exception as error:
        if isinstance(error, UnidentifiedImageError) and essentials.layout:
            raise PictureError("unsupported_mode", format=format, mode=essentials.layout) from error
        short = not essentials.complete or "truncated" in str(error).lower()
        raise PictureError("truncated" if short else "damaged", format=format) from error
