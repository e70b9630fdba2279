"""From a map to the order in which pixels are removed, and random orders to hold it against.

An order is given by its ranks: 0 for the pixel that goes first, the most important one.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from gam_viz.explain.heatmaps import Heatmap, resized
from gam_viz.text.refusal import RefusalError

Ranks = npt.NDArray[np.int64]

#: Enlarging or shrinking a map moves equal values apart by rounding, which would rank a plateau from left to right.
ROUNDING = 8  # units in the last place


def ranked(heatmap: Heatmap, ties: Ranks) -> Ranks:
    """(S, S): the ranks of a map's pixels; the largest value goes first.

    Args:
        heatmap: of any resolution, finite; read at S pixels.
        ties: (S, S), the ranks by which pixels of equal value follow each other.
    """
    values = heatmap.at(len(ties)).astype(np.float64)
    if heatmap.values.shape != ties.shape:
        unit = ROUNDING * np.spacing(np.float32(np.abs(values).max()))
        values = np.rint((values - values.min()) / unit)
    return _ranks(-values, ties)


def random_order(size: int, grain: int, generator: np.random.Generator) -> Ranks:
    """(size, size): the ranks of a random map: white noise of cells of `grain` pixels, enlarged as maps are."""
    pixels = generator.permutation(size * size).reshape(size, size)
    if grain == 1:
        return pixels
    cells = max(2, -(-size // grain))
    return _ranks(resized(generator.normal(size=(cells, cells)).astype(np.float32), size), pixels)


def random_orders(size: int, grain: int, count: int, seed: int) -> Ranks:
    """(count, size, size): random orders; order i + count / 2 is order i reversed.

    Reversed, a random order is as random. In pairs they lie evenly around what they have in common, and inserting by
    one passes through the very pictures that deleting by the other does, so that no picture is computed twice.
    """
    generator = np.random.default_rng((seed, 1))
    drawn = np.stack([random_order(size, grain, generator) for _ in range(count // 2)])
    return np.concatenate([drawn, size * size - 1 - drawn])


def tie_order(size: int, grain: int, seed: int) -> Ranks:
    """(size, size): the order of pixels that a map does not tell apart; of the same kind as the random orders."""
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
