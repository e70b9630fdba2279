"""A region of the picture, drawn with the pointer."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from gam_viz.figures.style import CHOSEN, data_uri, layout

CELLS = 24  # of invisible points a side; a selection is only told where it meets points


def box_picker(
    seen: npt.NDArray[np.uint8],
    box: tuple[float, float, float, float] | None,
    coverage: npt.NDArray[np.floating] | None,
) -> go.Figure:
    """The picture, on which a box can be drawn with the pointer.

    Args:
        seen: (S, S, 3), what the network saw.
        box: (left, top, right, bottom) in shares of it, drawn as an outline.
        coverage: (h, w), 0..1, of a region that is not a box: what lies outside is darkened.
    """
    place = (np.arange(CELLS) + 0.5) / CELLS
    x, y = np.meshgrid(place, place)
    figure = go.Figure(
        go.Scatter(
            x=x.ravel(),
            y=y.ravel(),
            mode="markers",
            marker={"size": 4, "opacity": 0},
            selected={"marker": {"opacity": 0}},
            unselected={"marker": {"opacity": 0}},
            hoverinfo="skip",
        )
    )
    shown = seen
    if coverage is not None:
        rows = np.minimum(np.arange(seen.shape[0]) * coverage.shape[0] // seen.shape[0], coverage.shape[0] - 1)
        columns = np.minimum(np.arange(seen.shape[1]) * coverage.shape[1] // seen.shape[1], coverage.shape[1] - 1)
        shown = (seen * (0.3 + 0.7 * coverage[np.ix_(rows, columns)][..., None])).astype(np.uint8)
    figure.add_layout_image(
        source=data_uri(shown), xref="x", yref="y", x=0, y=0, sizex=1, sizey=1, sizing="stretch", layer="below"
    )
    if box is not None:
        left, top, right, bottom = box
        figure.add_shape(
            type="rect", x0=left, y0=top, x1=right, y1=bottom, line={"color": CHOSEN, "width": 2.5}, layer="above"
        )
    figure.update_xaxes(visible=False, range=[0, 1], fixedrange=True, constrain="domain")
    figure.update_yaxes(visible=False, range=[1, 0], fixedrange=True, constrain="domain", scaleanchor="x")
    layout(figure, height=190, left=0, right=0, top=0, bottom=0)
    figure.update_layout(dragmode="select")
    return figure
