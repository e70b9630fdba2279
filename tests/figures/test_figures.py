"""Figures show the numbers they are given, on the scale they are given."""

import re

import numpy as np
import plotly.graph_objects as go
import pytest
from matplotlib import colormaps

from gam_viz.figures.channels import channel_bars, channel_order, channel_overview
from gam_viz.figures.overlay import overlay, picker, scale_bar, thumbnails
from gam_viz.figures.prediction import prediction_bars
from gam_viz.figures.scales import DIVERGING, SEQUENTIAL, Scale
from gam_viz.figures.style import colour_scale, grey
from tests.figures.helpers import cbam_channel, gam_channel

SEEN = np.random.default_rng(1).integers(0, 256, (8, 8, 3)).astype(np.uint8)


def heatmaps(figure: go.Figure) -> list[go.Heatmap]:
    return [trace for trace in figure.data if isinstance(trace, go.Heatmap)]


def test_bars_are_the_channel_means_in_order() -> None:
    reading = gam_channel()
    figure = channel_bars(reading, "#000000", Scale(-5, 5, signed=True))
    bars = next(trace for trace in figure.data if isinstance(trace, go.Bar))
    assert list(bars.customdata) == list(np.argsort(-reading.values.mean(axis=(1, 2)), kind="stable"))
    np.testing.assert_allclose(bars.y, np.sort(reading.values.mean(axis=(1, 2)))[::-1], rtol=1e-5)
    assert figure.layout.yaxis.range[0] <= -5
    assert figure.layout.yaxis.range[1] >= 5


def test_the_band_is_drawn_only_where_positions_differ() -> None:
    scale = Scale(-5, 5)
    band = [t for t in channel_bars(gam_channel(), "#000000", scale).data if getattr(t, "fill", None) == "toself"]
    low, high = gam_channel().channel_quantiles()
    order = channel_order(gam_channel())
    np.testing.assert_allclose(band[0].y, np.concatenate([high[order], low[order][::-1]]), rtol=1e-6)
    assert not [t for t in channel_bars(cbam_channel(), "#000000", scale).data if isinstance(t, go.Scatter)]


def test_a_cell_is_drawn_as_points() -> None:
    reading = gam_channel()
    figure = channel_bars(reading, "#000000", Scale(-5, 5), by="index", cell=(1, 2))
    points = [t for t in figure.data if getattr(t, "mode", None) == "markers"]
    np.testing.assert_array_equal(points[0].y, reading.values[:, 1, 2])


def test_an_unknown_order_is_refused() -> None:
    with pytest.raises(ValueError, match="known are weight, strength, index"):
        channel_order(gam_channel(), "colour")


def test_the_overview_has_a_sorted_row_a_layer_on_one_scale() -> None:
    scale = Scale(-3, 3, signed=True)
    rows = heatmaps(channel_overview([cbam_channel(8), gam_channel(16)], ["1.1", "1.2"], scale, DIVERGING[0], chosen=1))
    assert [trace.z.shape for trace in rows] == [(1, 8), (1, 16)]
    for trace in rows:
        assert (trace.zmin, trace.zmax) == (-3, 3)
        assert (np.diff(trace.z[0]) <= 0).all()


def test_an_overlay_keeps_values_cells_and_scale() -> None:
    values = np.arange(6, dtype=np.float32).reshape(2, 3)
    (trace,) = heatmaps(overlay(values, SEEN, Scale(0, 10), SEQUENTIAL[0], opacity=0.4))
    np.testing.assert_array_equal(trace.z, values)
    assert (trace.zmin, trace.zmax, trace.opacity, trace.zsmooth) == (0, 10, 0.4, False)
    assert (trace.dx, trace.dy) == (1 / 3, 1 / 2)


def test_thumbnails_draw_each_map_on_its_scale() -> None:
    maps = [np.zeros((2, 2)), np.ones((4, 4))]
    figure = thumbnails(maps, ["a", "b"], SEEN, [Scale(0, 1), Scale(0, 2)], SEQUENTIAL[0], chosen=1)
    assert [(trace.zmin, trace.zmax) for trace in heatmaps(figure)] == [(0, 1), (0, 2)]
    assert [(a.text, a.font.weight) for a in figure.layout.annotations] == [("a", None), ("b", 700)]


def test_the_picker_has_a_point_a_cell() -> None:
    figure = picker(SEEN, (2, 3), (1, 2))
    assert [list(cell) for cell in figure.data[0].customdata] == [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2]]


def test_a_scale_bar_has_room_for_its_ends() -> None:
    """Plotly leaves a label out that would end beyond the figure: 12 pixels high, a digit is 7 wide."""
    for scale in (Scale(0, 0.00464, signed=False), Scale(-4.82, 4.82, signed=True), Scale(0, 1, signed=False)):
        figure = scale_bar(scale, DIVERGING[0])
        ticks = figure.layout.xaxis.ticktext
        assert figure.layout.margin.r >= 3.5 * len(ticks[-1])
        assert figure.layout.margin.l >= 3.5 * len(ticks[0])
    assert scale_bar(Scale(0, 0.00464, signed=False), DIVERGING[0]).layout.xaxis.ticktext == ("0", "0.00464")


def test_the_scale_bar_prints_its_ends_and_marks() -> None:
    figure = scale_bar(Scale(-2, 2, signed=True), DIVERGING[0], marks=(1.0, 5.0))
    assert list(figure.layout.xaxis.ticktext) == ["-2", "0", "1", "2"]


def test_prediction_bars_hold_the_most_probable_and_the_target() -> None:
    figure = prediction_bars(np.array([0.1, 0.6, 0.25, 0.05]), list("abcd"), "#123456", target=3, truth=2, count=3)
    assert list(figure.layout.yaxis.ticktext) == ["b", "✓ c", "d"]
    assert list(figure.data[0].x) == [0.6, 0.25, 0.05]


@pytest.mark.parametrize("name", [*SEQUENTIAL, *DIVERGING])
def test_colours_are_matplotlibs_and_not_taken_for_the_themes(name: str) -> None:
    scale = colour_scale(name)
    assert not [colour for _, colour in scale if colour.startswith("#")]  # the theme replaces some hexadecimal ones
    ends = [tuple(int(v) for v in re.findall(r"\d+", scale[i][1])) for i in (0, -1)]
    expected = [tuple((np.array(colormaps[name](x)[:3]) * 255).round().astype(int)) for x in (0.0, 1.0)]
    assert ends == expected


def test_grey_has_equal_channels_and_keeps_grey_pictures() -> None:
    result = grey(SEEN)
    assert (result[..., 0] == result[..., 1]).all()
    assert (result[..., 0] == result[..., 2]).all()
    flat = np.full((2, 2, 3), 77, np.uint8)
    np.testing.assert_array_equal(grey(flat), flat)
