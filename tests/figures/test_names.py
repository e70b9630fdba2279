"""Names come from files: a figure shows them letter by letter, whatever Plotly would make of them."""

import json
from collections.abc import Callable

import numpy as np
import plotly.graph_objects as go
import pytest

from gam_viz.figures import elements
from gam_viz.figures.changes import Panel, panels
from gam_viz.figures.connections import connections
from gam_viz.figures.costs import Amount, CostPanel, CostRow, costs
from gam_viz.figures.curves import Curve, lines
from gam_viz.figures.matrix import matrix
from gam_viz.figures.parts import Bar, parts
from gam_viz.figures.planes import plane
from gam_viz.figures.prediction import prediction_bars
from gam_viz.figures.scales import Scale
from gam_viz.figures.style import look_of

NAME = '<b>x</b> & <a href="http://x.invalid">%{marker.color}</a>'
SHOWN = '&lt;b&gt;x&lt;/b&gt; &amp; &lt;a href="http://x.invalid"&gt;%&#123;marker.color}&lt;/a&gt;'
SEEN = np.zeros((4, 4, 3), np.uint8)
UNIT = Scale(0, 1)
MAP = np.zeros((2, 2))


@pytest.mark.parametrize(
    "drawn",
    [
        lambda: panels([Panel(NAME, MAP, UNIT)], SEEN, 0, hover="gate"),
        lambda: connections([(NAME, MAP > 0)], "#e69f00", axes=("in", "out"), chosen=0),
        lambda: costs(
            [CostRow(NAME, look_of("gam"), (Amount(0.5, "0.5"),), chosen=True)], [CostPanel("time", "times")]
        ),
        lambda: lines([NAME, "b"], [Curve(NAME, "#e69f00", np.zeros(2))], axis="a", value="v", span=(0, 1)),
        lambda: matrix(["a", NAME], np.ones((2, 2)), np.zeros((2, 2), int), scale=UNIT, chosen=None, value="v"),
        lambda: parts([Bar(NAME, 1, 1, "1", "1")], colour="#e69f00", own_name=NAME, attention_name="a", axis="n"),
        lambda: plane(MAP, UNIT, "magma", axes=(NAME, "rows"), hover="gate"),
        lambda: prediction_bars(np.ones(1), [NAME], "#e69f00"),
    ],
)
def test_a_name_is_no_markup(drawn: Callable[[], go.Figure]) -> None:
    written = json.loads(drawn().to_json())
    found = [text for text in texts(written["data"]) + texts(written["layout"]) if "x.invalid" in text]
    assert found
    assert all(SHOWN in text and "<a" not in text and "<b" not in text for text in found)


def test_a_line_may_end() -> None:
    assert elements.verbatim("a\n<br>") == "a<br>&lt;br&gt;"


def texts(part: object) -> list[str]:
    """All strings of a figure as it is sent."""
    if isinstance(part, str):
        return [part]
    inner = part.values() if isinstance(part, dict) else part if isinstance(part, list) else []
    return [text for each in inner for text in texts(each)]
