"""Which input channels each output channel is computed from, as black and white matrices."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from gam_viz.figures.style import CHOSEN, GUIDE, layout, translucent


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
        if index == chosen:
            figure.add_shape(
                type="rect",
                x0=-0.5,
                x1=inputs - 0.5,
                y0=-0.5,
                y1=outputs - 0.5,
                line={"color": CHOSEN, "width": 2},
                row=1,
                col=index + 1,
            )
        suffix = str(index + 1) if index else ""
        figure.add_annotation(
            text=f"<b>{title}</b>" if index == chosen else title,
            xref=f"x{suffix} domain",
            yref=f"y{suffix} domain",
            x=0.5,
            y=1.02,
            yanchor="bottom",
            showarrow=False,
            font={"size": 12},
        )
        figure.update_xaxes(
            range=[-0.5, inputs - 0.5],
            title={"text": axes[0], "font": {"size": 12}, "standoff": 2},
            row=1,
            col=index + 1,
        )
        figure.update_yaxes(range=[outputs - 0.5, -0.5], scaleanchor=f"x{suffix}", row=1, col=index + 1)
    figure.update_xaxes(constrain="domain", showticklabels=False, showgrid=False, zeroline=False, fixedrange=True)
    figure.update_yaxes(constraintoward="top")
    figure.update_yaxes(constrain="domain", showticklabels=False, showgrid=False, zeroline=False, fixedrange=True)
    figure.update_yaxes(title={"text": axes[1], "font": {"size": 12}, "standoff": 2}, row=1, col=1)
    return layout(figure, height=216, left=22, right=4, top=26, bottom=22)
