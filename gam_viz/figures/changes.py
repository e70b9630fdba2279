"""Square maps in a row, some of them of changes: how much a gate changed at each position, and where not at all."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from gam_viz.figures import elements
from gam_viz.figures.overlay import colour_bar, form_of, formed, lay_below
from gam_viz.figures.scales import SEQUENTIAL, Scale
from gam_viz.figures.style import CHOSEN, GUIDE, data_uri, grey, layout, translucent

FLOOR = -4  # powers of ten: changes of a ten-thousandth and below have the lowest colour
SIDE = 170  # pixels, of a map where two stand side by side
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_PALE = 0.35  # opacity of the picture where nothing covers it


@dataclass(frozen=True, eq=False)
class Panel:
    """One map.

    Attributes:
        title: above it, in one or two short lines.
        values: (h, w).
        scale: of the colours; None for a map of changes, drawn on powers of ten, and not at all where it is 0.
        colours: a Matplotlib colour map's name.
        field: (h, w) bool, whose bounding box is outlined with dashes; None for no outline.
        cell: (row, column) that is outlined; None for none.
        grid: patches a side, whose borders are drawn; 0 for none.
    """

    title: str
    values: npt.NDArray[np.floating]
    scale: Scale | None = None
    colours: str = SEQUENTIAL[0]
    field: npt.NDArray[np.bool_] | None = None
    cell: tuple[int, int] | None = None
    grid: int = 0


def ceiling(maps: Sequence[npt.NDArray[np.floating]]) -> int:
    """The power of ten at the top of a scale of changes: at least 10⁰, so that a small change looks small."""
    largest = max((float(values.max()) for values in maps), default=0.0)
    return max(0, math.ceil(math.log10(largest))) if largest > 0 else 0


def panels(
    shown: Sequence[Panel],
    seen: npt.NDArray[np.uint8] | None,
    top: int,
    *,
    hover: str,
    height: int = SIDE,
    places: int = 0,
) -> go.Figure:
    """Draw maps side by side.

    Args:
        shown: from the left.
        seen: (S, S, 3) uint8, drawn pale and grey behind maps of changes; None for no picture.
        top: of the scale of changes, see `ceiling`.
        hover: the word for a value.
        height: in pixels, of the maps without their titles.
        places: at least so many, the last ones empty, so that maps of figures one above the other have one size.
    """
    figure = make_subplots(rows=1, cols=max(places, len(shown)), horizontal_spacing=0.02)
    picture = None if seen is None else data_uri(grey(seen))
    for index, panel in enumerate(shown):
        place: elements.Options = {"row": 1, "col": index + 1}
        if picture is not None and panel.scale is None:
            lay_below(figure, picture, opacity=_PALE, **place)
        figure.add_trace(_map(panel, top, hover), **place)
        _marks(figure, panel, place)
        elements.subplot_title(figure, panel.title, index, 1.01)
    formed(figure, 1.0 if seen is None else form_of(seen), constraintoward="top")
    top_margin = 4 + 16 * max(panel.title.count("\n") + 1 for panel in shown)
    return layout(figure, height=height + top_margin + 2, left=2, right=2, top=top_margin, bottom=2)


def change_bar(top: int) -> go.Figure:
    """The printed scale of changes, in powers of ten from `FLOOR` to `top`."""
    ticks = {float(tick): f"10{str(tick).translate(_RAISED)}" if tick else "1" for tick in range(FLOOR, top + 1, 2)}
    return colour_bar(FLOOR, top, SEQUENTIAL[0], ticks, height=44)


def before_after(
    before: npt.NDArray[np.floating],
    after: npt.NDArray[np.floating],
    colour: str,
    *,
    span: tuple[float, float],
    labels: tuple[str, str, str],
) -> go.Figure:
    """A bar a channel for what was, a point for what is now, the largest bar first.

    Args:
        before, after: (C,).
        colour: of the network.
        span: ends of the vertical axis.
        labels: words for a channel, before and after.
    """
    order = np.argsort(-before, kind="stable")
    places = np.arange(len(order))
    figure = go.Figure()
    told = f"{labels[0]} %{{customdata}}<br>%{{fullData.name}} %{{y:.4g}}<extra></extra>"
    figure.add_bar(
        x=places,
        y=before[order],
        name=labels[1],
        marker={"color": translucent(colour, 0.55), "line": {"width": 0}},
        width=0.8,
        customdata=order,
        hovertemplate=told,
    )
    figure.add_scatter(
        x=places,
        y=after[order],
        name=labels[2],
        mode="markers",
        marker={"size": 5, "color": CHOSEN, "symbol": "diamond"},
        customdata=order,
        hovertemplate=told,
        cliponaxis=False,
    )
    figure.update_xaxes(elements.hidden(range=[-1, len(order)]))
    room = 0.03 * (span[1] - span[0])
    at_zero: elements.Options = {"zeroline": True, "zerolinecolor": GUIDE, "zerolinewidth": 1}
    across = [span[0] - room, span[1] + room]
    figure.update_yaxes(elements.axis(range=across, nticks=5, tickfont={"size": 12}, **at_zero))
    return layout(figure, height=170, left=44, bottom=4)


def _map(panel: Panel, top: int, hover: str) -> elements.Options:
    """The cells over the unit square, (0, 0) at the top left; of changes, the powers of ten."""
    values, low, high = panel.values, float(FLOOR), float(top)
    if panel.scale is None:
        with np.errstate(divide="ignore"):
            powers = np.log10(values.astype(np.float64))
        values = np.where(panel.values > 0, np.maximum(powers, FLOOR), np.nan)
    else:
        low, high = panel.scale.low, panel.scale.high
    told: elements.Options = {
        "customdata": panel.values,
        "hovertemplate": f"{hover} %{{customdata:.3g}}<extra></extra>",
    }
    return elements.cells(values, low, high, panel.colours, unit=True, hoverongaps=False, **told)


def _marks(figure: go.Figure, panel: Panel, place: elements.Options) -> None:
    """A frame, so that a map in which nothing changed is still seen to be there; borders, field and cell over it."""
    rows, columns = panel.values.shape

    def outline(top: int, bottom: int, left: int, right: int, **how: Any) -> None:
        elements.rectangle(figure, (left / columns, right / columns), (top / rows, bottom / rows), **how, **place)

    outline(0, rows, 0, columns, colour=translucent(GUIDE, 0.6), width=1, dash="solid")
    for line in range(1, panel.grid):
        at = line / panel.grid
        for ends in ({"x0": 0, "x1": 1, "y0": at, "y1": at}, {"x0": at, "x1": at, "y0": 0, "y1": 1}):
            figure.add_shape(type="line", **ends, line={"color": translucent(GUIDE, 0.7), "width": 1}, **place)
    if panel.field is not None and panel.field.any():
        across, down = np.flatnonzero(panel.field.any(axis=0)), np.flatnonzero(panel.field.any(axis=1))
        outline(int(down[0]), int(down[-1]) + 1, int(across[0]), int(across[-1]) + 1, dash="dash")
    if panel.cell is not None:
        row, column = panel.cell
        outline(row, row + 1, column, column + 1, dash="solid")
