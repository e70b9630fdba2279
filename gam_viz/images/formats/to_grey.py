"""From measured values to 8-bit grey: windows, percentiles, smallest and largest; one band at a time.

Works in blocks of rows, so that a large band of floating-point numbers is not held twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gam_viz.images.errors import PictureError
from gam_viz.images.rendering import Rendering

_BLOCK_VALUES = 1_000_000
_SAMPLE_VALUES = 4_000_000  # percentiles of more are taken on every k-th value

Values = NDArray[Any]  # (H, W) of any whole or floating-point type
Mask = NDArray[np.bool_]  # (H, W), True where a value means something


def limits_of(values: Values, valid: Mask | None, rendering: Rendering) -> tuple[float, float]:
    """The values that become black and white.

    Args:
        values: (H, W) of one band.
        valid: (H, W), False where there is no data; None where there is everywhere. What is not finite is left out
            in any case.
        rendering: its window ((centre, width), "minmax" or "full") or its percentiles; without either, "minmax".

    Returns:
        Black and white. Black lies below white, but where all values are one: then they lie where that value keeps
        its place in its type's range (whole numbers without a sign), or half a unit to either side of it.

    Raises:
        PictureError: "no_such_window".
    """
    if isinstance(rendering.window, tuple):
        centre, width = rendering.window
        return centre - width / 2, centre + width / 2
    if rendering.window == "full":
        if values.dtype.kind not in "iu":
            raise PictureError("no_such_window", window="full", offered="minmax, centre_width")
        return float(np.iinfo(values.dtype).min), float(np.iinfo(values.dtype).max)
    if rendering.window not in (None, "minmax"):
        raise PictureError("no_such_window", window=str(rendering.window), offered="minmax, full, centre_width")
    known = _known(values, valid)
    if known.size == 0:
        return 0.0, 1.0
    if rendering.stretch is not None:
        low, high = (float(value) for value in np.percentile(_sample(known), rendering.stretch))
        if low < high:
            return low, high
    return _range(known, values.dtype)


def value_range(values: Values, valid: Mask | None = None) -> tuple[float, float]:
    """The smallest and the largest value that mean something; (0, 0) where none does."""
    known = _known(values, valid)
    return (float(known.min()), float(known.max())) if known.size else (0.0, 0.0)


def scaled(values: Values, valid: Mask | None, black: float, white: float) -> NDArray[np.uint8]:
    """(H, W) of any type -> (H, W) uint8: `black` and below are 0, `white` and above 255, straight between them,
    rounded half up. What is not valid or not a number is 0."""
    span = white - black
    if not np.isfinite(span):  # the largest floats: halve them before subtracting
        return in_blocks(values, valid, lambda x: (x / 2 - black / 2) / (white / 2 - black / 2))
    return in_blocks(values, valid, lambda x: (x - black) / span)


def in_blocks(
    values: Values, valid: Mask | None, share: Callable[[NDArray[np.float64]], NDArray[np.float64]]
) -> NDArray[np.uint8]:
    """(H, W) of any type -> (H, W) uint8, by a function of values whose result 0..1 stands for black..white."""
    grey = np.empty(values.shape, np.uint8)
    for top, bottom in _row_blocks(*values.shape):
        with np.errstate(invalid="ignore", over="ignore"):
            shares = np.nan_to_num(share(values[top:bottom].astype(np.float64)), nan=0.0)
        grey[top:bottom] = np.floor(np.clip(shares, 0, 1) * 255 + 0.5)
        if valid is not None:
            grey[top:bottom][~valid[top:bottom]] = 0
    return grey


def _row_blocks(height: int, width: int) -> Iterator[tuple[int, int]]:
    rows = max(1, _BLOCK_VALUES // max(1, width))
    for top in range(0, height, rows):
        yield top, min(top + rows, height)


def _known(values: Values, valid: Mask | None) -> Values:
    if values.dtype.kind == "f":
        finite = np.isfinite(values)
        valid = finite if valid is None else finite & valid
    return values.ravel() if valid is None or valid.all() else values[valid]


def _sample(known: Values) -> Values:
    return known[:: -(-known.size // _SAMPLE_VALUES)]


def _range(known: Values, dtype: np.dtype[Any]) -> tuple[float, float]:
    low, high = float(known.min()), float(known.max())
    if low < high:
        return low, high
    if dtype.kind == "u":
        return 0.0, float(np.iinfo(dtype).max)
    return low - 0.5, high + 0.5
