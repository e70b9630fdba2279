"""What pages draw as HTML shows the numbers it is given, on the scale it is given."""

import base64
import io
import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from gam_viz.figures.channels import WeightWords, beyond, channel_order, profiles_html, weights_html
from gam_viz.figures.crops import Crop, crops_html
from gam_viz.figures.gate_scales import profile_scale, weight_scale
from gam_viz.figures.map_html import bars_html, map_html, picture_class, picture_style, scale_html, strip_html
from gam_viz.figures.pixels import painted
from gam_viz.figures.scales import DIVERGING, SEQUENTIAL, Scale
from tests.figures.helpers import cbam_channel, gam_channel

SEEN = np.random.default_rng(1).integers(0, 256, (8, 8, 3)).astype(np.uint8)
WORDS = WeightWords("bars", "8 channels", "weight", "channel", "mean", "here")


def pictures(html: str) -> list[npt.NDArray[np.uint8]]:
    found = re.findall(r"data:image/png;base64,([A-Za-z0-9+/=]+)", html)
    return [np.asarray(Image.open(io.BytesIO(base64.b64decode(each))).convert("RGB")) for each in found]


def told(html: str, name: str, kind: str) -> npt.NDArray[np.generic]:
    """An array that the pointer is told of."""
    (packed,) = re.findall(rf'data-{name}="([^"]+)"', html)
    return np.frombuffer(base64.b64decode(packed), kind)


def drawing(html: str) -> str:
    (packed,) = re.findall(r"data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)", html)
    return base64.b64decode(packed).decode()


def heights(svg: str, look: str) -> list[float]:
    """Where points of that stroke width stand, from the top, 0..1000."""
    (path,) = re.findall(rf'<path d="([^"]+)"[^>]*stroke-width="{look}"', svg)
    return [float(y) for y in re.findall(r"M\S+ (-?\d+)", path)]


def test_a_map_keeps_values_cells_and_scale() -> None:
    values = np.arange(6, dtype=np.float32).reshape(2, 3)
    html = map_html(values, SEEN, Scale(0, 10), SEQUENTIAL[0], opacity=0.4, alt="a & b")
    np.testing.assert_array_equal(pictures(html)[0], painted(values, Scale(0, 10), SEQUENTIAL[0]))
    np.testing.assert_array_equal(told(html, "values", "<f4"), values.ravel())
    assert "opacity:0.4" in html
    assert 'alt="a &amp; b"' in html
    assert picture_class(SEEN) in html


def test_a_map_alone_tells_its_region_and_carries_no_values_of_huge_maps() -> None:
    html = map_html(np.zeros((80, 80)), SEEN, Scale(0, 1), SEQUENTIAL[0], alt="x", region=(0.25, 0, 1, 0.5))
    assert "left:25%;top:0%;width:75%;height:50%" in html
    assert "data-values" not in html


def test_the_picture_below_is_told_once_for_all_maps() -> None:
    style = picture_style([SEEN, SEEN, SEEN[:4]])
    assert style.count("background-image") == 2
    assert picture_class(SEEN) != picture_class(SEEN[:4])
    grey = pictures(style)[0]
    assert (grey[..., 0] == grey[..., 1]).all()


def test_a_strip_names_its_maps_and_outlines_the_chosen_one() -> None:
    html = strip_html([("a", "<i></i>"), ("<b>", "<i></i>")], 1, "two")
    assert html.count("gv-chosen") == 1
    assert html.index(">a<") < html.index("gv-chosen") < html.index("&lt;b&gt;")


@pytest.mark.parametrize(
    ("scale", "marks", "ticks"),
    [
        (Scale(-2, 2, signed=True), (1.0, 5.0), ["−2", "0", "1", "2"]),
        (Scale(0, 0.00464), (), ["0", "0.00464"]),  # three long numbers do not fit
    ],
)
def test_the_scale_prints_its_ends_and_marks(scale: Scale, marks: Sequence[float], ticks: list[str]) -> None:
    html = scale_html(scale, DIVERGING[0], "from a to b", marks=marks)
    assert re.findall(r">([−0-9.]+)</span>", html) == ticks
    assert "left:100.0%" in html


def test_answers_are_bars_from_zero() -> None:
    html = bars_html([("a", 0.5, "50%"), ("<b>", -0.5, "-0.5")], "#123456", (-1, 1))
    assert re.findall(r"left:([\d.]+)%;width:([\d.]+)%", html) == [("50.0", "25.0"), ("25.0", "25.0")]
    assert "&lt;b&gt;" in html


def test_bars_are_the_channel_means_in_order() -> None:
    reading = gam_channel()
    html = weights_html(reading, "#000000", Scale(-5, 5, signed=True), WORDS)
    order = np.argsort(-reading.values.mean(axis=(1, 2)), kind="stable")
    np.testing.assert_array_equal(told(html, "order", "<i4"), order)
    np.testing.assert_allclose(told(html, "values", "<f4"), reading.values.mean(axis=(1, 2))[order], rtol=1e-5)


def test_the_band_is_drawn_only_where_positions_differ() -> None:
    assert "fill-opacity" in drawing(weights_html(gam_channel(), "#000000", Scale(-5, 5), WORDS))
    assert "fill-opacity" not in drawing(weights_html(cbam_channel(), "#000000", Scale(0, 1), WORDS))


def test_a_cells_weights_are_points_and_beyond_the_axis_ticks_that_are_counted() -> None:
    reading = gam_channel(64)
    here, scale = reading.values[:, 1, 2], Scale(-2, 2, signed=True)
    svg = drawing(weights_html(reading, "#000000", scale, WORDS, by="index", cell=(1, 2)))
    inside = here[np.abs(here) <= 2]
    np.testing.assert_allclose(heights(svg, "5.5"), (2 - inside) / 4 * 1000, atol=0.6)
    assert len(heights(svg, "2.5")) == beyond(here, scale) == (np.abs(here) > 2).sum() > 0


def test_the_axis_is_that_of_the_weights_and_of_a_sigmoid_its_range() -> None:
    wild = gam_channel(64)
    means = wild.channel_means()
    scale = weight_scale([cbam_channel(), wild])
    assert (scale.low, scale.high) == (means.min(), max(1.0, means.max()))
    assert scale.high < np.abs(wild.values).max() / 3  # the extremes of single positions do not set it
    assert weight_scale([cbam_channel()]) == Scale(0, 1)


def test_profiles_have_a_sorted_row_a_layer_in_colours_that_can_be_seen() -> None:
    readings = [cbam_channel(8), gam_channel(16)]
    scale = profile_scale(readings)
    html = profiles_html(readings, ["1.1", "1.2"], scale, DIVERGING[0], "profiles", 1)
    rows = pictures(html)
    assert [row.shape for row in rows] == [(1, 8, 3), (1, 16, 3)]
    expected = np.sort(readings[1].channel_means())[::-1]
    np.testing.assert_array_equal(rows[1], painted(expected[None], scale, DIVERGING[0]))
    assert scale.high == max(1.0, np.abs(expected).max())
    assert html.index("1.1") < html.index("1.2") < html.index("gv-chosen")


def test_an_order_by_index_leaves_channels_where_they_are() -> None:
    np.testing.assert_array_equal(channel_order(gam_channel(), "index"), np.arange(8))


def test_a_name_is_no_markup() -> None:
    name = '<b>x</b> & <a href="http://x.invalid">'
    words = WeightWords(name, name, name, name, name, name)
    drawn = (
        strip_html([(name, "")], 0, name),
        bars_html([(name, 1.0, name)], "#123456", (0, 1)),
        weights_html(gam_channel(), "#123456", Scale(-1, 1), words, cell=(0, 0)),
        profiles_html([gam_channel()], [name], Scale(-1, 1), "magma", name, 0),
        scale_html(Scale(0, 1), "magma", name),
        map_html(np.zeros((2, 2)), SEEN, Scale(0, 1), "magma", alt=name),
    )
    for html in drawn:
        assert "x.invalid" in html
        assert "<a" not in html
        assert 'href="' not in html


def test_a_cut_out_is_the_part_and_its_mark_lies_on_it() -> None:
    """At the edge of the picture what a field lacks stays empty, so that all have one scale."""
    html = crops_html([Crop(SEEN, (0, 2, 2, 6), (0, 4, 1, 5), "0.5", "<picture>")], "row")
    (packed,) = re.findall(r"data:image/png;base64,([A-Za-z0-9+/=]+)", html)
    cut = np.asarray(Image.open(io.BytesIO(base64.b64decode(packed))))
    assert cut.shape == (4, 4, 4)
    assert np.array_equal(cut[:, 1:3, :3], SEEN[2:6, 0:2])
    assert (cut[..., 3] == [0, 255, 255, 0]).all()
    assert "left:25.00%;top:50.00%;width:25.00%;height:25.00%" in html
    assert "<figcaption>0.5</figcaption>" in html
    assert "&lt;picture&gt;" in html
    assert "<picture>" not in html
