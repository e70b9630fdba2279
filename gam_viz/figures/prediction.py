"""What a network predicts, as short bars."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from gam_viz.figures import elements
from gam_viz.figures.style import layout, translucent


def prediction_bars(
    probabilities: npt.NDArray[np.floating],
    names: Sequence[str],
    colour: str,
    *,
    target: int | None = None,
    truth: int | None = None,
    count: int = 4,
) -> go.Figure:
    """The `count` most probable classes, on 0..1 always; the target is added where it is not among them.

    Args:
        probabilities: (classes,), 0..1.
        names: one a class, as they are to be read.
        colour: of the network.
        target: the class the attributions speak of.
        truth: the known class, marked with a tick.
    """
    order = [int(i) for i in np.argsort(-probabilities, kind="stable")[:count]]
    if target is not None and target not in order:
        order[-1] = target
    values = [float(probabilities[i]) for i in order]
    labels = [("✓ " if i == truth else "") + names[i] for i in order]
    figure = go.Figure(
        go.Bar(
            x=values,
            y=list(range(len(order))),
            orientation="h",
            marker={"color": [colour if i == order[0] else translucent(colour, 0.45) for i in order]},
            text=[f"{value:.1%}" for value in values],
            textposition=["inside" if value > 0.75 else "outside" for value in values],
            insidetextanchor="end",
            textfont={"size": 13},
            cliponaxis=False,
            customdata=labels,
            hovertemplate="%{customdata}: %{x:.2%}<extra></extra>",
        )
    )
    figure.layout.shapes = [elements.upright(0)]
    figure.layout.xaxis = elements.hidden(range=[0, 1.0])
    figure.layout.yaxis = {
        "autorange": "reversed",
        "fixedrange": True,
        "tickvals": list(range(len(order))),
        "ticktext": labels,
        "ticklabelposition": "outside",
        "showgrid": False,
        "tickfont": {"size": 13},
    }
    return layout(figure, height=24 * count + 12, left=96, right=8, top=2, bottom=2)
