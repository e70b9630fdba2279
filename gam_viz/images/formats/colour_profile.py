"""Colour profiles (ICC): from a file's own colours to sRGB, which screens and networks take for granted."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageCms

LARGEST_PROFILE = 4 << 20
_SPACES = {"RGB": "RGB", "L": "GRAY", "CMYK": "CMYK"}
_SAME = 2  # of 255: a difference that nobody sees, between ways of rounding


def in_srgb(image: Image.Image, profile: bytes) -> tuple[Image.Image, bool | None]:
    """A picture's colours in sRGB.

    Args:
        image: loaded, of 8 bits.
        profile: as the file holds it.

    Returns:
        RGB or RGBA (where the picture has opacity), and True; the picture itself and False where its colours are
        sRGB's already or bound to no profile, or None where the profile cannot be used: it is damaged, or one for
        other colours.
    """
    straight = {"La": "LA", "RGBa": "RGBA"}.get(image.mode)
    plain = image.convert(straight) if straight else image
    if plain.mode in ("P", "PA"):
        plain = plain.convert("RGBA" if plain.has_transparency_data else "RGB")
    opacity = plain.getchannel("A") if plain.mode in ("LA", "RGBA") else None
    colours = plain.convert({"LA": "L", "RGBA": "RGB", "RGBX": "RGB", "YCbCr": "RGB"}.get(plain.mode, plain.mode))
    space = _SPACES.get(colours.mode)
    if space is None:  # black and white, or Lab, which is measured against nobody's colours
        return image, False
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if source.profile.xcolor_space.strip() != space:
            return image, None
        transform = ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), colours.mode, "RGB")
        samples = _samples(len(colours.getbands()), colours.mode)
        turned = ImageCms.applyTransform(samples, transform)
        assert turned is not None
        if (
            colours.mode != "CMYK"
            and np.abs(np.asarray(turned, int) - np.asarray(samples.convert("RGB"), int)).max() <= _SAME
        ):
            return image, False
        shown = ImageCms.applyTransform(colours, transform)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image, None
    assert shown is not None
    if opacity is not None:
        shown.putalpha(opacity)
    return shown, True


def _samples(channels: int, mode: str) -> Image.Image:
    """A picture of colours from all over a space."""
    steps = np.linspace(0, 255, 6).astype(np.uint8)
    colours = np.stack(np.meshgrid(*[steps] * channels), axis=-1).reshape(1, -1, channels)
    return Image.frombytes(mode, colours.shape[1::-1], np.ascontiguousarray(colours).tobytes())
