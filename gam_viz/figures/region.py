"""A region of the picture, drawn with the pointer."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from gam_viz.figures.elements import rectangle
from gam_viz.figures.overlay import form_of, formed, lay_below
from gam_viz.figures.style import data_uri, layout

CELLS = 24  # of invisible points a side; a selection is only told where it meets points


def box_picker(
    seen: npt.NDArray[np.uint8],
    box: tuple[float, float, float, float] | None,
    coverage: npt.NDArray[np.floating] | None,
) -> go.Figure:
    """The picture, on which a box can be drawn with the pointer.

    Args:
        seen: (H, W, 3), what the network saw.
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
    lay_below(figure, data_uri(shown))
    if box is not None:
        left, top, right, bottom = box
        rectangle(figure, (left, right), (top, bottom), width=2.5, layer="above")
    formed(layout(figure, height=190, left=0, right=0, top=0, bottom=0), form_of(seen))
    return figure.update_layout(dragmode="select")
