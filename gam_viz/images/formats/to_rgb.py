"""From Pillow's many modes to one: upright, opaque 8-bit RGB, with a note for whatever was changed.

Works in bands of rows, so that a 40-megapixel picture costs its decoded pixels and the result, not a copy for
every step in between.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gam_viz.images.errors import PictureError
from gam_viz.images.formats.colour_profile import in_srgb
from gam_viz.images.formats.header import Essentials
from gam_viz.images.formats.to_grey import limits_of, scaled
from gam_viz.images.picture import Note
from gam_viz.images.rendering import Rendering

_BAND_PIXELS = 1_000_000

_CONVERTED = {
    "1": "grey_expanded",
    "L": "grey_expanded",
    "LA": "grey_expanded",
    "La": "grey_expanded",
    "P": "palette_expanded",
    "PA": "palette_expanded",
    "CMYK": "cmyk_converted",
    "LAB": "lab_converted",
    "YCbCr": "ycbcr_converted",
}
_PLAIN = ("RGB", "RGBA", "RGBX", "RGBa")


def is_deep_grey(mode: str) -> bool:
    """Whether a picture of this mode of Pillow's has grey values of more than 8 bits."""
    return mode == "I" or mode.startswith("I;16")


def to_rgb(
    image: Image.Image, essentials: Essentials, format: str, rendering: Rendering
) -> tuple[NDArray[np.uint8], tuple[Note, ...]]:
    """The pixels of a loaded picture as they are shown.

    Args:
        image: decoded by Pillow, in any mode.
        essentials: orientation and stored bits, which Pillow was not told.
        format: for the refusal's sentence.
        rendering: window or percentiles, which only grey values of more than 8 bits have.

    Returns:
        (H, W, 3) uint8 RGB, and what was done to get there.

    Raises:
        PictureError: "unsupported_mode" or "not_adjustable".
    """
    notes: list[Note] = []
    if is_deep_grey(image.mode) and essentials.bits <= 16:
        pixels, note = _scale_sixteen_bits(image, rendering, inverted=essentials.inverted)
        notes += [Note("grey_expanded"), note]
        hidden = _hidden_value(image)
        if hidden is not None and hidden.any():
            pixels[hidden] = 255
            notes.append(Note("alpha_on_white", {"percent": 100 * float(hidden.mean())}))
    elif rendering.window or rendering.stretch:  # of a page that is not deep, as the first one is
        raise PictureError("not_adjustable", choice="window" if rendering.window else "stretch")
    elif image.mode in _CONVERTED or image.mode in _PLAIN:
        stored, known = image, None
        if essentials.profile:
            image, known = in_srgb(image, essentials.profile)
        if stored.mode in _CONVERTED and not (known and stored.mode == "CMYK"):
            notes.append(Note(_CONVERTED[stored.mode]))
        if essentials.profile and known is not False:
            notes.append(Note("profile_applied") if known else Note("profile_unused"))
        if essentials.bits > 8:
            notes.append(Note("sixteen_bit_reduced"))
        if image.has_transparency_data:
            pixels, share = _over_white(image)
            if share:
                notes.append(Note("alpha_on_white", {"percent": 100 * share}))
        else:
            pixels = _in_bands(image, lambda band: np.asarray(band.convert("RGB")))
    else:
        raise PictureError("unsupported_mode", format=format, mode=essentials.layout or image.mode)
    if essentials.orientation != 1:
        pixels = upright(pixels, essentials.orientation)
        notes.append(Note("exif_rotated", {"orientation": essentials.orientation}))
    return pixels, tuple(notes)


def upright(pixels: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Turn stored pixels (H, W, ...) the way up that the camera meant, by EXIF orientation 1..8."""
    transposed = pixels.swapaxes(0, 1)
    turned = {
        1: pixels,
        2: pixels[:, ::-1],
        3: pixels[::-1, ::-1],
        4: pixels[::-1],
        5: transposed,
        6: transposed[:, ::-1],  # a quarter turn clockwise
        7: transposed[::-1, ::-1],
        8: transposed[::-1],  # a quarter turn counter-clockwise
    }[orientation]
    return np.ascontiguousarray(turned)


def _bands(image: Image.Image) -> Iterator[tuple[int, int]]:
    rows = max(1, _BAND_PIXELS // image.width)
    for top in range(0, image.height, rows):
        yield top, min(top + rows, image.height)


def _in_bands(image: Image.Image, convert: Callable[[Image.Image], NDArray[np.uint8]]) -> NDArray[np.uint8]:
    pixels = np.empty((image.height, image.width, 3), np.uint8)
    for top, bottom in _bands(image):
        pixels[top:bottom] = convert(image.crop((0, top, image.width, bottom)))
    return pixels


def _over_white(image: Image.Image) -> tuple[NDArray[np.uint8], float]:
    """The picture laid on white, and the share of its pixels that were not fully opaque."""
    see_through = 0

    def convert(band: Image.Image) -> NDArray[np.uint8]:
        nonlocal see_through
        if band.mode == "La":  # premultiplied grey: Pillow knows no direct way to RGBA
            band = band.convert("LA")
        rgba = np.asarray(band.convert("RGBA")).astype(np.uint16)
        alpha = rgba[..., 3:]
        see_through += int(np.count_nonzero(alpha < 255))
        laid: NDArray[np.uint16] = (rgba[..., :3] * alpha + 255 * (255 - alpha) + 127) // 255  # at most 65,152
        return laid.astype(np.uint8)

    pixels = _in_bands(image, convert)
    return pixels, see_through / (image.width * image.height)


def _hidden_value(image: Image.Image) -> NDArray[np.bool_] | None:
    """Where deep grey has the one value that its file says to be transparent (PNG's tRNS); None without one."""
    value = image.info.get("transparency")
    return np.asarray(image) == value if isinstance(value, int) else None


def _scale_sixteen_bits(image: Image.Image, rendering: Rendering, *, inverted: bool) -> tuple[NDArray[np.uint8], Note]:
    """Stretch the values that occur over black..white: scanners and microscopes rarely use all 65,536.

    A picture of one single value has no range; it keeps its place in the full one.
    """
    values = np.asarray(image)
    if values.dtype != np.uint16:  # Pillow's mode "I", in which it hands out some 16-bit files
        values = np.clip(values, 0, 65_535).astype(np.uint16)
    if inverted:
        values = np.uint16(65_535) - values
    hidden = _hidden_value(image)
    seen = None if hidden is None or hidden.all() else ~hidden
    if rendering.window or rendering.stretch:
        black, white = limits_of(values, seen, rendering)
        grey = scaled(values, None, black, white)
        return np.repeat(grey[..., None], 3, axis=2), Note("values_scaled", {"low": black, "high": white})
    known = values if seen is None else values[seen]
    low, high = int(known.min()), int(known.max())
    if low == high:
        low, high = 0, 65_535
    span = high - low
    pixels = np.empty((*values.shape, 3), np.uint8)
    for top, bottom in _bands(image):
        band = np.clip(values[top:bottom], low, high).astype(np.uint32) - low
        pixels[top:bottom] = ((band * 255 + span // 2) // span).astype(np.uint8)[..., None]
    return pixels, Note("sixteen_bit_scaled", {"low": low, "high": high})
