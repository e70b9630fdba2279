"""Intervals against SciPy and hand-computed values."""

import numpy as np
import pytest
from scipy import stats

from gam_viz.evaluation.intervals import accuracy, difference, mean, median_interval, student_interval, wilson_interval


def right(count, of):
    return np.arange(of) < count


def test_over_seeds_it_is_students():
    values = [0.91, 0.93, 0.925]
    found = accuracy(values, [right(91, 100)] * 3)
    expected = stats.t.interval(0.95, 2, loc=np.mean(values), scale=stats.sem(values))
    assert (found.low, found.high) == pytest.approx(expected)
    assert (found.basis, found.count) == ("seeds", 3)
    assert found.value == pytest.approx(np.mean(values))


def test_it_stays_within_what_an_accuracy_can_be():
    found = accuracy([0.999, 1.0], [right(9, 10)] * 2)
    assert found.high == 1.0


def test_of_one_seed_it_is_over_the_pictures():
    found = accuracy([0.81], [right(81, 100)])
    expected = stats.binomtest(81, 100).proportion_ci(method="wilson")
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-6)
    assert (found.basis, found.count) == ("pictures", 100)


def test_a_difference_over_seeds_is_welchs():
    first, second = [0.95, 0.96, 0.94], [0.90, 0.93]
    found = difference(first, second, [], [])
    expected = stats.ttest_ind(first, second, equal_var=False).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert found.value == pytest.approx(np.mean(first) - np.mean(second))
    assert found.basis == "seeds"


def test_seeds_that_never_differ_have_a_difference_without_width():
    found = difference([0.9, 0.9], [0.8, 0.8], [], [])
    assert (found.low, found.value, found.high) == pytest.approx((0.1, 0.1, 0.1))


def test_a_difference_over_pictures_is_bonett_and_prices():
    x = np.array([True] * 90 + [False] * 10)
    y = np.array([True] * 80 + [False] * 16 + [True] * 4)
    # 10 right only in the first, 4 only in the second: p = 11/102, q = 5/102.
    found = difference([0.9], [0.84], [x], [y])
    half = 1.959964 * np.sqrt((16 / 102 - (6 / 102) ** 2) / 102)
    assert found.value == pytest.approx(0.06)
    assert (found.low, found.high) == pytest.approx((6 / 102 - half, 6 / 102 + half))
    assert (found.basis, found.count) == ("pictures", 100)


def test_it_covers_the_truth_about_as_often_as_it_says():
    """Two networks of equal accuracy whose mistakes overlap: the interval holds 0 in about 95 of 100 test sets."""
    generator = np.random.default_rng(0)
    held = 0
    for _ in range(600):
        shared = generator.random(200) < 0.8
        x, y = (np.where(generator.random(200) < 0.15, ~shared, shared) for _ in range(2))
        found = difference([0.0], [0.0], [x], [y])
        held += found.low <= 0 <= found.high
    assert 0.92 < held / 600 < 0.99


def test_the_other_way_round_it_is_the_mirror_image():
    generator = np.random.default_rng(1)
    x, y = generator.random(50) < 0.7, generator.random(50) < 0.6
    one, other = difference([0], [0], [x], [y]), difference([0], [0], [y], [x])
    assert (one.low, one.high) == pytest.approx((-other.high, -other.low))


@pytest.mark.parametrize(("correct", "count"), [(0, 1), (1, 1), (0, 20), (7, 20), (88, 100), (9_012, 10_000)])
def test_a_share_has_wilsons_interval_as_its_formula_gives_it(correct, count):
    z, share = stats.norm.ppf(0.975), correct / count
    centre = (share + z**2 / (2 * count)) / (1 + z**2 / count)
    half = z / (1 + z**2 / count) * np.sqrt(share * (1 - share) / count + z**2 / (4 * count**2))
    assert wilson_interval(correct, count) == pytest.approx((max(0, centre - half), min(1, centre + half)), abs=1e-9)


def test_a_mean_has_students_interval_as_its_formula_gives_it():
    values = np.random.default_rng(0).normal(0.4, 0.3, 12)
    half = stats.t.ppf(0.975, 11) * values.std(ddof=1) / np.sqrt(12)
    expected = (values.mean() - half, values.mean() + half)
    assert student_interval(values) == pytest.approx(expected, abs=1e-9)
    middle = values.mean()
    assert student_interval(values, middle - 0.01, middle + 0.01) == (middle - 0.01, middle + 0.01)
    with_gaps = mean(np.append(values, np.nan))
    assert (with_gaps.low, with_gaps.high, with_gaps.count) == (
        pytest.approx(expected[0], abs=1e-9),
        pytest.approx(expected[1], abs=1e-9),
        12,
    )
    assert student_interval(np.full(5, 0.25)) == (0.25, 0.25)


@pytest.mark.parametrize("count", [6, 8, 15, 64])
@pytest.mark.parametrize("draw", ["standard_normal", "standard_exponential", "standard_cauchy", "integers"])
def test_a_medians_interval_holds_it_as_often_as_it_says(draw, count):
    """And not much more often than an interval of so few values must: 98.4 % of six, 96 to 97 % of many."""
    random = np.random.default_rng(0)
    drawn = random.integers(0, 3, (2000, count)) if draw == "integers" else getattr(random, draw)((2000, count))
    median = {"integers": 1, "standard_exponential": np.log(2)}.get(draw, 0)
    low, high = np.array([median_interval(values) for values in drawn]).T
    held = int(((low <= median) & (median <= high)).sum())
    assert stats.binomtest(held, 2000, 0.95, alternative="less").pvalue > 0.01
    assert draw == "integers" or held < 1994


def test_fewer_than_six_values_have_no_interval_of_their_median():
    assert median_interval(np.arange(6.0)) == (0, 5)
    with pytest.raises(ValueError, match="at least 6 values, got 5"):
        median_interval(np.arange(5.0))
