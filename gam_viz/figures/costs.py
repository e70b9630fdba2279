"""What designs cost: a row per design, its name at the left, and a dot in each panel on a logarithmic axis."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import plotly.graph_objects as go

from gam_viz.figures import elements
from gam_viz.figures.style import CHOSEN, GUIDE, Look, layout, translucent

ROW, GAP = 30, 0.06  # pixels of a row; share of the width between two panels
LETTER = 6.6  # pixels, about, of a row's name
#: What the axis of a panel counts: shares that are added (0.05 is "+5%"), or how many times as much it is.
Kind = Literal["added", "times"]
_ADDED = (0.0001, 0.001, 0.01, 0.1, 1, 10, 100, 1000, 10_000)  # percent
_TIMES = (0.5, 1, 1.5, 2, 3, 5, 10, 20, 50, 100)
_TIMES_NEAR = (0.8, 0.9, 1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.8)  # where all lies within a factor of 2


@dataclass(frozen=True)
class Amount:
    """One number of one design.

    Attributes:
        value: in the panel's kind; None, or nothing added, leaves the place empty.
        told: the number in words, beside the dot.
        low, high: its interval, or None.
    """

    value: float | None
    told: str = ""
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class CostRow:
    """One design: its name, its module's look, an amount a panel, and whether it is the one that was chosen."""

    name: str
    look: Look
    amounts: tuple[Amount, ...]
    chosen: bool = False


@dataclass(frozen=True)
class CostPanel:
    """One cost: the title of its axis, what it counts, and a limit with its title: what lies beyond is shaded."""

    title: str
    kind: Kind
    limit: float | None = None
    limit_title: str = ""


@dataclass(frozen=True)
class _Drawn:
    """What the figure is made of, put together before Plotly sees it: of a figure that grows it checks all anew."""

    axes: elements.Options = field(default_factory=dict)
    dots: list[elements.Options] = field(default_factory=list)
    words: list[elements.Options] = field(default_factory=list)
    shapes: list[elements.Options] = field(default_factory=list)


def costs(rows: Sequence[CostRow], panels: Sequence[CostPanel]) -> go.Figure:
    """Draw the rows from above, the panels from the left; rows belong together across the panels."""
    drawn = _Drawn()
    width = (1 - GAP * (len(panels) - 1)) / len(panels)
    for index, panel in enumerate(panels):
        left = index * (width + GAP)
        span = _span([row.amounts[index] for row in rows], panel)
        drawn.axes[f"xaxis{index + 1 if index else ''}"] = _axis(panel, span, (left, left + width))
        for place, row in enumerate(rows):
            _dot(drawn, index, place, row, panel, span)
        if panel.limit is not None:
            _limit(drawn, index, panel, span)
    for place, row in enumerate(rows):
        beside: elements.Options = {"x": 0, "xref": "paper", "xanchor": "right", "xshift": -8, "y": place}
        drawn.words.append(elements.words(row.name, bold=row.chosen, size=13, **beside))
    down = elements.hidden(range=[len(rows) - 0.5, -0.5])
    around = {"yaxis": down, "annotations": drawn.words, "shapes": drawn.shapes}
    figure = go.Figure(drawn.dots, {**drawn.axes, **around})
    names = round(LETTER * elements.letters(row.name for row in rows)) + 16
    return layout(figure, height=ROW * len(rows) + 78, left=min(names, 190), right=14, top=24, bottom=52)


def _scaled(value: float, panel: CostPanel) -> float:
    """The number on the panel's axis."""
    return value * 100 if panel.kind == "added" else value


def _drawn(amount: Amount) -> bool:
    return amount.value is not None and amount.value > 0


def _span(amounts: Sequence[Amount], panel: CostPanel) -> tuple[float, float]:
    """The axis's ends: a little beyond everything that is drawn, and at least a factor of 1.6 apart."""
    ends = [panel.limit] if panel.limit else []
    for amount in amounts:
        if _drawn(amount):
            ends += [value for value in (amount.value, amount.low, amount.high) if value]
    values = [_scaled(value, panel) for value in ends if value > 0]
    if panel.kind == "times":
        values.append(1.0)
    low, high = min(values, default=1.0), max(values, default=10.0)
    air = max(0.09 * math.log(high / low), 0.2 if high < 1.6 * low else 0.0)
    room = 0.45 * (math.log(high / low) + air)  # for the number at the right of the last dot
    return low * math.exp(-air), high * math.exp(max(air, room))


def _axis(panel: CostPanel, span: tuple[float, float], domain: tuple[float, float]) -> elements.Options:
    usual = _ADDED if panel.kind == "added" else _TIMES if span[1] > 2 * span[0] else _TIMES_NEAR
    inside = [tick for tick in usual if span[0] <= tick <= span[1]]
    most = 4  # as many as a narrow screen has room for
    ticks = inside[:: -(-len(inside) // most)] if inside else []
    told = [f"+{tick:,g}%" if panel.kind == "added" else f"{tick:g}×" for tick in ticks]
    place: elements.Options = {"domain": list(domain), "range": [math.log10(end) for end in span], "anchor": "y"}
    return elements.axis(panel.title, grid=True, type="log", tickvals=ticks, ticktext=told, **place)


def _dot(drawn: _Drawn, index: int, place: int, row: CostRow, panel: CostPanel, span: tuple[float, float]) -> None:
    amount, at = row.amounts[index], place
    name = f"x{index + 1 if index else ''}"
    if not _drawn(amount):
        return
    assert amount.value is not None
    value = _scaled(amount.value, panel)
    # The line leads from the name to the dot alone, so that it runs through no number.
    until: elements.Options = {"xref": name, "yref": "y", "x0": span[0], "x1": value, "y0": at, "y1": at}
    line = {"color": translucent(GUIDE, 0.5), "width": 1}
    drawn.shapes.append({"type": "line", "line": line, "layer": "below", **until})
    low, high = (None if end is None else _scaled(end, panel) for end in (amount.low, amount.high))
    beside: elements.Options = {"xanchor": "left", "xshift": 9}
    where = math.log10(value if high is None else high)  # beside the interval, not across it
    drawn.words.append(elements.words(amount.told, x=where, xref=name, y=at, **beside))
    marker = {
        "color": row.look.colour,
        "symbol": row.look.marker,
        "size": 13 if row.chosen else 10,
        "line": {"color": CHOSEN, "width": 2.5 if row.chosen else 0},
    }
    dot: elements.Options = {"type": "scatter", "x": [value], "y": [at], "xaxis": name, "yaxis": "y", "mode": "markers"}
    dot |= {"error_x": elements.interval(value, low, high, row.look.colour), "cliponaxis": False, "marker": marker}
    drawn.dots.append({**dot, "hovertemplate": f"{elements.verbatim(f'{row.name}: {amount.told}')}<extra></extra>"})


def _limit(drawn: _Drawn, index: int, panel: CostPanel, span: tuple[float, float]) -> None:
    assert panel.limit is not None
    value = _scaled(panel.limit, panel)
    name = f"x{index + 1 if index else ''}"
    beyond: elements.Options = {"xref": name, "yref": "paper", "x0": value, "x1": span[1], "y0": 0, "y1": 1}
    filled: elements.Options = {"type": "rect", "fillcolor": translucent(GUIDE, 0.12), "line": {"width": 0}}
    drawn.shapes.append({**filled, "layer": "below", **beyond})
    top: elements.Options = {
        "y": 1,
        "yref": "paper",
        "yanchor": "bottom",
        "xanchor": "right" if _far_right(value, span) else "left",
    }
    drawn.words.append(elements.words(panel.limit_title, x=math.log10(value), xref=name, **top))


def _far_right(value: float, span: tuple[float, float]) -> bool:
    """Whether words beside a value would run over the right edge, and stand to its left instead."""
    return math.log(value / span[0]) > 0.6 * math.log(span[1] / span[0])
