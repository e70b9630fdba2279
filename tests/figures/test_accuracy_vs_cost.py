"""Accuracy over added cost: what is drawn is what was given, and nothing hides another."""

import pytest

from gam_viz.figures.accuracy_vs_cost import Point, markers, worth
from gam_viz.figures.style import look_of

BASE = Point("none", look_of("none"), 1.0, 0.9, 0.88, 0.92)
POINTS = [
    Point("se", look_of("se"), 0.01, 0.91, 0.89, 0.93),
    Point("gam", look_of("gam"), 1.5, 0.89, 0.86, 0.91),
    Point("gam again", look_of("gam"), 1.5, 0.93, 0.91, 0.94),
]


def drawn():
    return worth(POINTS, BASE, added_title="added", accuracy_title="accuracy", promised=0.05, promised_title="promised")


def test_every_point_stands_at_its_accuracy_with_its_interval():
    traces = drawn().data
    assert len(traces) == len(POINTS)
    for trace, point in zip(traces, POINTS, strict=True):
        assert trace.y[0] == point.value
        assert trace.y[0] + trace.error_y.array[0] == pytest.approx(point.high)
        assert trace.y[0] - trace.error_y.arrayminus[0] == pytest.approx(point.low)
        assert f"{point.added:+.1%}" in trace.hovertemplate  # told as it is, wherever it is drawn


def test_equal_costs_stand_side_by_side():
    places = [trace.x[0] for trace in drawn().data]
    assert places[:2] == pytest.approx([1, 150])
    assert places[2] == pytest.approx(150 * 1.14)


def test_the_axis_holds_every_interval_and_the_band():
    figure = drawn()
    low, high = figure.layout.yaxis.range
    assert low < min(point.low for point in (*POINTS, BASE))
    assert high > max(point.high for point in POINTS)
    band = figure.layout.shapes[0]
    assert (band.y0, band.y1) == (BASE.low, BASE.high)


def test_markers_are_those_of_the_figure():
    entries = markers(POINTS, BASE)
    assert [name for _, name in entries] == ["none", "se", "gam", "gam again"]
    assert len({sign for sign, _ in entries}) == 4
    assert [trace.marker.symbol for trace in drawn().data] == ["triangle-down", "diamond", "diamond-open"]
