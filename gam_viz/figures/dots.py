"""Numbers as dots in rows: a row a thing, a dot a network, with its interval where it has one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from gam_viz.figures import elements
from gam_viz.figures.style import Look, layout, translucent

LETTER = 7.2  # pixels, about, of a row's name


@dataclass(frozen=True)
class Dot:
    """One number of one network.

    Attributes:
        name: of the network.
        look: of the network.
        value: the number, or None: no dot.
        low, high: its interval, or None.
        filled: a filled dot or a ring.
        told: what the pointer is told, in place of the number.
        form: how the pointer is told the number, in d3's language; that of the axis where it is left out.
        ticks: numbers that the dot is the mean of, each a small tick beside it.
    """

    name: str
    look: Look
    value: float | None
    low: float | None = None
    high: float | None = None
    filled: bool = True
    told: str = ""
    form: str = ""
    ticks: Sequence[float] = ()


def dots(
    rows: Sequence[tuple[str, Sequence[Dot]]],
    *,
    axis: str,
    span: tuple[float, float],
    form: str = ".0%",
    guides: Sequence[tuple[float, str]] = (),
    row: int = 34,
) -> go.Figure:
    """Draw the rows from above.

    Args:
        rows: (name, its dots).
        axis: title of the numbers' axis.
        span: its ends.
        form: how its numbers are written, in d3's language.
        guides: (where, title) of dashed lines across all rows.
        row: height of a row, in pixels.
    """
    figure = go.Figure()
    names = [name for name, _ in rows]
    for place, (_, of_row) in enumerate(rows):
        for index, dot in enumerate(of_row):
            if dot.value is None:
                continue
            told = elements.verbatim(dot.told) or f"%{{x:{dot.form or form}}}"
            height = place + (index - (len(of_row) - 1) / 2) * min(0.28, 0.8 / max(1, len(of_row)))
            if dot.ticks:
                figure.add_scatter(
                    x=list(dot.ticks),
                    y=[height] * len(dot.ticks),
                    mode="markers",
                    cliponaxis=False,
                    marker={"symbol": "line-ns", "size": 9, "line": {"color": dot.look.colour, "width": 1.5}},
                    hovertemplate=f"{elements.verbatim(dot.name)}: {told}<extra></extra>",
                )
            figure.add_scatter(
                x=[dot.value],
                y=[height],
                mode="markers",
                cliponaxis=False,
                error_x=elements.interval(dot.value, dot.low, dot.high, dot.look.colour, thickness=1.5, width=3),
                marker={
                    "color": dot.look.colour if dot.filled else translucent(dot.look.colour, 0.0),
                    "size": 11,
                    "symbol": dot.look.marker,
                    "line": {"color": dot.look.colour, "width": 2.5},
                },
                hovertemplate=f"{elements.verbatim(dot.name)}: {told}<extra></extra>",
            )
    for where, title in guides:
        figure.add_shape(elements.upright(where, width=1.5, dash="dash"))
        if title:
            anchor = "left" if where < span[0] + 0.7 * (span[1] - span[0]) else "right"
            elements.note(figure, title, x=where, y=1, yref="paper", xanchor=anchor, yanchor="bottom")
    figure.layout.xaxis = elements.axis(axis, grid=True, range=list(span), tickformat=form)
    figure.layout.yaxis = elements.named_rows(names, grid=True)
    left = max(60, min(170, round(LETTER * elements.letters(names)) + 14))
    return layout(figure, height=row * len(names) + 78, left=left, right=12, top=24, bottom=48)
