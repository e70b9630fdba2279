"""A raster's bands as a picture: read whole, in part or reduced, then stretched to 8 bits, band by band."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasterio.io import DatasetReader

from gam_viz.images.errors import PictureError
from gam_viz.images.formats.raster.header import RasterFile, opened
from gam_viz.images.formats.raster.read import Reading, has_mask, plan, read_band, valid_in
from gam_viz.images.formats.to_grey import limits_of, scaled, value_range
from gam_viz.images.formats.to_rgb import upright
from gam_viz.images.limits import Limits
from gam_viz.images.picture import Note
from gam_viz.images.rendering import Rendering
from gam_viz.images.source import refuse_choices

DEFAULT_STRETCH = (2.0, 98.0)
SMALLEST = 64  # pixels a side of a part worth looking at


def resolve(file: RasterFile, rendering: Rendering) -> Rendering:
    """A rendering with every choice made: values of 8 bits as stored, others between their 2nd and 98th percentiles.

    Raises:
        PictureError: "no_such_band", "no_such_window", "bad_region".
    """
    if file.paletted:
        refuse_choices(rendering, "window", "stretch")
    numbers = {band.number for band in file.bands}
    bands = rendering.bands or file.default_bands
    for band in bands:
        if band not in numbers:
            raise PictureError("no_such_band", band=band, bands=f"1 to {max(numbers)}")
    presets = ("minmax",) if file.dtype.startswith("float") else ("minmax", "full")
    if isinstance(rendering.window, str) and rendering.window not in presets:
        raise PictureError("no_such_window", window=rendering.window, offered=", ".join((*presets, "centre_width")))
    region = rendering.region
    if region is not None:
        if region[2] > file.width or region[3] > file.height:
            raise PictureError("bad_region", region=repr(region))
        if region == (0, 0, file.width, file.height):
            region = None
    resolved = replace(rendering, bands=bands, region=region)
    if rendering.window is None and rendering.stretch is None:
        resolved = replace(resolved, **{"window": "full"} if file.dtype == "uint8" else {"stretch": DEFAULT_STRETCH})
    return resolved


def readable(file: RasterFile, limits: Limits) -> tuple[int, int, int, int] | None:
    """The part that can be read without unfolding too much: None for all of it, else the largest of the parts in its
    middle whose sides are a half, a quarter ... of its own.

    Raises:
        PictureError: "too_much_to_read": not even a part of `SMALLEST` pixels.
    """
    rendering, share = resolve(file, Rendering()), 1
    with opened(file.data) as dataset:
        while True:
            try:
                plan(dataset, file, rendering, limits)
            except PictureError as error:
                share *= 2
                width, height = file.width // share, file.height // share
                if error.code != "too_much_to_read" or min(width, height) < SMALLEST:
                    raise
                left, top = (file.width - width) // 2, (file.height - height) // 2
                rendering = replace(rendering, region=(left, top, left + width, top + height))
            else:
                return rendering.region


def render_raster(file: RasterFile, rendering: Rendering, limits: Limits) -> tuple[NDArray[np.uint8], tuple[Note, ...]]:
    """The chosen bands as they are shown.

    Args:
        file: opened.
        rendering: resolved.
        limits: how much may be read.

    Returns:
        (H, W, 3) uint8 RGB, upright, and what was done.

    Raises:
        PictureError: "too_much_to_read", "damaged" or "out_of_memory".
    """
    assert rendering.bands is not None
    with opened(file.data) as dataset:
        reading = plan(dataset, file, rendering, limits)
        notes = _reading_notes(file, rendering, reading)
        opacity = read_band(dataset, file.alpha, reading) if file.alpha is not None else None
        alpha = None if opacity is None else scaled(opacity, None, 0.0, _opaque(file, opacity))
        pixels = np.empty((reading.shown_height, reading.shown_width, 3), np.uint8)
        done: dict[int, NDArray[np.uint8]] = {}
        empty = 0.0
        for channel, number in enumerate(rendering.bands):
            if number not in done:
                done[number], more, share = _band(dataset, file, number, reading, rendering, opacity)
                notes += more
                empty = max(empty, share)
            pixels[..., channel] = done[number]
            if number not in rendering.bands[channel + 1 :]:
                del done[number]
        if file.paletted:
            pixels = _colour_table(dataset)[pixels[..., 0]]
    if empty:
        notes.append(Note("no_data_black", {"percent": 100 * empty}))
    if alpha is not None and (alpha < 255).any():
        notes.append(Note("alpha_on_white", {"percent": 100 * float((alpha < 255).mean())}))
        _lay_on_white(pixels, alpha)
    if file.orientation != 1:
        pixels = upright(pixels, file.orientation)
        notes.append(Note("exif_rotated", {"orientation": file.orientation}))
    return pixels, tuple(notes)


def measured_range(file: RasterFile, band: int, rendering: Rendering, limits: Limits) -> tuple[float, float]:
    """The smallest and the largest value of a band in the part that a rendering shows, no data left out.

    Raises:
        PictureError: "no_such_band", "too_much_to_read", "damaged" or "out_of_memory".
    """
    rendering = resolve(file, replace(rendering, bands=(band, band, band)))
    with opened(file.data) as dataset:
        reading = plan(dataset, file, rendering, limits)
        values = _values(dataset, file, band, reading)
        return value_range(values, valid_in(dataset, band, reading, values))


def stored_bands(file: RasterFile, rendering: Rendering, limits: Limits, count: int) -> Iterator[NDArray[Any]]:
    """(H, W), upright: the first bands of what a rendering shows, as they are stored; opacity is the last.

    Raises:
        PictureError: as `render_raster`.
    """
    numbers = [band.number for band in file.bands] + ([] if file.alpha is None else [file.alpha])
    with opened(file.data) as dataset:
        reading = plan(dataset, file, rendering, limits, asked=count)
        for number in numbers[:count]:
            yield upright(read_band(dataset, number, reading, average=not file.paletted), file.orientation)


def _band(
    dataset: DatasetReader,
    file: RasterFile,
    number: int,
    reading: Reading,
    rendering: Rendering,
    opacity: NDArray[Any] | None,
) -> tuple[NDArray[np.uint8], list[Note], float]:
    """One band as 0..255, how it came to that, and the share of it without data."""
    values = _values(dataset, file, number, reading, opacity)
    valid = valid_in(dataset, number, reading, values)
    empty = 0.0 if valid is None else 1 - float(valid.mean())
    seen = valid
    if opacity is not None:
        seen = opacity > 0 if valid is None else valid & (opacity > 0)
    if rendering.window == "full" and file.value_range is not None and not file.paletted:
        black, white = file.value_range
    else:
        black, white = limits_of(values, seen, rendering)
    as_stored = (black, white) == (0.0, 255.0) and values.dtype == np.uint8
    if as_stored and not has_mask(dataset, number):
        # A value that stands for no data is as good as any other here: most such pictures say 0, which is black.
        valid, empty = None, 0.0
    grey = values if as_stored and valid is None else scaled(values, valid, black, white)
    if file.white_is_smallest:
        grey = 255 - grey
        if valid is not None:
            grey[~valid] = 0
    if as_stored or empty == 1:
        return grey, [], empty
    name = next(band.name for band in file.bands if band.number == number)
    if rendering.stretch is None:
        return grey, [Note("values_scaled", {"low": black, "high": white})], empty
    low, high = rendering.stretch
    details = {"band": name, "low": black, "high": white, "low_percent": low, "high_percent": high}
    return grey, [Note("band_scaled", details)], empty


def _values(
    dataset: DatasetReader, file: RasterFile, number: int, reading: Reading, opacity: NDArray[Any] | None = None
) -> NDArray[Any]:
    """(shown height, shown width) of one band, not multiplied by its opacity (which is read where it is not given)."""
    values = read_band(dataset, number, reading, average=not file.paletted)
    if not file.premultiplied or file.alpha is None:
        return values
    opacity = read_band(dataset, file.alpha, reading) if opacity is None else opacity
    opaque = _opaque(file, opacity)
    largest = np.inf if file.value_range is None else file.value_range[1]
    for row, seen in zip(values, opacity, strict=True):
        share = np.where(seen > 0, seen / opaque, 1.0)
        straight = np.clip(row / share, -largest, largest)
        row[:] = straight if file.value_range is None else np.floor(straight + 0.5)
    return values


def _reading_notes(file: RasterFile, rendering: Rendering, reading: Reading) -> list[Note]:
    assert rendering.bands is not None
    names = {band.number: band.name for band in file.bands}
    red, green, blue = (names[number] for number in rendering.bands)
    notes = []
    if rendering.region is not None:
        left, top, right, bottom = rendering.region
        notes.append(Note("part_shown", {"left": left, "top": top, "right": right, "bottom": bottom}))
    if reading.reduced:
        sizes = {"width": reading.width, "height": reading.height}
        shown = {"shown_width": reading.shown_width, "shown_height": reading.shown_height}
        notes.append(Note("read_reduced", {**sizes, **shown}))
    if len(set(rendering.bands)) > 1:
        notes.append(Note("bands_shown", {"red": red, "green": green, "blue": blue}))
    elif len(file.bands) > 1:
        notes.append(Note("band_shown", {"bands": len(file.bands), "band": red}))
    else:
        notes.append(Note("palette_expanded") if file.paletted else Note("grey_expanded"))
    if file.white_is_smallest:
        notes.append(Note("white_is_smallest"))
    return notes


def _colour_table(dataset: DatasetReader) -> NDArray[np.uint8]:
    """(256, 3) RGB."""
    table = np.zeros((256, 4), np.uint8)
    for index, colour in dataset.colormap(1).items():
        if 0 <= index < 256:
            table[index] = colour
    return table[:, :3]


def _lay_on_white(pixels: NDArray[np.uint8], alpha: NDArray[np.uint8]) -> None:
    """In place, row by row: pixel * alpha + white * (1 - alpha)."""
    for row, opacity in zip(pixels, alpha, strict=True):
        share = opacity[:, None].astype(np.uint16)
        row[:] = (row * share + 255 * (255 - share) + 127) // 255


def _opaque(file: RasterFile, opacity: NDArray[Any]) -> float:
    """The value that hides all: the largest there is (1 for floating point), but many writers put 255 into deep
    bands."""
    largest = 1.0 if file.value_range is None else file.value_range[1]
    found = float(np.nan_to_num(opacity).max())
    if opacity.dtype.kind == "f":
        return largest if found <= 1 else 255.0
    return 255.0 if 1 < found <= 255 else largest
