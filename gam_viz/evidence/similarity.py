"""How alike two maps are.

Maps differ in unit, range and resolution, so only the *order* of their cells is compared: each map becomes ranks, 0..1,
on one grid. Every measure here is therefore the same for a map and for any increasing function of it, and a few huge
gradients do not decide over all the rest. What ranks hide is how much a map varies at all; show its spread beside them.

Smooth maps look alike by accident, so a number means something only beside its band: see `surrogates`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy
from scipy.ndimage import uniform_filter

from gam_viz.explain.flat import is_flat
from gam_viz.explain.heatmaps import resized

Array = npt.NDArray[np.floating]

LEAST, MOST = 16, 64  # cells a side of the grid that maps are compared on
WINDOW = 7  # cells a side of SSIM's window, as in skimage.metrics
TOP = 0.1  # share of the cells that count as a map's top
_C1, _C2 = 0.01**2, 0.03**2  # SSIM's constants for a data range of 1


@dataclass(frozen=True)
class Similarity:
    """Of two maps; all None where one of them is flat, since a flat map has no order.

    Attributes:
        spearman: Spearman's rank correlation, -1..1.
        ssim: structural similarity (Wang et al. 2004, eq. 13) of the two maps' ranks, uniform windows of 7x7 cells, as
            skimage.metrics computes it with data_range 1; -1..1. Adebayo et al. take it of values divided by the
            largest; with one huge value, all the rest of such a map is dark, and any two dark maps are alike.
        iou: intersection over union of the two maps' top cells, 0..1.
    """

    spearman: float | None
    ssim: float | None
    iou: float | None


@dataclass(frozen=True, eq=False)
class Ranked:
    """n maps on one grid, with what their comparisons share.

    Attributes:
        ranks: (n, side, side), 0..1, equal values sharing their mean rank; the mean is 0.5.
        deviation: (n,) standard deviation of the ranks.
        top: (n, side, side), 1 inside the top and 0 outside; where cells tie for the last places, each its expected
            share, so that every map's top has the same size.
        means, variances: (n, side - 6, side - 6), of the ranks in each of SSIM's windows.
    """

    ranks: Array
    deviation: Array
    top: Array
    means: Array
    variances: Array

    @classmethod
    def of(cls, maps: Sequence[Array] | Array, side: int, top: float = TOP, dtype: type = np.float32) -> Ranked:
        """Rank the cells of maps (h, w), none of them flat, on a grid of `side` cells.

        Where a map's own grid is another, its ranks are brought to this one (see `resized`) and ranked anew.
        """
        flat = np.stack([_on_grid(values, side) for values in maps])  # (n, cells)
        cells = flat.shape[1]
        ranks = ((row_ranks(flat) - 0.5) / cells).astype(dtype).reshape(-1, side, side)
        size = max(1, round(top * cells))
        last = np.partition(flat, cells - size, axis=1)[:, cells - size, None]  # the smallest value in the top
        above, tied = flat > last, flat == last
        share = (size - above.sum(1)) / tied.sum(1)
        means = _windows(ranks)
        return cls(
            ranks,
            ranks.std(axis=(1, 2)),
            (above + tied * share[:, None]).astype(dtype).reshape(ranks.shape),
            means,
            _sample(_windows(ranks * ranks) - means * means),
        )


def grid(*maps: Array) -> int:
    """Cells a side of the grid that these maps are compared on: those of the finest map's longer side, within 16..64.

    Coarser maps are read between their cells, as they are drawn; so what a fine map tells beyond a coarse one counts
    as a difference. Finer maps than 64 are averaged, and so is the sign of neighbouring gradients in them.
    """
    return min(max(LEAST, *(side for values in maps for side in values.shape)), MOST)


def check_map(values: Array, name: str = "a map") -> None:
    """Refuse what is no map.

    Raises:
        ValueError: it has not two axes, has no cell, or a value is not finite.
    """
    if values.ndim != 2 or values.size == 0:
        raise ValueError(f"{name} must have rows and columns, (h, w); got {values.shape}")
    if not np.isfinite(values).all():
        raise ValueError(f"{name} holds values that are not finite, so it cannot be compared")


def check_maps(first: Array, second: Array, top: float) -> None:
    """Refuse two of which one is no map (see `check_map`), and a top that is no share."""
    check_map(first, "the first map")
    check_map(second, "the second map")
    if not 0 < top < 1:
        raise ValueError(f"the top is a share of the cells between 0 and 1, got {top}")


def similarity(first: Array, second: Array, *, top: float = TOP) -> Similarity:
    """How alike two maps (h, w) are, whatever their units and resolutions; see `grid`.

    Args:
        top: share of the cells that count as a map's top, 0..1.

    Raises:
        ValueError: see `check_map`; or `top` is no share.

    >>> ramp = np.arange(64.0).reshape(8, 8)
    >>> round(similarity(ramp, np.exp(ramp)).spearman, 6)
    1.0
    """
    check_maps(first, second, top)
    if is_flat(first) or is_flat(second):
        return Similarity(None, None, None)
    side = grid(first, second)
    measures = compare(*(Ranked.of([values], side, top, np.float64) for values in (first, second)))
    return Similarity(*(float(values[0]) for values in measures))


def compare(first: Ranked, second: Ranked) -> tuple[Array, Array, Array]:
    """Spearman, SSIM and IoU, (n,) each, of n maps with n others, one by one, or of n with a single one.

    Of two tops with shares of tied cells, IoU is sum(min) / sum(max).
    """
    spearman = np.mean((first.ranks - 0.5) * (second.ranks - 0.5), axis=(1, 2))
    spearman = np.clip(spearman / (first.deviation * second.deviation), -1, 1)
    products = first.means * second.means
    covariance = _sample(_windows(first.ranks * second.ranks) - products)
    below = (first.means**2 + second.means**2 + _C1) * (first.variances + second.variances + _C2)
    ssim = ((2 * products + _C1) * (2 * covariance + _C2) / below).mean(axis=(1, 2))
    both = np.minimum(first.top, second.top).sum(axis=(1, 2))
    iou = both / (first.top.sum(axis=(1, 2)) + second.top.sum(axis=(1, 2)) - both)
    return spearman, ssim, iou


def _on_grid(values: Array, side: int) -> Array:
    if values.shape == (side, side):
        return values.ravel()
    return resized(row_ranks(values.reshape(1, -1)).reshape(values.shape).astype(np.float32), side).ravel()


def row_ranks(flat: Array) -> Array:
    """(n, cells): each value's rank, 1..cells, in its row; equal values share their mean rank."""
    order = np.argsort(flat, axis=1)
    ordered = np.take_along_axis(flat, order, 1)
    if (ordered[:, 1:] == ordered[:, :-1]).any():
        return scipy.stats.rankdata(flat, axis=1)
    ranks = np.empty(flat.shape)  # three times as fast as rankdata, and most maps have no ties
    np.put_along_axis(ranks, order, np.arange(1.0, flat.shape[1] + 1)[None], 1)
    return ranks


def _windows(stack: Array) -> Array:
    """(n, side, side) -> (n, side - 6, side - 6): means over SSIM's windows that lie inside."""
    edge = WINDOW // 2
    means: Array = uniform_filter(stack, WINDOW, axes=(1, 2))[:, edge:-edge, edge:-edge]
    return means


def _sample(variances: Array) -> Array:
    return variances * (WINDOW**2 / (WINDOW**2 - 1))
