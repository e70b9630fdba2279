"""`decode`: an uploaded file's bytes -> a `Picture`, or one sentence that says why not.

The order is the safety: count the bytes, look what the content is, read what it declares and refuse by that,
and only then let one decoder, never a choice of decoders, see the part of the file that it needs. Everything
happens in memory.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager

# Imported for their registration: left to itself, Pillow loads plugins on first use, whichever thread comes
# first.
from PIL import (
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,
)

from gam_viz.images.containers import read_essentials
from gam_viz.images.errors import PictureError
from gam_viz.images.essentials import Essentials
from gam_viz.images.limits import LIMITS, Limits
from gam_viz.images.picture import Note, Picture
from gam_viz.images.rendering import render
from gam_viz.images.sniff import format_of_suffix, sniff

_PLUGINS = {
    "PNG": PngImagePlugin.PngImageFile.format,
    "JPEG": JpegImagePlugin.JpegImageFile.format,
    "WebP": WebPImagePlugin.WebPImageFile.format,
    "BMP": BmpImagePlugin.BmpImageFile.format,
    "TIFF": TiffImagePlugin.TiffImageFile.format,
    "GIF": GifImagePlugin.GifImageFile.format,
}


def decode(data: bytes, name: str, limits: Limits = LIMITS) -> Picture:
    """Decode one uploaded picture.

    Args:
        data: the file's bytes: PNG, JPEG, WebP, BMP, TIFF (8-bit, or 16-bit grey) or GIF. Of an animation or
            a multi-page file, the first picture.
        name: the file's name; used for display and for a note when it promises another format, never to
            choose a decoder.
        limits: what to accept.

    Returns:
        The picture upright, opaque, as (H, W, 3) uint8 RGB, with a note for everything that was done to it.

    Raises:
        PictureError: the file is refused; nothing else is raised, whatever the bytes are.
    """
    name = clean_name(name)
    try:
        limits.check_file_size(len(data))
        format = sniff(data)
        essentials = read_essentials(data, format, limits)
        limits.check_dimensions(*essentials.size, format)
        with _pillow(format, essentials), _open(format, essentials) as image:
            # Pillow's own reading of the header has the last word: a second look costs nothing.
            limits.check_dimensions(*image.size, format)
            image.load()
            mode = image.mode
            pixels, notes = render(image, essentials, format)
    except PictureError as error:
        error.details["name"] = name
        raise
    if essentials.more_frames:
        notes = (Note("first_frame_only"), *notes)
    suffix, promised = format_of_suffix(name)
    if promised not in (None, format):
        notes = (Note("name_differs_from_format", {"suffix": suffix, "format": format}), *notes)
    return Picture(
        pixels=pixels,
        sha256=hashlib.sha256(data).hexdigest(),
        name=name,
        format=format,
        mode=mode,
        original_size=essentials.size,
        notes=notes,
    )


def clean_name(name: str) -> str:
    """A file's name fit to be printed on one line: no folders, no control characters, at most 120
    characters."""
    base = re.split(r"[/\\]", name)[-1]
    base = "".join(letter if letter.isprintable() else " " for letter in base).strip()
    if len(base) > 120:
        base = base[:80] + "..." + base[-37:]
    return base or "picture"


def _open(format: str, essentials: Essentials) -> Image.Image:
    return Image.open(io.BytesIO(essentials.data), formats=(_PLUGINS[format],))


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
