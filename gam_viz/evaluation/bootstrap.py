"""95 % intervals of a mean over pictures of which several may be of one source, by drawing whole sources anew."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from gam_viz.evaluation.intervals import Estimate

DRAWS = 2_000


def bootstrap_mean(values: npt.NDArray[np.floating], sources: npt.NDArray[np.int64]) -> Estimate:
    """The mean over pictures, with a percentile interval (B. Efron, R. Tibshirani, An Introduction to the Bootstrap,
    1993, section 13.3) over sources that are drawn whole (A. Davison, D. Hinkley, Bootstrap Methods, 1997, section
    3.8): tiles of one smear are no more than one smear.

    Args:
        values: (N,); NaN stands for a picture without the measure.
        sources: (N,), which source each picture is of.

    Raises:
        ValueError: no picture has the measure.
    """
    known = ~np.isnan(values)
    if not known.any():
        raise ValueError("a mean needs at least one picture that has the measure")
    _, place = np.unique(sources[known], return_inverse=True)
    sums, counts = np.bincount(place, weights=values[known]), np.bincount(place)
    drawn = _draws(len(counts))
    low, high = np.quantile(drawn @ sums / (drawn @ counts), (0.025, 0.975))
    return Estimate(float(values[known].mean()), float(low), float(high), "pictures", int(known.sum()))


@cache
def _draws(count: int) -> npt.NDArray[np.float64]:  # -> (DRAWS, count)
    """How often each source is drawn, the same for whatever is measured: differences are of the same draws."""
    return np.random.default_rng(0).multinomial(count, np.full(count, 1 / count), size=DRAWS).astype(np.float64)
