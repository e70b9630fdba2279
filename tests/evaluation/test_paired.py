"""Two networks on the same pictures."""

import numpy as np
import pytest

from gam_viz.evaluation.intervals import Paired


def test_counts_accuracies_and_difference() -> None:
    found = Paired.of(np.array(["both"] * 5 + ["first"] * 3 + ["second"] + ["neither"]))
    assert found == Paired(5, 3, 1, 1)
    assert found.count == 10
    assert found.accuracies == (0.8, 0.6)
    assert found.difference == pytest.approx(0.2)


def test_the_p_value_is_that_of_mcnemars_exact_test() -> None:
    # By hand: two-sided, 2 * sum of C(10, k) / 2^10 for k = 0, 1, 2.
    assert Paired(50, 8, 2, 3).p_value() == pytest.approx(2 * (1 + 10 + 45) / 1024)
    assert Paired(50, 2, 8, 3).p_value() == Paired(1, 8, 2, 0).p_value()  # neither order nor the others matter
    assert Paired(7, 0, 0, 1).p_value() == 1.0
    assert Paired(0, 4, 4, 0).p_value() == 1.0


def test_the_interval_is_bonett_and_prices() -> None:
    # n = 100, one-sided successes 15 and 5: (16 - 6) / 102 ± 1.96 sqrt((22/102 - (10/102)²) / 102)
    low, high = Paired(70, 15, 5, 10).interval()
    assert (low, high) == (pytest.approx(0.00992, abs=1e-4), pytest.approx(0.18616, abs=1e-4))
    turned = Paired(70, 5, 15, 10).interval()
    assert turned == (pytest.approx(-high), pytest.approx(-low))


def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    generator = np.random.default_rng(0)
    counts = generator.multinomial(80, [0.7, 0.16, 0.06, 0.08], size=4000)
    inside = 0
    for both, first, second, neither in counts:
        low, high = Paired(int(both), int(first), int(second), int(neither)).interval()
        inside += low <= 0.10 <= high
    assert 0.93 < inside / 4000 < 0.97


def test_no_pictures_are_no_trouble() -> None:
    nothing = Paired.of(np.array([], dtype="<U7"))
    assert nothing.accuracies == (0, 0)
    assert nothing.difference == 0
    assert nothing.p_value() == 1
    assert nothing.interval() == (-1, 1)
