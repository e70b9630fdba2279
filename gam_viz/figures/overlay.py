"""Maps over the picture: one large, all layers small, a grid of cells to pick from, and the bar that prints a scale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from gam_viz.figures import elements
from gam_viz.figures.scales import Scale, number
from gam_viz.figures.style import data_uri, grey, layout, unseen_points
from gam_viz.networks.card import Region

SIDE = 250  # pixels, of a large map
SHORT = 5  # letters of a number in the middle of a scale


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


def thumbnails(
    maps: Sequence[npt.NDArray[np.floating]],
    names: Sequence[str],
    seen: npt.NDArray[np.uint8],
    scales: Sequence[Scale],
    colours: str,
    *,
    opacity: float = 0.85,
    chosen: int | None = None,
) -> go.Figure:
    """One small map a layer, in a row."""
    picture = data_uri(grey(seen))  # encoded once for all
    gap = 0.012
    width = (1 - gap * (len(maps) - 1)) / len(maps)
    traces, images, titles, outlines, axes = [], [], [], [], {}
    # Put together before Plotly sees it: a figure that grows piece by piece is checked anew for each piece.
    for index, (values, scale) in enumerate(zip(maps, scales, strict=True)):
        suffix = str(index + 1) if index else ""
        x, y = f"x{suffix}", f"y{suffix}"
        start = index * (width + gap)
        axes[f"xaxis{suffix}"] = _unit_axis(y, [0, 1], domain=[start, min(start + width, 1)])
        axes[f"yaxis{suffix}"] = _unit_axis(x, [1, 0], domain=[0.0, 1.0], scaleanchor=x, scaleratio=form_of(seen))
        traces.append(_map(values, scale, colours, opacity, names[index], xaxis=x, yaxis=y))
        images.append(_below(picture, x, y))
        titles.append(elements.title_of_subplot(names[index], index, -0.02, above=False, bold=index == chosen))
        if index == chosen:
            outlines.append(elements.outline((0, 1), (0, 1), xref=x, yref=y))
    figure = go.Figure(traces, {"images": images, "annotations": titles, "shapes": outlines, **axes})
    return layout(figure, height=92, left=0, right=0, top=2, bottom=20)


def picker(seen: npt.NDArray[np.uint8], cells: tuple[int, int], cell: tuple[int, int]) -> go.Figure:
    """The picture under a grid of invisible points, one a cell, that can be clicked; the chosen one is outlined.

    Args:
        seen: (H, W, 3) uint8.
        cells: (rows, columns) of the feature map.
        cell: (row, column) that is chosen.
    """
    rows, columns = cells
    figure = go.Figure()
    lay_below(figure, data_uri(seen))
    row, column = np.mgrid[0:rows, 0:columns]
    figure.add_scatter(
        x=((column + 0.5) / columns).ravel(),
        y=((row + 0.5) / rows).ravel(),
        customdata=np.stack([row.ravel(), column.ravel()], axis=1).tolist(),
        hovertemplate="%{customdata[0]}, %{customdata[1]}<extra></extra>",
        **unseen_points(max(4, 150 // max(rows, columns))),
    )
    across, down = (cell[1] / columns, (cell[1] + 1) / columns), (cell[0] / rows, (cell[0] + 1) / rows)
    elements.rectangle(figure, across, down)
    return formed(layout(figure, height=170, left=0, right=0, top=0, bottom=0), form_of(seen))


def scale_bar(scale: Scale, colours: str, *, marks: Sequence[float] = ()) -> go.Figure:
    """The printed scale: the colours from end to end with their numbers; `marks` adds values to name."""
    middle = 0.0 if scale.signed else (scale.low + scale.high) / 2
    ticks = {tick: number(tick) for tick in (scale.low, scale.high, *(m for m in marks if scale.low < m < scale.high))}
    if len(number(middle)) <= SHORT:  # three long numbers do not fit below the narrow bar of three networks
        ticks[middle] = number(middle)
    return colour_bar(scale.low, scale.high, colours, dict(sorted(ticks.items())))


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


def _unit_axis(anchor: str, ends: list[int], **more: object) -> elements.Options:
    """An axis of a plot over 0..1, beside the axis it is anchored to."""
    return elements.hidden(anchor=anchor, range=ends, constrain="domain", **more)


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
