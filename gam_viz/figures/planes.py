"""A gate on axes that are not the picture's: channels against rows, or against columns."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from gam_viz.figures import elements
from gam_viz.figures.scales import Scale
from gam_viz.figures.style import colour_scale, layout


def plane(
    values: npt.NDArray[np.floating], scale: Scale, colours: str, *, axes: tuple[str, str], hover: str
) -> go.Figure:
    """(n, m): the first axis downwards, the second to the right; both are named at the edges.

    Args:
        values: one number for each pair.
        scale: of the colours.
        colours: a Matplotlib colour map's name.
        axes: names of the first and of the second axis.
        hover: the word for a value.
    """
    figure = go.Figure()
    down, across = map(elements.verbatim, axes)
    figure.add_heatmap(
        z=values,
        zmin=scale.low,
        zmax=scale.high,
        colorscale=colour_scale(colours),
        showscale=False,
        hovertemplate=f"{down} %{{y}}, {across} %{{x}}: {hover} %{{z:.3f}}<extra></extra>",
    )
    figure.update_xaxes(**elements.axis(axes[1], nticks=5))
    figure.update_yaxes(**elements.axis(axes[0], nticks=5, autorange="reversed"))
    return layout(figure, height=260, left=56, bottom=44)
