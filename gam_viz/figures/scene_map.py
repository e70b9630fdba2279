"""A quantity over a scene: cells over its small picture, each of which can be picked."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from gam_viz.figures import elements
from gam_viz.figures.scales import Scale
from gam_viz.figures.style import data_uri, grey, layout, unseen_points

HEIGHT = 560  # pixels, at most


def scene_map(
    values: npt.NDArray[np.floating],
    side: int,
    size: tuple[int, int],
    *,
    scale: Scale,
    colours: str | Sequence[tuple[float, str]],
    told: Sequence[Sequence[str]],
    chosen: tuple[int, int] | None,
    below: npt.NDArray[np.uint8] | None,
    opacity: float = 0.7,
) -> go.Figure:
    """Draw it, in pixels of the scene.

    Args:
        values: (rows, columns) of the cells; NaN where there are no tiles.
        side: of a cell, in pixels of the scene.
        size: (width, height) of the scene, in pixels.
        scale: of the colours.
        colours: a Matplotlib colour map's name, or a scale as Plotly takes it.
        told: (rows, columns), what the pointer is told of each cell.
        chosen: (row, column) that is outlined.
        below: (h, w, 3) uint8, the scene; None where there is no picture of it.
        opacity: of the cells over it.
    """
    width, height = size
    rows, columns = values.shape
    cells = elements.cells(values, scale.low, scale.high, colours if isinstance(colours, str) else "magma")
    if not isinstance(colours, str):
        cells["colorscale"] = list(colours)
    cells |= {"x0": side / 2, "dx": side, "y0": side / 2, "dy": side, "hoverinfo": "skip"}
    figure = go.Figure([cells | {"opacity": 1.0 if below is None else opacity}])
    if below is not None:
        place = {"x": 0, "y": 0, "sizex": width, "sizey": height, "xref": "x", "yref": "y", "sizing": "stretch"}
        figure.add_layout_image(source=data_uri(grey(below)), layer="below", **place)
    there = np.argwhere(np.isfinite(values))
    # Heatmaps tell no clicks: points that nobody sees lie over the cells.
    figure.add_scatter(
        x=there[:, 1] * side + side / 2,
        y=there[:, 0] * side + side / 2,
        customdata=there,
        text=[elements.verbatim(told[row][column]) for row, column in there],
        hovertemplate="%{text}<extra></extra>",
        **unseen_points(max(5, min(24, round(HEIGHT / max(rows, columns))))),
    )
    if chosen is not None:
        down, across = chosen
        elements.rectangle(
            figure, (across * side, (across + 1) * side), (down * side, (down + 1) * side), layer="above"
        )
    figure.layout.xaxis = elements.hidden(range=[0, max(width, columns * side)], constrain="domain")
    figure.layout.yaxis = elements.hidden(
        range=[max(height, rows * side), 0], scaleanchor="x", scaleratio=1, constrain="domain"
    )
    return layout(figure, height=round(min(HEIGHT, max(220, 800 * height / width))))
