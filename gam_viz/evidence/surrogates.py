"""How alike two unrelated maps of the same smoothness would be.

Two blurred noises of 64x64 cells easily correlate by 0.3. So a likeness means something only beside its band: the range
of the same number between random maps as smooth as the two.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy
from scipy import fft
from scipy.special import ndtri

from gam_viz.evidence.similarity import TOP, Array, Ranked, check_map, check_maps, compare, grid
from gam_viz.explain.flat import is_flat

COUNT, LEVEL = 200, 0.95  # of a band: random pairs, and the share of unrelated pairs that lie within
FEWEST = 39  # random pairs, of which the largest is exceeded by one unrelated pair in forty


@dataclass(frozen=True)
class SimilarityBand:
    """Where each measure lies between random maps of given smoothnesses.

    Attributes:
        spearman, ssim, iou: (low, high), two of the random pairs' numbers; see `band_of`.
        count: of random pairs.
        level: share of unrelated pairs that lies within.
    """

    spearman: tuple[float, float]
    ssim: tuple[float, float]
    iou: tuple[float, float]
    count: int
    level: float


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
    check_maps(first, second, top)
    if is_flat(first) or is_flat(second):
        return None
    side = grid(first, second)
    stacks = (random_maps(values, count, seed + k) for k, values in enumerate((first, second)))
    return band_of(compare(*(Ranked.of(stack, side, top) for stack in stacks)), level)


def band_of(measures: tuple[Array, Array, Array], level: float = LEVEL) -> SimilarityBand:
    """Between which two of the numbers that `compare` found of n random pairs one more such pair lies.

    Exact: one more draw lies above the k-th largest of n with a chance of k / (n + 1) at most, and k is the largest for
    which that is no more than (1 - level) / 2. (The draws' own quantiles were exceeded too often: of 100 draws, that of
    97.5 % by 3.4 %.) Of very few draws the ends are the smallest and the largest; at 95 %, `FEWEST` are enough.
    """
    draws = np.sort(np.stack(measures), axis=1)
    place = max(1, int((1 - level) / 2 * (draws.shape[1] + 1) + 1e-9))
    limits = [(float(a), float(b)) for a, b in zip(draws[:, place - 1], draws[:, -place], strict=True)]
    return SimilarityBand(limits[0], limits[1], limits[2], draws.shape[1], level)
