"""Bars side by side: several quantities at each of a few settings, relative to one setting."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from gam_viz.figures import elements
from gam_viz.figures.style import GUIDE, layout, translucent

OPACITIES = (1.0, 0.6, 0.28)  # of the quantities, in one module's colour
PATTERNS = ("", "/", ".")  # told apart without colour, too


def bars(
    places: Sequence[str],
    quantities: Sequence[tuple[str, Sequence[float]]],
    colour: str,
    *,
    axis: str,
    value: str,
    height: int = 230,
) -> go.Figure:
    """Draw up to three quantities.

    Args:
        places: (n,) names of the settings.
        quantities: (name, (n,) values relative to the setting that is 1) of each.
        colour: of the module, "#rrggbb".
        axis, value: titles of the axes.
        height: in pixels.
    """
    figure = go.Figure()
    for (name, values), opacity, pattern in zip(quantities, OPACITIES, PATTERNS, strict=False):
        figure.add_bar(
            x=list(places),
            y=list(values),
            name=name,
            marker={
                "color": translucent(colour, opacity),
                "line": {"width": 1, "color": colour},
                "pattern": {"shape": pattern, "fgcolor": GUIDE, "size": 5},
            },
            hovertemplate=f"{name}: %{{y:.3g}}×<extra></extra>",
        )
    figure.layout.shapes = [elements.across(1, dash="dash")]
    figure.layout.xaxis = elements.axis(axis, type="category", tickfont={"size": 12})
    figure.layout.yaxis = elements.axis(value, grid=True, rangemode="tozero", nticks=6, ticksuffix="×")
    figure.update_layout(bargap=0.25, bargroupgap=0.06)
    return layout(figure, height=height, left=58, right=10, top=8, bottom=44)


def bar_markers(names: Sequence[str], colour: str) -> list[tuple[str, str, str]]:
    """(character, colour, name) of each quantity, for a legend."""
    return [("■", translucent(colour, opacity), name) for name, opacity in zip(names, OPACITIES, strict=False)]
