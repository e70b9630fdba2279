"""Which part of a raster is read, how much reduced, and where it holds data: so much and no more is unfolded."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasterio.enums import MaskFlags, Resampling
from rasterio.io import DatasetReader
from rasterio.windows import Window

from gam_viz.images.errors import PictureError
from gam_viz.images.formats.raster.header import RasterFile
from gam_viz.images.formats.to_grey import Mask
from gam_viz.images.limits import Limits
from gam_viz.images.rendering import Rendering


@dataclass(frozen=True)
class Reading:
    """A part of the raster and the size that it is read at, in pixels."""

    left: int
    top: int
    width: int
    height: int
    shown_width: int
    shown_height: int

    @property
    def reduced(self) -> bool:
        return (self.shown_width, self.shown_height) != (self.width, self.height)


def plan(
    dataset: DatasetReader, file: RasterFile, rendering: Rendering, limits: Limits, asked: int | None = None
) -> Reading:
    """Which part is read, and how much reduced, so that neither the result nor the way to it is too large.

    Args:
        dataset, file: opened.
        rendering: resolved.
        limits: how much may be read.
        asked: how many bands; those that the rendering shows, and opacity, where None.

    Raises:
        PictureError: "too_much_to_read".
    """
    left, top, right, bottom = rendering.region or (0, 0, file.width, file.height)
    width, height = right - left, bottom - top
    shown_width, shown_height = width, height
    value_bytes = np.dtype(file.dtype).itemsize
    if (
        width * height > limits.pixels
        or max(width, height) > limits.side
        or width * height * value_bytes > limits.raster_band_bytes
    ):
        most = min(limits.overview_pixels, limits.pixels)
        step = max(math.sqrt(width * height / most), max(width, height) / limits.side)
        shown_width, shown_height = max(1, int(width / step)), max(1, int(height / step))
    reading = Reading(left, top, width, height, shown_width, shown_height)
    megabytes = _unfolded_bytes(dataset, file, asked or _shown(file, rendering), reading) / 2**20
    if megabytes > limits.raster_read_bytes / 2**20:
        raise PictureError(
            "too_much_to_read",
            width=file.width,
            height=file.height,
            megabytes=megabytes,
            limit_megabytes=limits.raster_read_bytes / 2**20,
        )
    return reading


def _shown(file: RasterFile, rendering: Rendering) -> int:
    return len(set(rendering.bands or ())) + (file.alpha is not None)


def _unfolded_bytes(dataset: DatasetReader, file: RasterFile, asked: int, reading: Reading) -> float:
    """Bytes of all the strips or tiles that have to be unfolded for a reading of so many bands: whole ones, of the best
    overview."""
    factor = min(reading.width / reading.shown_width, reading.height / reading.shown_height)
    level = max((float(level) for level in dataset.overviews(1) if level <= factor * 1.01), default=1.0)
    block_height, block_width = dataset.block_shapes[0]
    across = min(file.width / level, reading.width / level + 2 * block_width)
    down = min(file.height / level, reading.height / level + 2 * block_height)
    together = dataset.count if dataset.profile.get("interleave") == "pixel" and dataset.count > 1 else asked
    # GDAL keeps few blocks: pixels that lie together are unfolded once for every band that is asked for.
    times = asked if together > asked and across * block_height * together > 32e6 else 1
    return across * down * together * times * np.dtype(file.dtype).itemsize


def read_band(dataset: DatasetReader, number: int, reading: Reading, *, average: bool = True) -> NDArray[Any]:
    """(shown height, shown width) of one band; where it is reduced, means of values unless `average` is off."""
    return dataset.read(
        number,
        window=Window(reading.left, reading.top, reading.width, reading.height),
        out_shape=(reading.shown_height, reading.shown_width),
        resampling=Resampling.average if average and reading.reduced else Resampling.nearest,
    )


def has_mask(dataset: DatasetReader, number: int) -> bool:
    """Whether the file keeps beside a band where it holds data."""
    flags = dataset.mask_flag_enums[number - 1]
    return MaskFlags.per_dataset in flags and MaskFlags.alpha not in flags and MaskFlags.nodata not in flags


def valid_in(dataset: DatasetReader, number: int, reading: Reading, values: NDArray[Any]) -> Mask | None:
    """Where a band holds data; None for everywhere."""
    flags = dataset.mask_flag_enums[number - 1]
    valid: Mask | None = None
    if MaskFlags.all_valid not in flags and MaskFlags.alpha not in flags:
        valid = (
            dataset.read_masks(
                number,
                window=Window(reading.left, reading.top, reading.width, reading.height),
                out_shape=(reading.shown_height, reading.shown_width),
            )
            > 0
        )
    if values.dtype.kind == "f":
        finite = np.isfinite(values)
        valid = finite if valid is None else finite & valid
    return None if valid is None or valid.all() else valid
