"""How alike two maps are, and how alike two unrelated maps of the same smoothness would be.

Maps differ in unit, range and resolution, so only the *order* of their cells is compared: each map becomes ranks, 0..1,
on one grid. Every measure here is therefore the same for a map and for any increasing function of it, and a few huge
gradients do not decide over all the rest. What ranks hide is how much a map varies at all; show its spread beside them.

Smooth maps look alike by accident: two blurred noises of 64x64 cells easily correlate by 0.3. So a number means
something only beside its `SimilarityBand`: the range of the same number between random maps as smooth as the two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy
from scipy import fft
from scipy.ndimage import uniform_filter
from scipy.special import ndtri

from gam_viz.explain.flat import is_flat
from gam_viz.explain.heatmaps import resized

Array = npt.NDArray[np.floating]

LEAST, MOST = 16, 64  # cells a side of the grid that maps are compared on
WINDOW = 7  # cells a side of SSIM's window, as in skimage.metrics
TOP = 0.1  # share of the cells that count as a map's top
COUNT, LEVEL = 200, 0.95  # of a band: random pairs, and the share of them that lie within
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


@dataclass(frozen=True)
class SimilarityBand:
    """Where each measure lies between random maps of given smoothnesses.

    Attributes:
        spearman, ssim, iou: (low, high), the central `level` of the random pairs.
        count: of random pairs.
        level: share of the pairs that lies within.
    """

    spearman: tuple[float, float]
    ssim: tuple[float, float]
    iou: tuple[float, float]
    count: int
    level: float


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
        ranks = ((_places(flat) - 0.5) / cells).astype(dtype).reshape(-1, side, side)
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
    _check(first, second, top)
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


def random_maps(values: Array, count: int, seed: int = 0) -> Array:
    """`count` random maps with the very values of a map (h, w) and nearly its smoothness, elsewhere: (count, h, w).

    Amplitude-adjusted surrogates (Theiler et al., Physica D 58, 1992), in two dimensions: the map's
    values become normal scores, these get the phases of white noise while the amplitudes of their Fourier transform
    stay, and the map's own values are laid out in the order of the result. A departure, and
    its consequence:

    - A Fourier transform takes the left edge for the right edge's neighbour; most maps have a jump there, and what is
      made with it is rougher than the map. So the map is mirrored first, and one quarter of the result is taken. Of
      120 pairs of unrelated fields of 32x32 cells, noise blurred by 6 cells, 92 % then lay within their 95 % band of
      rank correlation, without it 75 %; blurred by 4 cells, 90 and 87 %; by 2 or none, 93 to 96 % either way.
    - As a quarter of a longer wave, the result can have more or less contrast than the map; laying out the map's values
      undoes that.

    They know nothing of places: a map drawn to the middle by its network's zero padding has surrogates that are not.

    Raises:
        ValueError: see `check_map`; or the map is flat.
    """
    check_map(values)
    if is_flat(values):
        raise ValueError("a flat map has no smoothness that random maps could share")
    height, width = values.shape
    scores = ndtri((scipy.stats.rankdata(values) - 0.5) / values.size).reshape(height, width)
    mirrored = np.pad(scores, ((0, height), (0, width)), mode="symmetric").astype(np.float32)
    amplitudes = np.abs(fft.rfft2(mirrored))
    noise = np.random.default_rng(seed).standard_normal((count, *mirrored.shape), dtype=np.float32)
    phases = fft.rfft2(noise)
    phases /= np.abs(phases) + np.finfo(np.float32).tiny
    waves = fft.irfft2(amplitudes * phases, s=mirrored.shape)[:, :height, :width].reshape(count, -1)
    maps = np.empty(waves.shape, values.dtype)
    np.put_along_axis(maps, np.argsort(waves, axis=1), np.broadcast_to(np.sort(values, axis=None), waves.shape), 1)
    return maps.reshape(count, height, width)


def band(
    first: Array, second: Array, *, top: float = TOP, count: int = COUNT, seed: int = 0, level: float = LEVEL
) -> SimilarityBand | None:
    """Where `similarity` lies between two random maps, one as smooth as each of these; None where one is flat.

    Raises:
        ValueError: see `similarity`.
    """
    _check(first, second, top)
    if is_flat(first) or is_flat(second):
        return None
    side = grid(first, second)
    stacks = (random_maps(values, count, seed + k) for k, values in enumerate((first, second)))
    return band_of(compare(*(Ranked.of(stack, side, top) for stack in stacks)), level)


def band_of(measures: tuple[Array, Array, Array], level: float = LEVEL) -> SimilarityBand:
    """The central `level` of what `compare` found of many pairs."""
    low, high = np.quantile(np.stack(measures), ((1 - level) / 2, (1 + level) / 2), axis=1)
    limits = [(float(a), float(b)) for a, b in zip(low, high, strict=True)]
    return SimilarityBand(limits[0], limits[1], limits[2], len(measures[0]), level)


def _check(first: Array, second: Array, top: float) -> None:
    check_map(first, "the first map")
    check_map(second, "the second map")
    if not 0 < top < 1:
        raise ValueError(f"the top is a share of the cells between 0 and 1, got {top}")


def _on_grid(values: Array, side: int) -> Array:
    if values.shape == (side, side):
        return values.ravel()
    return resized(_places(values.reshape(1, -1)).reshape(values.shape).astype(np.float32), side).ravel()


def _places(flat: Array) -> Array:
    """(n, cells): each value's rank, 1..cells, in its row; equal values share their mean rank."""
    order = np.argsort(flat, axis=1)
    ordered = np.take_along_axis(flat, order, 1)
    if (ordered[:, 1:] == ordered[:, :-1]).any():
        return scipy.stats.rankdata(flat, axis=1)
    places = np.empty(flat.shape)  # three times as fast as rankdata, and most maps have no ties
    np.put_along_axis(places, order, np.arange(1.0, flat.shape[1] + 1)[None], 1)
    return places


def _windows(stack: Array) -> Array:
    """(n, side, side) -> (n, side - 6, side - 6): means over SSIM's windows that lie inside."""
    edge = WINDOW // 2
    means: Array = uniform_filter(stack, WINDOW, axes=(1, 2))[:, edge:-edge, edge:-edge]
    return means


def _sample(variances: Array) -> Array:
    return variances * (WINDOW**2 / (WINDOW**2 - 1))
