"""What attention gains against what it adds: accuracy with its interval over the added parameters or multiply-adds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from gam_viz.figures import elements
from gam_viz.figures.signs import mark_sign
from gam_viz.figures.style import GUIDE, Look, layout, translucent

#: What tells marks of one shape apart, as Plotly calls it.
INSIDE = ("", "-open", "-open-dot", "-cross-open", "-x-open")


@dataclass(frozen=True)
class Point:
    """One attention.

    Attributes:
        name: to be read.
        look: of its module; points of one module differ inside their marks.
        added: share that it adds to the cost of the network without attention (0.05 is 5 %), above 0.
        value, low, high: accuracy and its interval, 0..1.
    """

    name: str
    look: Look
    added: float
    value: float
    low: float
    high: float


def worth(
    points: Sequence[Point],
    base: Point | None,
    *,
    added_title: str,
    accuracy_title: str,
    promised: float | None = None,
    promised_title: str = "",
) -> go.Figure:
    """Accuracy over the share that is added, on a logarithmic axis; the network without attention is a band across.

    Args:
        points: one an attention.
        base: the network without attention; its interval is drawn as the band. None leaves it out.
        added_title, accuracy_title: of the axes.
        promised: share at which a dashed line stands, with its title.
        promised_title: of that line.
    """
    figure = go.Figure()
    if base is not None:
        figure.add_hrect(
            y0=base.low, y1=base.high, fillcolor=translucent(base.look.colour, 0.18), line_width=0, layer="below"
        )
        figure.add_hline(y=base.value, line={"color": base.look.colour, "width": 1.5})
    marks = _marks(points)
    places = _side_by_side([point.added * 100 for point in points])
    for index, point in enumerate(points):
        figure.add_scatter(
            x=[places[index]],
            y=[point.value],
            error_y=elements.interval(point.value, point.low, point.high, point.look.colour, width=5),
            mode="markers",
            marker={"color": point.look.colour, "size": 11, "symbol": marks[index]},
            hovertemplate=f"{elements.verbatim(point.name)}: {point.value:.2%} ({point.low:.2%}–{point.high:.2%}), "
            f"{point.added:+.1%}<extra></extra>",
        )
    if promised is not None:
        figure.add_vline(x=promised * 100, line={"color": GUIDE, "dash": "dash", "width": 1})
        corner: elements.Options = {"yref": "paper", "xanchor": "left", "yanchor": "bottom", "xshift": 4}
        elements.note(figure, promised_title, x=math.log10(promised * 100), y=0, **corner)
    everything = [*points, *([base] if base else [])]
    low, high = min(p.low for p in everything), max(p.high for p in everything)
    air = max((high - low) * 0.08, 0.001)
    span = [low - air, min(1.0, high) + air]
    figure.update_yaxes(elements.axis(accuracy_title, grid=True, standoff=6, tickformat=".1%", range=span))
    lowest, highest = min(p.added for p in points) * 100, max(p.added for p in points) * 100
    if promised is not None:
        lowest, highest = min(lowest, promised * 100), max(highest, promised * 100)
    ticks = [t for t in (0.01, 0.1, 1, 5, 10, 50, 100, 200, 500) if lowest / 2 <= t <= highest * 2]
    across: elements.Options = {"tickvals": ticks, "ticktext": [f"+{tick:g}%" for tick in ticks]}
    span = [math.log10(lowest) - 0.2, math.log10(highest) + 0.25]
    figure.update_xaxes(elements.axis(added_title, grid=True, standoff=6, type="log", range=span, **across))
    return layout(figure, height=340, left=64, right=16, top=8, bottom=48)


def _side_by_side(values: Sequence[float]) -> list[float]:
    """The same values, but those that (nearly) equal an earlier one a little further right, so that both are seen."""
    places: list[float] = []
    for value in values:
        near = sum(abs(math.log(value / other)) < 0.05 for other in values[: len(places)])
        places.append(value * 1.14**near)
    return places


def _marks(points: Sequence[Point]) -> list[str]:
    """Each point's marker: its module's, the second of a module open, further ones with a sign in it."""
    found: list[str] = []
    for point in points:
        kinds = [f"{point.look.marker}{inside}" for inside in INSIDE]
        found.append(next((kind for kind in kinds if kind not in found), kinds[0]))
    return found


def markers(points: Sequence[Point], base: Point | None) -> list[tuple[str, str]]:
    """(sign, name) of each marker of `worth` and of the band, for a legend."""
    band = [(mark_sign("line", base.look.colour), base.name)] if base is not None else []
    signs = (mark_sign(mark, point.look.colour) for mark, point in zip(_marks(points), points, strict=True))
    return band + [(sign, point.name) for sign, point in zip(signs, points, strict=True)]
