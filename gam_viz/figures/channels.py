"""Channel weights: all layers at a glance, and one layer's weights as sorted bars."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from gam_viz.explain import GateReading
from gam_viz.figures import elements
from gam_viz.figures.scales import Scale
from gam_viz.figures.style import CHOSEN, GUIDE, layout, translucent


def channel_order(reading: GateReading, by: str = "weight") -> np.ndarray:
    """(C,) indices in the order bars are drawn.

    Args:
        reading: a channel gate.
        by: "weight" (largest mean first), "strength" (largest |mean| first) or "index".

    Raises:
        ValueError: unknown order.
    """
    means = reading.channel_means()
    if by == "weight":
        return np.argsort(-means, kind="stable")
    if by == "strength":
        return np.argsort(-np.abs(means), kind="stable")
    if by == "index":
        return np.arange(len(means))
    raise ValueError(f"unknown order {by!r}; known are weight, strength, index")


def channel_bars(
    reading: GateReading,
    colour: str,
    scale: Scale,
    *,
    by: str = "weight",
    cell: tuple[int, int] | None = None,
    labels: tuple[str, str, str] = ("channel", "mean", "here"),
) -> go.Figure:
    """One bar a channel: its weight, averaged over positions where it differs between them.

    Where it does, a band shows the middle 80 % of its values over positions. 0 (removes the feature) and 1 (leaves
    it as it is) are marked.

    Args:
        reading: a channel gate of C channels.
        colour: of the network.
        scale: of the vertical axis.
        by: see `channel_order`.
        cell: (row, column) of the feature map; the weights there are drawn as points.
        labels: words for a channel, its mean and the cell, for what the pointer shows.
    """
    order = channel_order(reading, by)
    means = reading.channel_means()[order]
    places = np.arange(len(order))
    figure = go.Figure()
    if reading.per_position:
        low, high = reading.channel_quantiles()
        figure.add_scatter(
            x=np.concatenate([places, places[::-1]]),
            y=np.concatenate([high[order], low[order][::-1]]),
            fill="toself",
            fillcolor=translucent(GUIDE, 0.28),
            line={"width": 0},
            hoverinfo="skip",
        )
    figure.add_bar(
        x=places,
        y=means,
        marker={"color": colour, "line": {"width": 0}},
        width=0.8,
        customdata=order,
        hovertemplate=f"{labels[0]} %{{customdata}}<br>{labels[1]} %{{y:.3f}}<extra></extra>",
    )
    if cell is not None:
        figure.add_scatter(
            x=places,
            y=reading.at(*cell)[order],
            mode="markers",
            marker={"size": 5, "color": CHOSEN, "symbol": "diamond"},
            customdata=order,
            hovertemplate=f"{labels[0]} %{{customdata}}<br>{labels[2]} %{{y:.3f}}<extra></extra>",
        )
    air = 0.03 * (scale.high - scale.low)
    figure.layout.shapes = elements.reference_lines(scale, beyond=0.02)
    figure.layout.xaxis = elements.hidden(range=[-1, len(order)])
    figure.layout.yaxis = elements.axis(range=[scale.low - air, scale.high + air], nticks=5, tickfont={"size": 12})
    return layout(figure, height=170, left=44, bottom=4)


def channel_overview(
    readings: Sequence[GateReading],
    names: Sequence[str],
    scale: Scale,
    colours: str,
    *,
    chosen: int | None = None,
    hover: str = "weight",
) -> go.Figure:
    """All layers x channels: a row a layer, its channels' mean weights from the largest to the smallest.

    Rows of different widths are stretched to one length: a row reads as a profile, not as channel numbers.

    Args:
        readings: channel gates in the order of the layers.
        names: of the layers.
        scale: shared by all rows, and by the figures beside it.
        colours: a Matplotlib colour map's name.
        chosen: index of the layer that is shown large.
        hover: the word for a weight.
    """
    rows = []
    for row, reading in enumerate(readings):
        means = np.sort(reading.channel_means())[::-1]
        count = len(means)
        places: elements.Options = {"x": (np.arange(count) + 0.5) / count, "y": [row], "dx": 1 / count, "ygap": 3}
        told = f"{elements.verbatim(names[row])}: {hover} %{{z:.3f}}<extra></extra>"
        rows.append(elements.cells(means[None, :], scale.low, scale.high, colours, hovertemplate=told, **places))
    outlined = [] if chosen is None else [elements.outline((0, 1), (chosen - 0.5, chosen + 0.5))]
    across = elements.hidden(range=[-0.005, 1.005])
    named: elements.Options = {"tickvals": list(range(len(names))), "ticktext": list(names), "tickfont": {"size": 12}}
    down = elements.axis(range=[len(readings) - 0.5, -0.5], **named)
    figure = go.Figure(rows, {"shapes": outlined, "xaxis": across, "yaxis": down})
    return layout(figure, height=20 * len(readings) + 14, left=44, top=4, bottom=4)
