"""How numbers of many pictures are distributed, with a part that can be brushed."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from gam_viz.figures import elements
from gam_viz.figures.style import layout, translucent


def histogram(
    ends: Sequence[tuple[float, float]],
    counts: Sequence[int],
    chosen: tuple[float, float],
    *,
    colour: str,
    axis: str,
    value: str,
    told: Sequence[str],
) -> go.Figure:
    """Draw it; a box drawn over it brushes a part.

    Args:
        ends: (low, high) of each bar.
        counts: of each bar.
        chosen: (low, high) of the brushed part; bars outside of it are pale.
        colour: of the bars, "#rrggbb".
        axis, value: titles of the axes.
        told: what the pointer is told of each bar.
    """
    inside = [chosen[0] <= (low + high) / 2 <= chosen[1] for low, high in ends]
    figure = go.Figure()
    figure.add_bar(
        x=[(low + high) / 2 for low, high in ends],
        y=list(counts),
        width=[(high - low) * 0.96 or 1.0 for low, high in ends],
        marker={
            "color": [colour if within else translucent(colour, 0.25) for within in inside],
            "line": {"color": colour, "width": 1},
        },
        customdata=[elements.verbatim(each) for each in told],
        hovertemplate="%{customdata}<extra></extra>",
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 1}},
    )
    figure.layout.xaxis = elements.axis(axis, nticks=8)
    figure.layout.yaxis = elements.axis(value, grid=True, rangemode="tozero", nticks=5, tickformat=",d")
    layout(figure, height=240, left=64, right=12, top=8, bottom=44)
    figure.layout.dragmode, figure.layout.selectdirection = "select", "h"
    return figure
