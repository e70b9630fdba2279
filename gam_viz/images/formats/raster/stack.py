"""Bands that are no file, written as one in memory, so that they are looked at, and read, as every raster is."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasterio.io import MemoryFile

_STORED_AS = {"float16": "float32", "longdouble": "float64", "bool": "uint8"}


def as_tiff(values: NDArray[Any]) -> bytes:
    """(H, W, N) numbers -> a TIFF of N bands, without loss, but for complex numbers, which are no picture.

    Raises:
        ValueError: it is no such array, or of no type of number that a picture has.
    """
    if values.ndim != 3 or 0 in values.shape or values.dtype.kind not in "buif":
        raise ValueError(f"(H, W, bands) numbers are a picture, got {values.shape} {values.dtype}")
    values = values.astype(_STORED_AS.get(values.dtype.name, values.dtype.name), copy=False)
    height, width, count = values.shape
    how = {"photometric": "MINISBLACK", "interleave": "band"}  # or GDAL takes a fourth band of bytes for opacity
    with MemoryFile() as memory:
        with memory.open(
            driver="GTiff", height=height, width=width, count=count, dtype=values.dtype.name, **how
        ) as dataset:
            dataset.write(np.moveaxis(values, 2, 0))
        return bytes(memory.read())
