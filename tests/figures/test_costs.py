"""Costs of designs and parts of a network: what is drawn is what was given, each on its own axis."""

import math

import pytest

from gam_viz.figures.costs import Amount, CostPanel, CostRow, costs
from gam_viz.figures.parts import Bar, parts
from gam_viz.figures.style import CHOSEN, look_of

ROWS = [
    CostRow("SE", look_of("se"), (Amount(0.008, "+0.8%"), Amount(1.0, "1.3 MB"))),
    CostRow("GAM", look_of("gam"), (Amount(1.549, "+154.9%"), Amount(2.5, "2.5×", 2.0, 3.2)), chosen=True),
    CostRow("nothing", look_of("cbam"), (Amount(0.0, "+0%"), Amount(None))),
]
PANELS = [CostPanel("parameters added", "added", 0.05, "the tutorial's 5%"), CostPanel("time", "times")]


def test_every_amount_stands_on_its_panels_axis():
    figure = costs(ROWS, PANELS)
    drawn = {(trace.xaxis, trace.y[0]): trace for trace in figure.data}
    assert {key: trace.x[0] for key, trace in drawn.items()} == {
        ("x", 0): pytest.approx(0.8),
        ("x", 1): pytest.approx(154.9),
        ("x2", 0): 1.0,
        ("x2", 1): 2.5,
    }  # nothing added has no place on a logarithmic axis, what is not known none at all
    assert (figure.layout.xaxis.type, figure.layout.xaxis2.type) == ("log", "log")
    interval = drawn["x2", 1].error_x
    assert (2.5 - interval.arrayminus[0], 2.5 + interval.array[0]) == pytest.approx((2.0, 3.2))
    assert drawn["x", 1].marker.line.color == CHOSEN
    assert drawn["x", 1].marker.line.width > 0 == drawn["x", 0].marker.line.width


def test_names_and_numbers_are_told_in_words():
    figure = costs(ROWS, PANELS)
    told = [annotation.text for annotation in figure.layout.annotations]
    assert {"SE", "GAM", "nothing", "+0.8%", "+154.9%", "2.5×", "the tutorial's 5%"} <= set(told)
    assert [annotation.text for annotation in figure.layout.annotations if annotation.font.weight] == ["GAM"]
    assert figure.layout.xaxis.title.text == "parameters added"


def test_axes_hold_everything_and_panels_do_not_overlap():
    figure = costs(ROWS, PANELS)
    (low, high), (low2, high2) = figure.layout.xaxis.range, figure.layout.xaxis2.range
    assert low < math.log10(0.8) < math.log10(154.9) < high
    assert low2 < math.log10(1.0) < math.log10(3.2) < high2
    assert figure.layout.xaxis.domain[1] < figure.layout.xaxis2.domain[0]
    for axis in (figure.layout.xaxis, figure.layout.xaxis2):
        assert all(axis.range[0] <= math.log10(tick) <= axis.range[1] for tick in axis.tickvals)
        assert 1 <= len(axis.tickvals) <= 4


def test_what_lies_beyond_the_limit_is_shaded():
    (shade,) = [shape for shape in costs(ROWS, PANELS).layout.shapes if shape.type == "rect"]
    assert shade.x0 == pytest.approx(5)
    assert shade.x1 > 154.9


def test_equal_and_missing_amounts_make_an_axis_all_the_same():
    same = [CostRow(name, look_of("gam"), (Amount(1.0, "1 MB"),)) for name in "ab"]
    low, high = costs(same, [CostPanel("memory", "times")]).layout.xaxis.range
    assert low < 0 < high
    empty = [CostRow("a", look_of("gam"), (Amount(None),))]
    assert costs(empty, [CostPanel("time", "times")]).data == ()
    assert costs(empty, [CostPanel("added", "added")]).data == ()


def test_parts_are_stacked_in_order():
    bars = [Bar("stem", 10, 0, "10", "0"), Bar("stage 1", 100, 300, "100", "300")]
    figure = parts(bars, colour="#e69f00", own_name="own", attention_name="attention", axis="parameters")
    own, gated = figure.data
    assert (list(own.x), list(gated.x)) == ([10, 100], [0, 300])
    assert figure.layout.barmode == "stack"
    assert list(figure.layout.yaxis.ticktext) == ["stem", "stage 1"]
    assert figure.layout.yaxis.range[0] > figure.layout.yaxis.range[1]  # the stem on top
    assert figure.layout.xaxis.range[0] == 0
    assert figure.layout.xaxis.range[1] >= 400
    assert [annotation.text for annotation in figure.layout.annotations] == ["10", "100 + 300"]


def test_a_chinese_name_has_the_room_that_its_letters_take():
    name = "GAM，r = 16，深度可分离"  # 7 letters of 13 pixels, 9 of half as much
    figure = costs([CostRow(name, look_of("gam"), (Amount(0.01, "+1%"),))], PANELS[:1])
    assert figure.layout.margin.l >= 7 * 13 + 9 * 6 + 8
