"""Where a network's numbers sit: a bar a part from the stem to the head, its own layers and its attention apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from gam_viz.figures import elements
from gam_viz.figures.style import GUIDE, layout


@dataclass(frozen=True)
class Bar:
    """One part: its name, what its own layers and what its attention have, and both in words."""

    name: str
    own: float
    attention: float
    own_told: str
    attention_told: str


def parts(bars: Sequence[Bar], *, colour: str, own_name: str, attention_name: str, axis: str) -> go.Figure:
    """Draw the parts from above, on one linear axis from 0.

    Args:
        bars: in the network's order.
        colour: of the attention module.
        own_name, attention_name: what the two pieces of a bar are called.
        axis: title of the numbers' axis.
    """
    figure = go.Figure()
    for name, of, told, shade in (
        (own_name, [bar.own for bar in bars], [bar.own_told for bar in bars], GUIDE),
        (attention_name, [bar.attention for bar in bars], [bar.attention_told for bar in bars], colour),
    ):
        figure.add_bar(
            x=of,
            y=list(range(len(bars))),
            orientation="h",
            marker={"color": shade},
            customdata=[elements.verbatim(each) for each in told],
            hovertemplate=f"{elements.verbatim(name)}: %{{customdata}}<extra></extra>",
        )
    most = max((bar.own + bar.attention for bar in bars), default=1.0) or 1.0
    for place, bar in enumerate(bars):
        end = bar.own + bar.attention
        words = f"{bar.own_told} + {bar.attention_told}" if bar.attention else bar.own_told
        elements.note(figure, words, x=end, y=place, xanchor="right" if end > 0.6 * most else "left", yshift=19)
    ticks: elements.Options = {"rangemode": "tozero", "nticks": 5, "tickformat": "~s"}
    figure.layout.xaxis = elements.axis(axis, grid=True, range=[0, 1.03 * most], **ticks)
    figure.layout.yaxis = elements.named_rows([bar.name for bar in bars], above=0.75, below=0.6)
    figure.update_layout(barmode="stack", bargap=0.55)
    return layout(figure, height=48 * len(bars) + 74, left=66, right=14, top=8, bottom=48)
