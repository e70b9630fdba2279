"""NumPy's `.npy`: an array of bands, read as a raster. Nothing in it is unpickled."""

from __future__ import annotations

import io
import math
from tokenize import TokenError
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gam_viz.images.errors import PictureError
from gam_viz.images.formats.picture_format import PictureFormat, begins_with
from gam_viz.images.formats.raster.file import raster_source
from gam_viz.images.formats.raster.stack import as_tiff
from gam_viz.images.limits import Limits
from gam_viz.images.source import Source


def bands_last(values: NDArray[Any], *, first: bool = False) -> NDArray[Any]:
    """(H, W), (H, W, N) or (N, H, W) -> (H, W, N). Bands are the fewer of the first and the last axis; of as many,
    the first with `first`, as tensors have it, else the last."""
    if values.ndim == 2:
        return values[..., None]
    if values.ndim != 3:
        return values
    here, there = values.shape[0], values.shape[2]
    return np.moveaxis(values, 0, 2) if here < there or (first and here == there) else values


def _open(data: bytes, limits: Limits) -> Source:
    file = io.BytesIO(data)
    try:
        version = np.lib.format.read_magic(file)
        read = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
        shape, in_columns, dtype = read[version](file)
    except (ValueError, KeyError, TypeError, SyntaxError, TokenError, RecursionError, OverflowError) as error:
        raise PictureError("damaged", format="NumPy") from error
    known = dtype.kind in "buif" and dtype.itemsize <= 8  # a long double is a type of one machine
    if not known or len(shape) not in (2, 3) or min(shape) < 1:
        raise PictureError("unsupported_mode", format="NumPy", mode=f"{' x '.join(map(str, shape))} {dtype}"[:60])
    if math.prod(shape) * dtype.itemsize > len(data) - file.tell():
        raise PictureError("truncated", format="NumPy")
    stored = np.frombuffer(data, dtype, math.prod(shape), file.tell())
    values = bands_last(stored.reshape(shape, order="F" if in_columns else "C"))
    height, width, bands = values.shape
    limits.check_dimensions(width, height)
    if bands > limits.bands:
        raise PictureError("too_many_bands", bands=bands, limit_bands=limits.bands)
    source = raster_source(as_tiff(values), limits, last_resort=True)
    assert source is not None
    return source


NPY = PictureFormat("NumPy", ("npy",), begins_with(b"\x93NUMPY"), _open)
