"""Maps of changes show what changed and nothing else; matrices show connections."""

import numpy as np
import plotly.graph_objects as go

from gam_viz.figures.changes import FLOOR, Panel, before_after, ceiling, change_bar, panels
from gam_viz.figures.connections import connections
from gam_viz.figures.scales import Scale

SEEN = np.random.default_rng(1).integers(0, 256, (8, 8, 3)).astype(np.uint8)


def maps(figure: go.Figure) -> list[go.Heatmap]:
    return [trace for trace in figure.data if isinstance(trace, go.Heatmap)]


def test_what_did_not_change_is_not_drawn_and_the_rest_is_on_powers_of_ten() -> None:
    change = np.array([[0.0, 1e-9, 0.01], [1.0, 10.0, 0.0]])
    drawn = maps(panels([Panel("t", change)], SEEN, 1, hover="h"))[0]
    np.testing.assert_allclose(drawn.z, [[np.nan, FLOOR, -2], [0, 1, np.nan]])
    assert (drawn.zmin, drawn.zmax) == (FLOOR, 1)
    np.testing.assert_array_equal(drawn.customdata, change)  # the pointer is told the number itself


def test_a_map_with_a_scale_is_drawn_on_it() -> None:
    values = np.linspace(-1, 2, 6).reshape(2, 3)
    figure = panels([Panel("a", values, Scale(-2, 2, signed=True)), Panel("b", values * 0)], None, 0, hover="h")
    first, second = maps(figure)
    np.testing.assert_array_equal(first.z, values)
    assert (first.zmin, first.zmax) == (-2, 2)
    assert np.isnan(second.z).all()
    assert [note.text for note in figure.layout.annotations] == ["a", "b"]
    assert not figure.layout.images


def test_the_top_of_the_scale_is_a_power_of_ten_and_at_least_one() -> None:
    assert ceiling([np.array([[1e-5]])]) == 0
    assert ceiling([np.zeros((2, 2))]) == 0
    assert ceiling([]) == 0
    assert ceiling([np.array([[0.5]]), np.array([[11.0]])]) == 2
    assert ceiling([np.array([[10.0]])]) == 1
    bar = change_bar(2)
    assert (maps(bar)[0].zmin, maps(bar)[0].zmax) == (FLOOR, 2)
    assert list(bar.layout.xaxis.tickvals) == [-4, -2, 0, 2]


def test_field_cell_and_patches_are_outlined() -> None:
    field = np.zeros((4, 8), dtype=bool)
    field[1:3, 2:7] = True
    figure = panels([Panel("t", np.zeros((4, 8)), field=field, cell=(2, 3), grid=2)], SEEN, 0, hover="h")
    boxes = [shape for shape in figure.layout.shapes if shape.type == "rect"]
    corners = [(s.x0, s.x1, s.y0, s.y1) for s in boxes]
    assert corners == [(0, 1, 0, 1), (2 / 8, 7 / 8, 1 / 4, 3 / 4), (3 / 8, 4 / 8, 2 / 4, 3 / 4)]
    assert [s.line.dash for s in boxes] == ["solid", "dash", "solid"]
    lines = [(s.x0, s.x1, s.y0, s.y1) for s in figure.layout.shapes if s.type == "line"]
    assert sorted(lines) == [(0, 1, 0.5, 0.5), (0.5, 0.5, 0, 1)]
    nothing = panels([Panel("t", np.zeros((4, 8)), field=field & False)], SEEN, 0, hover="h")
    assert len(nothing.layout.shapes) == 1


def test_a_single_map_keeps_the_size_of_one_of_two() -> None:
    alone = panels([Panel("t", np.zeros((2, 2)))], SEEN, 0, hover="h", places=2)
    two = panels([Panel("t", np.zeros((2, 2)))] * 2, SEEN, 0, hover="h", places=2)
    assert alone.layout.xaxis.domain == two.layout.xaxis.domain
    assert alone.layout.height == two.layout.height


def test_weights_before_are_bars_and_after_are_points_in_one_order() -> None:
    before, after = np.array([0.2, 0.9, 0.5]), np.array([0.3, 0.8, 0.5])
    bars, points = before_after(before, after, "#2f7fc1", span=(0.0, 1.0), labels=("c", "b", "a")).data
    assert list(bars.customdata) == list(points.customdata) == [1, 2, 0]
    np.testing.assert_array_equal(bars.y, [0.9, 0.5, 0.2])
    np.testing.assert_array_equal(points.y, [0.8, 0.5, 0.3])


def test_connections_are_drawn_as_they_are() -> None:
    matrix = np.array([[True, False], [False, True], [True, True]])
    figure = connections([("a", matrix), ("b", ~matrix)], "#e69f00", axes=("in", "out"), chosen=1)
    first, second = maps(figure)
    np.testing.assert_array_equal(first.z, matrix)
    np.testing.assert_array_equal(second.z, ~matrix)
    (outline,) = figure.layout.shapes
    assert (outline.x0, outline.x1, outline.y0, outline.y1, outline.xref) == (-0.5, 1.5, -0.5, 2.5, "x2")
    assert [(note.text, note.font.weight) for note in figure.layout.annotations] == [("a", None), ("b", 700)]
