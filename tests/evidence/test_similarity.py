"""Likeness of maps against SciPy and scikit-image; random maps and bands against fields known to be unrelated."""

import numpy as np
import pytest
from scipy import fft, ndimage, stats
from skimage.metrics import structural_similarity

from gam_viz.evidence.similarity import grid, similarity
from gam_viz.evidence.surrogates import FEWEST, band, band_of, random_maps
from gam_viz.explain.flat import is_flat
from gam_viz.explain.heatmaps import resized


def field(seed, smooth, side=32):
    """A random map of which every part is alike: noise, blurred, cut out of a larger one."""
    edge = int(4 * smooth) + 1
    noise = np.random.default_rng(seed).normal(size=(side + 2 * edge, side + 2 * edge))
    blurred = ndimage.gaussian_filter(noise, smooth) if smooth else noise
    return blurred[edge:-edge, edge:-edge].astype(np.float32)


def related(seed=0, side=24):
    first = field(seed, 1.5, side)
    return first, (first + 0.5 * first.std() * field(seed + 1, 1, side) / field(seed + 1, 1, side).std())


def ranks(values):
    return ((stats.rankdata(values) - 0.5) / values.size).reshape(values.shape)


@pytest.mark.parametrize("tied", [False, True])
def test_spearman_is_scipys(tied):
    first, second = related()
    if tied:
        first, second = np.maximum(first, 0), np.round(second, 1)
    found = similarity(first, second)
    assert found.spearman == pytest.approx(stats.spearmanr(first.ravel(), second.ravel()).statistic, abs=1e-12)
    assert 0.3 < found.spearman < 0.99


@pytest.mark.parametrize("tied", [False, True])
def test_ssim_is_scikit_images_of_the_ranks(tied):
    first, second = related(3)
    if tied:
        first = np.maximum(first, 0)
    expected = structural_similarity(ranks(first), ranks(second), data_range=1.0)
    assert similarity(first, second).ssim == pytest.approx(expected, abs=1e-10)
    assert 0.1 < expected < 0.95


@pytest.mark.parametrize("top", [0.03, 0.1, 0.5])
def test_iou_is_that_of_the_sets_of_largest_cells(top):
    first, second = related(5)
    size = round(top * first.size)
    tops = [set(np.argsort(values.ravel())[-size:].tolist()) for values in (first, second)]
    expected = len(tops[0] & tops[1]) / len(tops[0] | tops[1])
    assert similarity(first, second, top=top).iou == pytest.approx(expected, abs=1e-12)


def test_cells_that_tie_for_the_last_places_count_by_their_share():
    # 256 cells, 26 places: 10 are taken, 16 are left for the 246 others, in whichever map. sum(min) / sum(max):
    first, second = np.zeros((16, 16)), np.zeros((16, 16))
    first[0, :10], second[15, :10] = 1, 1
    share = 16 / 246
    both = 20 * share + 236 * share
    assert similarity(first, second).iou == pytest.approx(both / (52 - both))
    assert similarity(first, first).iou == pytest.approx(1)


def test_only_the_order_of_the_cells_counts():
    first, second = related(7)
    plain, stretched = similarity(first, second), similarity(np.exp(3 * first.astype(np.float64)), 100 * second - 7)
    assert plain == stretched
    assert similarity(first, np.cbrt(first)).spearman == pytest.approx(1)
    alike = similarity(first, first)
    assert (alike.spearman, alike.ssim, alike.iou) == pytest.approx((1, 1, 1))
    assert similarity(first, -first).spearman == pytest.approx(-1)


def test_shuffled_cells_are_like_nothing():
    first = field(1, 2)
    shuffled = np.random.default_rng(0).permutation(first.ravel()).reshape(first.shape)
    found = similarity(first, shuffled)
    assert abs(found.spearman) < 0.1
    assert found.ssim < 0.1
    assert found.iou < 0.12  # 0.05 by chance


def test_a_coarser_map_is_read_between_its_cells():
    coarse, fine = field(0, 1, 8), field(1, 2, 32)
    places = stats.rankdata(coarse).reshape(8, 8).astype(np.float32)
    expected = stats.spearmanr(resized(places, 32).ravel(), fine.ravel()).statistic
    assert similarity(coarse, fine).spearman == pytest.approx(expected, abs=1e-12)
    assert similarity(np.exp(coarse), fine) == similarity(coarse, fine)
    assert (grid(coarse), grid(coarse, fine), grid(np.zeros((40, 300)))) == (16, 32, 64)


@pytest.mark.parametrize("value", [0.0, 0.5, -3e7])
def test_a_flat_map_is_like_nothing(value):
    flat = np.full((8, 8), value, np.float32)
    rounded = flat * (1 + 1e-7 * np.random.default_rng(0).normal(size=flat.shape))
    for map_ in (flat, rounded):
        assert is_flat(map_)
        found = similarity(map_, field(0, 1, 8))
        assert (found.spearman, found.ssim, found.iou) == (None, None, None)
        assert band(field(0, 1, 8), map_) is None
        with pytest.raises(ValueError, match="a flat map has no smoothness"):
            random_maps(map_, 2)


def test_a_map_that_hardly_varies_is_not_flat():
    assert not is_flat(0.5 + 1e-4 * field(0, 1, 8))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_cannot_be_compared_is_said(bad):
    broken = field(0, 1)
    broken[3, 4] = bad
    with pytest.raises(ValueError, match="the second map holds values that are not finite"):
        similarity(field(0, 1), broken)
    with pytest.raises(ValueError, match="the first map must have rows and columns"):
        similarity(np.zeros(5), field(0, 1))
    with pytest.raises(ValueError, match=r"between 0 and 1, got 1\.5"):
        similarity(field(0, 1), field(1, 1), top=1.5)


def radial_spectrum(stack):
    """Mean power a ring of frequencies, of maps (n, side, side) under a window that hides their edges' jumps."""
    side = stack.shape[-1]
    window = np.hanning(side + 2)[1:-1]
    power = np.abs(fft.fft2((stack - stack.mean((1, 2), keepdims=True)) * np.outer(window, window))) ** 2
    radius = np.hypot(*np.meshgrid(fft.fftfreq(side, 1 / side), fft.fftfreq(side, 1 / side)))
    return np.array([power[:, (radius >= r) & (radius < r + 3)].mean() for r in range(1, side // 2, 3)])


@pytest.mark.parametrize("smooth", [0, 1, 2.5])
def test_random_maps_keep_values_and_power_spectrum(smooth):
    values = field(2, smooth, 48)
    found = random_maps(values, 40, seed=1)
    assert found.shape == (40, 48, 48)
    for map_ in found:
        np.testing.assert_array_equal(np.sort(map_, None), np.sort(values, None))
    # Many fields of this smoothness say what its spectrum is; the strong rings hold nearly all the power.
    true = radial_spectrum(np.stack([field(100 + k, smooth, 48) / field(100 + k, smooth, 48).std() for k in range(40)]))
    ratio = radial_spectrum(found / values.std()) / true
    strong = true > 0.05 * true.max()
    assert (np.abs(np.log(ratio[strong])) < np.log(1.6)).all()
    if smooth:  # shuffled cells do not
        noise = np.random.default_rng(0).permuted(found.reshape(40, -1), axis=1).reshape(found.shape)
        assert np.abs(np.log(radial_spectrum(noise / values.std()) / true))[strong].max() > np.log(3)


def test_random_maps_differ_by_seed_and_from_their_map():
    values = field(4, 2)
    a, again, b = (random_maps(values, 3, seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(a, again)
    assert len({map_.tobytes() for map_ in (*a, *b, values)}) == 7
    assert np.abs([similarity(values, map_).spearman for map_ in (*a, *b)]).mean() < 0.25


def test_random_maps_have_rows_and_columns_of_their_own():
    stripes = field(0, 3, 40)[::1, :24] + np.sin(np.arange(40) * 1.3)[:, None].astype(np.float32)
    found = random_maps(stripes, 20)
    assert found.shape == (20, 40, 24)
    rough = [np.abs(np.diff(found, axis=axis)).mean() for axis in (1, 2)]
    assert rough[0] > 3 * rough[1]  # rows differ, columns hardly do, as in the map


@pytest.mark.parametrize("smooth", [0, 2.5])
def test_unrelated_maps_lie_within_the_band_as_often_as_it_says(smooth):
    pairs, inside = 60, np.zeros(3)
    for k in range(pairs):
        first, second = field(2 * k, smooth, 24), field(2 * k + 1, smooth, 24)
        limits, found = band(first, second, count=80, seed=k, level=0.8), similarity(first, second)
        for index, key in enumerate(("spearman", "ssim", "iou")):
            low, high = getattr(limits, key)
            inside[index] += low <= getattr(found, key) <= high
    # 48 of 60 expected; a binomial's standard deviation is 3.1. Bands come of two maps' own spectra, and IoU of few
    # cells takes few values, so that its bands hold more than they say.
    assert (inside >= 38).all()
    assert (inside[:2] <= 56).all()


@pytest.mark.parametrize("count", [FEWEST, 100, 199])
def test_one_more_draw_lies_beyond_a_bands_ends_as_often_as_it_says(count):
    draws, beyond = np.random.default_rng(0).standard_normal((4000, 3, count + 1)), np.zeros(2, int)
    for one in draws:
        limits = band_of(tuple(one[:, :-1]))
        for value, (low, high) in zip(one[:, -1], (limits.spearman, limits.ssim, limits.iou), strict=True):
            beyond += value < low, value > high
    assert min(stats.binomtest(int(side), 12_000, 0.025, alternative="greater").pvalue for side in beyond) > 0.01
    assert min(beyond) > 0.017 * 12_000  # 2 of 101, where 100 draws have no place at one in forty


def test_smooth_maps_have_a_wider_band_than_noise():
    noise, smooth = (band(field(0, s), field(1, s)) for s in (0, 4))
    assert noise.spearman[1] < 0.1 < 0.3 < smooth.spearman[1]
    assert noise.spearman[0] < 0 < noise.spearman[1]
    assert noise.iou[1] < smooth.iou[1]
    assert noise.ssim[1] < smooth.ssim[1]
    assert (smooth.count, smooth.level) == (200, 0.95)


def test_related_maps_lie_above_their_band():
    first, second = related(9)
    limits, found = band(first, second), similarity(first, second)
    assert found.spearman > limits.spearman[1]
    assert found.ssim > limits.ssim[1]
    assert found.iou > limits.iou[1]
