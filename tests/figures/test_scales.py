"""Scales: what the ends of the colours stand for."""

import numpy as np
import pytest

from gam_viz.figures.scales import absolute_scale, bounded_scale, number, range_scale, symmetric_scale


def test_a_bounded_scale_does_not_follow_the_map() -> None:
    assert (bounded_scale().low, bounded_scale().high) == (0.0, 1.0)


def test_a_range_spans_all_maps_and_a_flat_map_keeps_a_width() -> None:
    maps = [np.array([[0.2, 0.4]]), np.array([[-1.0, 0.3]])]
    assert (range_scale(maps).low, range_scale(maps).high) == (-1.0, 0.4)
    flat = range_scale([np.full((2, 2), 3.0)])
    assert (flat.low, flat.high) == (3.0, 4.0)


def test_a_symmetric_scale_is_centred_and_says_what_it_clips() -> None:
    values = np.arange(-50, 51, dtype=float)
    whole = symmetric_scale([values])
    assert (whole.low, whole.high, whole.signed, whole.clipped) == (-50.0, 50.0, True, 0.0)
    clipped = symmetric_scale([values], percentile=90)
    assert clipped.high == np.percentile(np.abs(values), 90) == -clipped.low
    assert clipped.clipped == pytest.approx((np.abs(values) > clipped.high).mean())
    assert absolute_scale([values], percentile=90).low == 0.0


def test_sparse_and_empty_maps_still_have_a_scale() -> None:
    sparse = np.zeros(1000)
    sparse[0] = -7.0
    assert symmetric_scale([sparse], percentile=99).high == 7.0
    assert symmetric_scale([np.zeros((3, 3))]).high == 1.0


@pytest.mark.parametrize("percentile", [49.0, 100.5])
def test_a_percentile_out_of_range_is_refused(percentile: float) -> None:
    with pytest.raises(ValueError, match="between 50 and 100"):
        symmetric_scale([np.ones(3)], percentile=percentile)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0"),
        (1.0, "1"),
        (0.12345, "0.123"),
        (-3.7811, "−3.78"),
        (123.4, "123"),
        (1e-5, "1.0e-05"),
        (45678.0, "4.6e+04"),
    ],
)
def test_numbers_have_three_digits(value: float, shown: str) -> None:
    assert number(value) == shown
