"""A region of the picture, and how much of each map lies in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from gam_viz.figures.style import CHOSEN, GUIDE, data_uri, layout, translucent

CELLS = 24  # of invisible points a side; a selection is only told where it meets points


@dataclass(frozen=True)
class Dot:
    """One map of one network.

    Attributes:
        name: of the network.
        colour: of the network.
        inside: share of the map's mass in the region, 0..1, or None.
        hit: whether its largest value lies inside; None where there is no one largest.
    """

    name: str
    colour: str
    inside: float | None
    hit: bool | None


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


def shares(rows: Sequence[tuple[str, Sequence[Dot]]], area: float, *, axis: str, area_title: str) -> go.Figure:
    """A row a map, a dot a network: the share of its mass that lies in the region; a line where a flat map would lie.

    A filled dot says that the map's largest value lies inside, a ring that it does not.
    """
    figure = go.Figure()
    names = [name for name, _ in rows]
    for place, (_, dots) in enumerate(rows):
        for index, dot in enumerate(dots):
            if dot.inside is None:
                continue
            figure.add_scatter(
                x=[dot.inside],
                y=[place + (index - (len(dots) - 1) / 2) * 0.28],
                mode="markers",
                marker={
                    "color": dot.colour if dot.hit else translucent(dot.colour, 0.0),
                    "size": 11,
                    "line": {"color": dot.colour, "width": 2.5},
                },
                hovertemplate=f"{dot.name}: %{{x:.1%}}<extra></extra>",
            )
    figure.add_vline(x=area, line={"color": GUIDE, "dash": "dash", "width": 1.5})
    figure.add_annotation(
        x=area,
        y=1,
        yref="paper",
        text=area_title,
        showarrow=False,
        xanchor="left" if area < 0.7 else "right",
        yanchor="bottom",
        font={"size": 12, "color": GUIDE},
    )
    figure.update_xaxes(
        range=[0, 1],
        tickformat=".0%",
        fixedrange=True,
        title={"text": axis, "font": {"size": 13}, "standoff": 4},
        gridcolor=translucent(GUIDE, 0.25),
        zeroline=False,
    )
    figure.update_yaxes(
        tickvals=list(range(len(names))),
        ticktext=names,
        range=[len(names) - 0.5, -0.5],
        fixedrange=True,
        showgrid=False,
        zeroline=False,
        tickfont={"size": 13},
    )
    return layout(figure, height=34 * len(names) + 78, left=150, right=12, top=24, bottom=48)
