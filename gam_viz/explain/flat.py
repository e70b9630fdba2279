"""When a map says nothing, since it varies by no more than rounding; asked in one place by all who draw or judge."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

ROUNDING = 1e-6  # of the largest |value|: what varies less is float32's rounding


def is_flat(values: npt.NDArray[np.floating], noise: float = 0.0) -> bool:
    """Whether a map varies by no more than rounding.

    Args:
        values: any shape, finite.
        noise: what rounding alone makes of zero: the unit roundoff of the type computed in, times the size of the
            numbers whose difference or derivative the map is; see `Heatmap.noise`.

    >>> is_flat(np.full((2, 2), 2e-7)), is_flat(np.array([1e-7, -2e-7]), noise=1e-6), is_flat(np.array([0, 1e-7]))
    (True, True, False)
    """
    return bool(np.ptp(values) <= max(ROUNDING * np.abs(values).max(), noise))
