"""Figures show the numbers they are given, on the scale they are given."""

import re

import numpy as np
import plotly.graph_objects as go
import pytest
from matplotlib import colormaps

from gam_viz.figures.channels import channel_order
from gam_viz.figures.overlay import overlay
from gam_viz.figures.prediction import prediction_bars
from gam_viz.figures.scales import DIVERGING, SEQUENTIAL, Scale
from gam_viz.figures.style import colour_scale, grey
from tests.figures.helpers import gam_channel

SEEN = np.random.default_rng(1).integers(0, 256, (8, 8, 3)).astype(np.uint8)


def heatmaps(figure: go.Figure) -> list[go.Heatmap]:
    return [trace for trace in figure.data if isinstance(trace, go.Heatmap)]


def test_an_unknown_order_is_refused() -> None:
    with pytest.raises(ValueError, match="known are weight, strength, index"):
        channel_order(gam_channel(), "colour")


def test_an_overlay_keeps_values_cells_and_scale() -> None:
    values = np.arange(6, dtype=np.float32).reshape(2, 3)
    (trace,) = heatmaps(overlay(values, SEEN, Scale(0, 10), SEQUENTIAL[0], opacity=0.4))
    np.testing.assert_array_equal(trace.z, values)
    assert (trace.zmin, trace.zmax, trace.opacity, trace.zsmooth) == (0, 10, 0.4, False)
    assert (trace.dx, trace.dy) == (1 / 3, 1 / 2)


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
