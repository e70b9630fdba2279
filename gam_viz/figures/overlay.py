"""Maps over the picture: one large, all layers small, a grid of cells to pick from, and the bar that prints a scale."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from gam_viz.figures import elements
from gam_viz.figures.scales import Scale
from gam_viz.figures.style import data_uri, grey, layout
from gam_viz.networks.card import Region

SIDE = 250  # pixels, of a large map


def overlay(
    values: npt.NDArray[np.floating],
    seen: npt.NDArray[np.uint8],
    scale: Scale,
    colours: str,
    *,
    opacity: float = 0.6,
    hover: str = "",
    region: Region | None = None,
) -> go.Figure:
    """A map over the grey picture that the network saw, its cells kept as cells.

    Args:
        values: (h, w) at the map's true resolution.
        seen: (H, W, 3) uint8, the network's input.
        scale: of the colours.
        colours: a Matplotlib colour map's name.
        opacity: of the map, 0..1.
        hover: the word for a value.
        region: outlined, where the target is summed over one.
    """
    across, down = (elements.hidden(range=ends, constrain="domain") for ends in ([0, 1], [1, 0]))
    form = {"scaleanchor": "x", "scaleratio": form_of(seen)}
    drawn = {"images": [_below(data_uri(grey(seen)), "x", "y")], "xaxis": across, "yaxis": {**down, **form}}
    if region is not None:
        left, top, right, bottom = region
        drawn["shapes"] = [elements.outline((left, right), (top, bottom), dash="dash")]
    figure = go.Figure([_map(values, scale, colours, opacity, hover)], drawn)
    return layout(figure, height=SIDE, left=0, right=0, top=0, bottom=0)


def colour_bar(low: float, high: float, colours: str, ticks: Mapping[float, str], *, height: int = 40) -> go.Figure:
    """Colours from `low` to `high`, with the words of `ticks` below their places."""
    values = np.linspace(low, high, 128)
    colour = elements.cells(values[None, :], low, high, colours, x=values, y=[0], hoverinfo="skip")
    named: elements.Options = {"tickvals": list(ticks), "ticktext": list(ticks.values()), "tickfont": {"size": 12}}
    across = elements.axis(ticks="outside", ticklen=4, **named)
    figure = go.Figure([colour], {"xaxis": across, "yaxis": elements.hidden()})
    # Plotly leaves out a label that would end beyond the figure, so the ends get the room that theirs need.
    left, right = (max(18, 4 * len(ticks.get(end, ""))) for end in (low, high))
    return layout(figure, height=height, left=left, right=right, top=2, bottom=height - 16)


def _map(
    values: npt.NDArray[np.floating], scale: Scale, colours: str, opacity: float, hover: str, **axes: str
) -> elements.Options:
    told: elements.Options = {
        "opacity": opacity,
        "hovertemplate": f"{elements.verbatim(hover)} %{{z:.3f}}<extra></extra>",
    }
    return elements.cells(values, scale.low, scale.high, colours, unit=True, **told, **axes)


def _below(picture: str, x: str, y: str) -> elements.Options:
    over_all: elements.Options = {"xref": x, "yref": y, "x": 0, "y": 0, "sizex": 1, "sizey": 1, "sizing": "stretch"}
    return {"source": picture, "layer": "below", "opacity": 1.0, **over_all}


def lay_below(figure: go.Figure, picture: str, *, opacity: float = 1.0, **place: int) -> None:
    """A picture's data URI over the unit square, below everything; `place` is the row and column of subplots."""
    figure.add_layout_image(**{**_below(picture, "x", "y"), "opacity": opacity}, **place)


def form_of(pixels: npt.NDArray[np.generic]) -> float:
    """Height over width of (H, W, ...)."""
    return pixels.shape[0] / pixels.shape[1]


def formed(figure: go.Figure, form: float, **how: str) -> go.Figure:
    """Every plot of the figure is the unit square, (0, 0) at the top left, drawn as high as `form` times its width;
    `how` is forwarded to the vertical axes."""
    figure.update_xaxes(elements.hidden(range=[0, 1], constrain="domain"))
    figure.update_yaxes(elements.hidden(range=[1, 0], constrain="domain", **how))
    suffixes = ["", *map(str, range(2, len(list(figure.select_yaxes())) + 1))]
    figure.update_layout({f"yaxis{suffix}": {"scaleanchor": f"x{suffix}", "scaleratio": form} for suffix in suffixes})
    return figure
