"""From a map to the order in which pixels are removed, and random orders to hold it against.

An order is given by its ranks: 0 for the pixel that goes first, the most important one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from gam_viz.explain.heatmaps import Heatmap, resized
from gam_viz.text.refusal import RefusalError

Ranks = npt.NDArray[np.int64]
Size = tuple[int, int]  # (H, W), of the picture in pixels

#: Enlarging or shrinking a map moves equal values apart by rounding, which would rank a plateau from left to right.
ROUNDING = 8  # units in the last place


def ranked(heatmap: Heatmap, ties: Ranks) -> Ranks:
    """(H, W): the ranks of a map's pixels; the largest value goes first.

    Args:
        heatmap: of any resolution, finite; read at H x W pixels.
        ties: (H, W), the ranks by which pixels of equal value follow each other.
    """
    values = heatmap.at((ties.shape[0], ties.shape[1])).astype(np.float64)
    if heatmap.values.shape != ties.shape:
        unit = ROUNDING * np.spacing(np.float32(np.abs(values).max()))
        values = np.rint((values - values.min()) / unit)
    return _ranks(-values, ties)


def random_order(size: Size, grain: int, generator: np.random.Generator) -> Ranks:
    """(H, W): the ranks of a random map: white noise of cells of `grain` pixels, enlarged as maps are."""
    pixels = generator.permutation(size[0] * size[1]).reshape(size)
    if grain == 1:
        return pixels
    cells = [max(2, -(-side // grain)) for side in size]
    return _ranks(resized(generator.normal(size=cells).astype(np.float32), size), pixels)


def random_orders(size: Size, grain: int, count: int, seed: int) -> Ranks:
    """(count, H, W): independent random orders. The reverse of each would be as random."""
    generator = np.random.default_rng((seed, 1, grain))
    return np.stack([random_order(size, grain, generator) for _ in range(count)])


def grains_of(orders: Sequence[Ranks], grain: int) -> list[int]:
    """For each order (H, W), the side of patches that random orders need to be as smooth: `grain`, twice or four times.

    A smooth map ranks whole regions, so its curves stray from the mean more than those of fine patches, wherever it
    lies. Smoothness is the share of the ranks' variance that is left in means over a quarter of the side; an order
    gets the smallest patches of which a tenth of the orders are smoother than it.
    """
    if not orders:
        return []
    size = math.isqrt(orders[0].size)  # of a square as large
    usable = [g for g in (grain, 2 * grain, 4 * grain) if g == grain or g <= size // 2]
    small = min(size, 32)  # smoothness shows as well in few pixels
    generator = np.random.default_rng(0)
    limits = []
    for each in usable[:-1]:
        drawn = [random_order((small, small), max(1, each * small // size), generator) for _ in range(40)]
        limits.append(float(np.quantile([_smoothness(order) for order in drawn], 0.9)))
    places = (next((k for k, limit in enumerate(limits) if _smoothness(o) <= limit), len(limits)) for o in orders)
    return [usable[place] for place in places]


def _smoothness(ranks: Ranks) -> float:
    shares = (ranks / ranks.size).astype(np.float32)
    return float(resized(shares, 4).var() / shares.var())


def tie_order(size: Size, grain: int, seed: int) -> Ranks:
    """(H, W): the order of pixels that a map does not tell apart; of the same kind as the random orders."""
    return random_order(size, grain, np.random.default_rng((seed, 2)))


def removed_counts(pixels: int, steps: int) -> npt.NDArray[np.int64]:
    """(steps + 1,): how many pixels are gone at each step, from none to all.

    Raises:
        ValueError: there are more steps than pixels.
    """
    if steps > pixels:
        raise RefusalError("errors.reason.too_few_pixels", pixels=pixels, steps=steps)
    return np.rint(np.linspace(0, pixels, steps + 1)).astype(np.int64)


def _ranks(values: npt.NDArray[np.floating], ties: Ranks) -> Ranks:
    """Ranks of the values, the smallest first."""
    order = np.lexsort((ties.ravel(), values.ravel()))
    ranks = np.empty(order.size, np.int64)
    ranks[order] = np.arange(order.size)
    return ranks.reshape(values.shape)
