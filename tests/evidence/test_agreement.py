"""A matrix of likeness: the same numbers as pair by pair, and bands that tell the related from the rest."""

import numpy as np
import pytest
from scipy import ndimage
from scipy.stats import binomtest, rankdata

from gam_viz.evidence.agreement import agreement
from gam_viz.evidence.similarity import similarity
from gam_viz.evidence.surrogates import band
from gam_viz.explain.heatmaps import Heatmap, resized


def field(seed, smooth=1.5, side=24):
    edge = int(4 * smooth) + 1
    noise = np.random.default_rng(seed).normal(size=(side + 2 * edge, side + 2 * edge))
    return ndimage.gaussian_filter(noise, smooth)[edge:-edge, edge:-edge].astype(np.float32)


def named(*maps):
    return [(f"net{k}", Heatmap(f"map{k}", "gate", "gate", None, values, False)) for k, values in enumerate(maps)]


def test_numbers_are_those_of_each_pair():
    maps = [field(0), field(1) + 0.7 * field(0), field(2, 1, 8), -field(0)]
    found = agreement(named(*maps), count=10)
    assert found.labels == ("net0", "net1", "net2", "net3")
    assert (found.side, found.count, found.flat) == (24, 10, (False,) * 4)
    # The coarse map's ranks are read between its cells; the others have the grid's size already.
    places = rankdata(maps[2]).reshape(8, 8).astype(np.float32)
    on_grid = [maps[0], maps[1], resized(places, 24), maps[3]]
    for i in range(4):
        for j in range(4):
            pair = similarity(on_grid[i], on_grid[j])
            for key in ("spearman", "ssim", "iou"):
                matrix = getattr(found, key)
                assert matrix.values[i, j] == pytest.approx(getattr(pair, key), abs=1e-9)
                assert matrix.values[i, j] == matrix.values[j, i]
                if i != j:
                    assert matrix.low[i, j] == matrix.low[j, i] < matrix.high[i, j] == matrix.high[j, i]
    assert found.spearman.values[0, 3] == pytest.approx(-1)


def test_bands_are_those_of_each_pair():
    maps = [field(0, 0.5), field(1, 3), field(2, 3)]
    found = agreement(named(*maps), count=400)
    for i, j in ((0, 1), (0, 2), (1, 2)):
        expected = band(maps[i], maps[j], count=400, seed=50)
        for key in ("spearman", "ssim", "iou"):
            matrix, (low, high) = getattr(found, key), getattr(expected, key)
            width = high - low
            assert matrix.low[i, j] == pytest.approx(low, abs=0.2 * width)  # two draws of 400 random pairs
            assert matrix.high[i, j] == pytest.approx(high, abs=0.2 * width)
    assert found.spearman.high[1, 2] > 2 * found.spearman.high[0, 1]


def test_related_pairs_lie_outside_their_bands_and_most_others_within():
    first = field(0)
    maps = [first, first + 0.3 * field(1), -first, *(field(k) for k in range(2, 12))]
    found = agreement(named(*maps), count=60)
    outside = found.spearman.outside
    assert (outside[0, 1], outside[1, 0], outside[0, 2], outside[1, 2]) == (1, 1, -1, -1)
    assert found.iou.outside[0, 1] == found.ssim.outside[0, 1] == 1
    assert (np.diag(outside) == 0).all()
    others = outside[3:, 3:][np.triu_indices(10, 1)]
    assert (others != 0).sum() <= 9  # of 45; 2 to 3 expected


@pytest.mark.parametrize("smooth", [pytest.param(0.5, marks=pytest.mark.long), 1.5])
def test_unrelated_pairs_get_a_dot_or_a_cross_no_more_often_than_it_says(smooth):
    outside = [
        int(agreement(named(field(2 * k, smooth, 16), field(2 * k + 1, smooth, 16)), count=39).spearman.outside[0, 1])
        for k in range(200)
    ]
    for sign in (1, -1):
        assert binomtest(outside.count(sign), 200, 0.025, alternative="greater").pvalue > 0.01
    assert any(outside)


def test_seeds_are_kept():
    maps = named(field(0), field(1))
    one, same, other = (agreement(maps, count=20, seed=seed) for seed in (0, 0, 1000))
    np.testing.assert_array_equal(one.ssim.high, same.ssim.high)
    assert one.ssim.high[0, 1] != other.ssim.high[0, 1]


def test_a_flat_map_is_like_nothing_and_the_others_go_on():
    found = agreement(named(field(0), np.full((8, 8), 0.5, np.float32), field(0)), count=39)
    assert found.flat == (False, True, False)
    for matrix in (found.spearman, found.ssim, found.iou):
        assert np.isnan(matrix.values[1]).all()
        assert np.isnan(matrix.values[:, 1]).all()
        assert matrix.values[0, 2] == pytest.approx(1)
        assert (matrix.outside[1] == 0).all()
        assert matrix.outside[0, 2] == 1


@pytest.mark.parametrize("flat", [1, 2])
def test_too_few_maps_to_compare_are_no_error(flat):
    found = agreement(named(field(0), *([np.zeros((4, 4), np.float32)] * (flat - 1))), count=5)
    assert found.spearman.values[0, 0] == 1
    assert np.isnan(found.spearman.low).all()


def test_what_cannot_be_compared_is_named():
    broken = field(1)
    broken[0, 0] = np.nan
    with pytest.raises(ValueError, match="net1's map1 holds values that are not finite"):
        agreement(named(field(0), broken))
    with pytest.raises(ValueError, match="at least one map"):
        agreement([])
    with pytest.raises(ValueError, match="shares between 0 and 1"):
        agreement(named(field(0)), level=95)
    with pytest.raises(ValueError, match="at least two random pairs"):
        agreement(named(field(0)), count=1)


def test_progress_is_told_and_may_leave():
    shares = []
    agreement(named(field(0), field(1), field(2)), count=5, progress=lambda share, label: shares.append((share, label)))
    numbers = [share for share, _ in shares]
    assert numbers == sorted(numbers)
    assert numbers[-1] == 1
    assert {label for _, label in shares} == {"net0", "net1", "net2"}

    def leave(share, label):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        agreement(named(field(0), field(1)), count=5, progress=leave)


def test_two_maps_are_judged_alike_whatever_others_are_listed():
    dice = np.random.default_rng(3)
    shapes = ((8, 8), (16, 16), (40, 40), (8, 8))
    given = [
        (f"network {k}", Heatmap(f"gate.{k}", "gate", "gate", str(k), dice.random(shape).astype(np.float32), False))
        for k, shape in enumerate(shapes)
    ]
    alone = agreement(given[:2], count=20)
    among = agreement([given[3], given[1], given[2], given[0]], count=20)
    for measure in ("spearman", "ssim", "iou"):
        for part in ("values", "low", "high"):
            pair = getattr(getattr(alone, measure), part)[0, 1]
            np.testing.assert_allclose(getattr(getattr(among, measure), part)[3, 1], pair, rtol=1e-5)
