"""Intervals at other levels, and what a comparison could find, held against closed forms and against simulation."""

import math

import numpy as np
import pytest
from scipy import stats

from gam_viz.evaluation.intervals import Estimate, Paired, mean
from gam_viz.evaluation.power import at_level, corrected_level, detectable, powerful


def of_error(error, value=0.0):
    half = float(stats.norm.ppf(0.975)) * error
    return Estimate(value, value - half, value + half, "pictures", 1000)


def test_an_interval_at_another_level_is_the_one_computed_there():
    pair = Paired(850, 40, 25, 85)
    count, first, second = pair.count + 2, 41 / 1002, 26 / 1002  # Bonett and Price, at 99 %
    half = stats.norm.ppf(0.995) * math.sqrt((first + second - (first - second) ** 2) / count)
    found = at_level(Estimate(pair.difference, *pair.interval(), "pictures", pair.count), 0.99)
    assert (found.low, found.high) == pytest.approx((first - second - half, first - second + half))
    assert found.value == pair.difference


def test_over_seeds_the_quantile_is_students():
    values = np.array([0.80, 0.82, 0.87])
    known = mean(values)
    found = at_level(Estimate(known.value, known.low, known.high, "seeds", 3), 0.99)
    assert (found.low, found.high) == pytest.approx(stats.t.interval(0.99, 2, values.mean(), stats.sem(values)))


def test_the_detectable_difference_is_found_with_the_stated_chance():
    generator = np.random.default_rng(0)
    for level in (0.95, corrected_level(6)):
        effect = detectable(of_error(0.01), level)
        found = [at_level(of_error(0.01, value), level).low > 0 for value in generator.normal(effect, 0.01, 4_000)]
        assert np.mean(found) == pytest.approx(0.8, abs=0.02)
    # (1.960 + 0.842) standard errors
    assert detectable(of_error(0.01)) == pytest.approx(0.02802, abs=1e-5)


def test_as_many_comparisons_count_as_can_each_find_the_effect():
    sharp, blunt = of_error(0.004), of_error(0.0052)
    assert detectable(blunt) < 0.015 < detectable(blunt, corrected_level(2))
    assert powerful([blunt], 0.015) == [True]
    assert powerful([blunt, sharp], 0.015) == [False, True]  # beside another, it no longer could
    assert powerful([sharp, sharp, of_error(0.1)], 0.015) == [True, True, False]
    assert powerful([of_error(0.1)], 0.015) == [False]
    assert powerful([], 0.015) == []
