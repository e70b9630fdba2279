"""Bars at each of a few settings, relative to one setting."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from gam_viz.figures import elements
from gam_viz.figures.style import layout


def bars(
    places: Sequence[str], values: Sequence[float], colour: str, *, axis: str, value: str, height: int = 230
) -> go.Figure:
    """Draw one quantity, each bar with its number.

    Args:
        places: (n,) names of the settings.
        values: (n,) relative to the setting that is 1.
        colour: of the module, "#rrggbb".
        axis, value: titles of the axes.
        height: in pixels.
    """
    figure = go.Figure()
    figure.add_bar(
        x=list(places),
        y=list(values),
        marker={"color": colour},
        text=[f"{each:.2g}×" for each in values],
        textposition="outside",
        cliponaxis=False,
        hovertemplate="%{y:.3g}×<extra></extra>",
    )
    figure.layout.shapes = [elements.across(1, dash="dash")]
    figure.layout.xaxis = elements.axis(axis, type="category", tickfont={"size": 12})
    figure.layout.yaxis = elements.axis(value, grid=True, rangemode="tozero", nticks=6, ticksuffix="×")
    figure.update_layout(bargap=0.25)
    return layout(figure, height=height, left=58, right=10, top=18, bottom=44)
