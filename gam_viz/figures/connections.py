"""Which input channels each output channel is computed from, as black and white matrices."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from gam_viz.figures import elements
from gam_viz.figures.style import GUIDE, layout, translucent


def connections(
    matrices: Sequence[tuple[str, npt.NDArray[np.bool_]]],
    colour: str,
    *,
    axes: tuple[str, str],
    chosen: int | None = None,
) -> go.Figure:
    """Draw matrices side by side; a coloured cell is a connection.

    Args:
        matrices: (title, (outputs, inputs) bool) of each.
        colour: of connections.
        axes: titles of the inputs' and the outputs' axis.
        chosen: index of the matrix that is outlined, or None.
    """
    figure = make_subplots(rows=1, cols=len(matrices), horizontal_spacing=0.03)
    for index, (title, matrix) in enumerate(matrices):
        outputs, inputs = matrix.shape
        figure.add_trace(
            go.Heatmap(
                z=matrix.astype(np.float64),
                zmin=0,
                zmax=1,
                colorscale=[(0, translucent(GUIDE, 0.14)), (1, colour)],
                showscale=False,
                zsmooth=False,
                hovertemplate=f"{axes[0]} %{{x}}<br>{axes[1]} %{{y}}<extra></extra>",
            ),
            row=1,
            col=index + 1,
        )
        place: elements.Options = {"row": 1, "col": index + 1}
        if index == chosen:
            elements.rectangle(figure, (-0.5, inputs - 0.5), (-0.5, outputs - 0.5), **place)
        elements.subplot_title(figure, title, index, 1.02, bold=index == chosen)
        bare: elements.Options = {"constrain": "domain", "showticklabels": False, "size": 12, "standoff": 2}
        figure.update_xaxes(elements.axis(axes[0], range=[-0.5, inputs - 0.5], **bare), **place)
        outer = elements.axis(axes[1] if index == 0 else None, range=[outputs - 0.5, -0.5], **bare)
        figure.update_yaxes(outer, scaleanchor=f"x{index + 1 if index else ''}", constraintoward="top", **place)
    return layout(figure, height=216, left=22, right=4, top=26, bottom=22)
