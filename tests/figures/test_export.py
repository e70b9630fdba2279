"""The figure to take home."""

import io
import warnings

import numpy as np
import pytest
from PIL import Image

from gam_viz.figures.export import ExportColumn, MapPanel, comparison_figure, to_bytes
from gam_viz.figures.scales import Scale
from tests.figures.helpers import cbam_channel, gam_channel

SEEN = np.full((8, 8, 3), 90, np.uint8)


def column(title: str, maps: int, reading: object = None) -> ExportColumn:
    panel = MapPanel(np.random.default_rng(0).random((4, 4)), Scale(0, 1), "magma", "Masks", "4x4")
    return ExportColumn(title, "#2f7fc1", SEEN, "predicts a cat", reading, Scale(-3, 3), "caption", (panel,) * maps)  # type: ignore[arg-type]


def test_a_figure_draws_every_map_with_its_scale_bar() -> None:
    figure = comparison_figure("A picture", [column("CBAM", 2, cbam_channel()), column("GAM 通道", 2, gam_channel())])
    # Per column: picture, bars, two maps and their two scale bars.
    assert len(figure.axes) == 2 * (2 + 2 + 2)
    titles = [axes.get_title() for axes in figure.axes]
    assert titles.count("Masks") == 4
    assert "CBAM" in titles


def test_png_and_svg_are_whole_and_the_same_every_time() -> None:
    figure = comparison_figure("A picture", [column("CBAM", 1, cbam_channel())])
    png = to_bytes(figure, "png")
    with Image.open(io.BytesIO(png)) as picture:
        assert picture.format == "PNG"
        assert picture.width > 500
    svg = to_bytes(figure, "svg")
    assert svg.startswith(b"<?xml")
    assert b"<dc:date>" not in svg


def test_columns_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="same number of maps"):
        comparison_figure("A picture", [column("CBAM", 1), column("GAM", 2)])
    with pytest.raises(ValueError, match="same number of maps"):
        comparison_figure("A picture", [])


def test_a_name_that_looks_like_mathematics_is_a_name() -> None:
    """ "$x^$" is no formula, so it would stop the drawing; "$x$" is one, and would not be what it says."""
    for name in ("$x^$.png", "$x$", r"\\frac{"):
        figure = comparison_figure(name, [column(name, 1, cbam_channel())])
        assert to_bytes(figure, "png").startswith(b"\x89PNG")
        assert figure.get_suptitle() == name
        assert to_bytes(figure, "svg") != to_bytes(comparison_figure("x", [column("x", 1, cbam_channel())]), "svg")


def test_a_name_from_right_to_left_leaves_no_box_beside_it() -> None:
    """U+2068 and U+2069 keep its direction to itself on a page; fonts have no sign for them."""
    figure = comparison_figure("\u2068قارب\u2069.png", [column("\u2068شبكة\u2069", 1, cbam_channel())])
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        to_bytes(figure, "png")
    assert figure.get_suptitle() == "قارب.png"
    assert not [each for each in said if "U+2068" in str(each.message) or "8296" in str(each.message)]


def test_a_foot_and_a_region_are_in_the_figure() -> None:
    figure = comparison_figure("A picture", [column("CBAM", 1, cbam_channel())], foot="GAM-Viz", box=(0.25, 0, 0.75, 1))
    (patch,) = figure.axes[0].patches
    height, width = column("CBAM", 1).seen.shape[:2]
    assert patch.get_bbox().bounds == (0.25 * width - 0.5, -0.5, 0.5 * width, height)  # type: ignore[attr-defined]
    assert figure.get_supxlabel() == "GAM-Viz"
