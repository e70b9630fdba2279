"""Exact p-values and Holm's correction: closed forms, and the rate of wrong calls under chance."""

import numpy as np
import pytest
from scipy import stats

from gam_viz.evaluation.permutation import LEVEL, draws_needed, holm, p_value


def test_p_values_are_those_of_ranks():
    draws = np.arange(1.0, 20.0)
    assert p_value(100, draws) == 1 / 20
    assert p_value(19, draws) == 2 / 20  # a tie speaks for chance
    assert p_value(-100, draws) == 1
    assert p_value(-100, draws, two_sided=True) == 1 / 20
    assert p_value(0.1 + 0.2, np.array([0.3])) == 1  # equal to rounding
    assert p_value(0.0, np.zeros(99), two_sided=True) == 1
    for value, given in ((np.nan, draws), (1.0, np.array([np.inf])), (1.0, draws[:0])):
        with pytest.raises(ValueError, match="finite"):
            p_value(value, given)


def test_p_values_agree_with_scipys():
    generator = np.random.default_rng(0)
    own, draws = 1.3, generator.normal(size=999)
    found = stats.monte_carlo_test(
        *([own], lambda size: draws.reshape(size), lambda x, axis: x.mean(axis)),
        n_resamples=999,
        alternative="greater",
    )
    assert p_value(own, draws) == pytest.approx(found.pvalue)


def test_holm_orders_multiplies_and_never_falls():
    assert holm([]) == []
    assert holm([0.04]) == [0.04]
    assert holm([0.01, 0.02, 0.03, 0.9]) == pytest.approx([0.04, 0.06, 0.06, 0.9])
    assert holm([0.9, 0.8]) == [1.0, 1.0]


@pytest.mark.parametrize("questions", [1, 2, 3, 7, 10, 30])
def test_so_many_draws_reach_the_level_and_one_fewer_does_not(questions):
    needed = draws_needed(questions)
    assert questions / (needed + 1) <= LEVEL + 1e-12
    assert questions / needed > LEVEL


def test_one_wrong_call_among_many_maps_is_as_rare_as_the_level_says():
    """2,000 families of 5 maps that share their draws, as on the page; the distribution is anything but normal."""
    generator = np.random.default_rng(1)
    wrong = 0
    for _ in range(2000):
        draws, own = generator.standard_cauchy(draws_needed(5)), generator.standard_cauchy(5)
        wrong += min(holm([p_value(value, draws, two_sided=True) for value in own])) <= LEVEL
    assert 0.02 < wrong / 2000 < LEVEL + 3 * (LEVEL * (1 - LEVEL) / 2000) ** 0.5
