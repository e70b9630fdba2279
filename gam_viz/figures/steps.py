"""One tensor of a computation: all its maps small, one large, or its numbers as bars; each can be picked from."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from gam_viz.figures import elements
from gam_viz.figures.scales import Scale
from gam_viz.figures.style import CHOSEN, layout, translucent, unseen_points

Values = npt.NDArray[np.floating]
SIDE = 230  # pixels of a large map and of a mosaic
MOST = 64  # maps of a mosaic
GAP = 1  # cells between its maps


def mosaic(maps: Values, scale: Scale, colours: str, *, first: int, chosen: int, hover: str) -> go.Figure:
    """Maps in a square of rows, a point a map so that a click says which; the chosen one is outlined.

    Args:
        maps: (n, h, w), n up to `MOST`.
        scale: of the colours.
        colours: a Matplotlib colour map's name.
        first: number of the first map.
        chosen: number of the chosen one.
        hover: the word for a map.
    """
    count, height, width = maps.shape
    wide = math.ceil(math.sqrt(count))
    high = math.ceil(count / wide)
    z = np.full((high * (height + GAP) - GAP, wide * (width + GAP) - GAP), np.nan, dtype=np.float32)
    places = [(n // wide * (height + GAP), n % wide * (width + GAP)) for n in range(count)]
    for map_, (row, column) in zip(maps, places, strict=True):
        z[row : row + height, column : column + width] = map_
    figure = go.Figure([_heatmap(z, scale, colours)])
    figure.add_scatter(
        x=[column + (width - 1) / 2 for _, column in places],
        y=[row + (height - 1) / 2 for row, _ in places],
        customdata=[[first + n] for n in range(count)],
        hovertemplate=f"{hover} %{{customdata[0]}}<extra></extra>",
        **unseen_points(SIDE // wide - 4),
    )
    row, column = places[chosen - first]
    _outline(figure, column - 0.5, row - 0.5, column + width - 0.5, row + height - 0.5)
    return _square(figure, z.shape)


def single(values: Values, scale: Scale, colours: str, *, cell: tuple[int, int], hover: str) -> go.Figure:
    """One map, a point a cell so that a click says which; the chosen cell is outlined.

    Args:
        values: (h, w).
        scale: of the colours.
        colours: a Matplotlib colour map's name.
        cell: (row, column) that is chosen.
        hover: the word for a value.
    """
    height, width = values.shape
    figure = go.Figure([_heatmap(values.astype(np.float32), scale, colours)])
    row, column = np.mgrid[0:height, 0:width]
    figure.add_scatter(
        x=column.ravel(),
        y=row.ravel(),
        customdata=np.stack([row.ravel(), column.ravel(), values.ravel()], axis=1).round(4).tolist(),
        hovertemplate=f"%{{customdata[0]}}, %{{customdata[1]}}: {hover} %{{customdata[2]:.3f}}<extra></extra>",
        **unseen_points(max(4, SIDE // max(height, width) - 1)),
    )
    _outline(figure, cell[1] - 0.5, cell[0] - 0.5, cell[1] + 0.5, cell[0] + 0.5)
    return _square(figure, values.shape)


def numbers(
    rows: Sequence[tuple[str, str, Values]], scale: Scale, *, chosen: int, hover: str, height: int = SIDE
) -> go.Figure:
    """Numbers as bars, one for each index and row of the vector; the chosen index has a band behind it.

    Args:
        rows: (name, colour, (n,) values).
        scale: of the vertical axis.
        chosen: index that is chosen.
        hover: the word for an index.
        height: in pixels.
    """
    figure = go.Figure()
    count = len(rows[0][2])
    for name, colour, values in rows:
        figure.add_bar(
            x=np.arange(count),
            y=values,
            marker={"color": colour, "line": {"width": 0}},
            customdata=[[n] for n in range(count)],
            selected={"marker": {"opacity": 1}},
            unselected={"marker": {"opacity": 1}},
            hovertemplate=f"{hover} %{{x}}{', ' + elements.verbatim(name) if name else ''}: %{{y:.3f}}<extra></extra>",
        )
    band: elements.Options = {"type": "rect", "xref": "x", "yref": "y domain", "y0": 0, "y1": 1, "layer": "below"}
    ends: elements.Options = {"x0": chosen - 0.5, "x1": chosen + 0.5}
    behind = {**band, **ends, "fillcolor": translucent(CHOSEN, 0.25), "line": {"width": 0}}
    figure.layout.shapes = [behind, *elements.reference_lines(scale)]
    air = 0.04 * (scale.high - scale.low)
    small: elements.Options = {"tickfont": {"size": 12}}
    figure.layout.xaxis = elements.axis(range=[-0.6, count - 0.4], nticks=6, **small)
    figure.layout.yaxis = elements.axis(range=[scale.low - air, scale.high + air], nticks=5, **small)
    figure.update_layout(barmode="group", bargap=0.25, bargroupgap=0.05)
    return layout(figure, height=height, left=44, top=6, bottom=24)


def window(values: Values, scale: Scale, colours: str, *, hover: str) -> go.Figure:
    """The numbers in a window, written into its cells.

    Args:
        values: (k, l), up to about 7 a side.
        scale: of the colours.
        colours: a Matplotlib colour map's name.
        hover: the word for a value.
    """
    shade = (values - scale.low) / (scale.high - scale.low)
    figure = go.Figure([_heatmap(values.astype(np.float32), scale, colours)])
    rows, columns = np.mgrid[0 : values.shape[0], 0 : values.shape[1]]
    # White on the dark ends of a diverging map, black on its pale middle; on a sequential map, by its lightness.
    dark = np.abs(shade - 0.5) > 0.33 if scale.signed else shade < 0.55
    figure.add_scatter(
        x=columns.ravel(),
        y=rows.ravel(),
        mode="text",
        text=[_short(float(value)) for value in values.ravel()],
        textfont={"size": 11, "color": np.where(dark, "white", "black").ravel().tolist()},
        customdata=values.ravel(),
        hovertemplate=f"{hover} %{{customdata:.4f}}<extra></extra>",
    )
    return _square(figure, values.shape)


def _short(value: float) -> str:
    """Two digits behind the point at most, so that seven stand side by side: "−.31", "1.2"."""
    written = f"{value:.2f}" if abs(value) < 1 else f"{value:.1f}" if abs(value) < 100 else f"{value:.0f}"
    written = written.replace("0.", ".", 1) if abs(value) < 1 else written
    return "0" if float(written) == 0 else written.replace("-", "−")


def _heatmap(z: Values, scale: Scale, colours: str) -> elements.Options:
    return elements.cells(z, scale.low, scale.high, colours, hoverinfo="skip")


def _outline(figure: go.Figure, left: float, top: float, right: float, bottom: float) -> None:
    elements.rectangle(figure, (left, right), (top, bottom), layer="above")


def _square(figure: go.Figure, shape: tuple[int, ...]) -> go.Figure:
    height, width = shape
    figure.layout.xaxis = elements.hidden(range=[-0.6, width - 0.4], constrain="domain")
    figure.layout.yaxis = elements.hidden(range=[height - 0.4, -0.6], constrain="domain", scaleanchor="x")
    return layout(figure, height=SIDE, left=2, right=2, top=2, bottom=2)
