"""Two charts of a report: the weights of all channels of all layers, and what replacing each gate does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from gam_viz.explain import GateReading
from gam_viz.figures.scales import Scale, number
from gam_viz.figures.static import WIDTH, drawing, element, guide, label, ticks

LEFT, RIGHT = 52.0, WIDTH - 10.0
SHAPES = ("circle", "square", "diamond")


@dataclass(frozen=True)
class Mark:
    """One number of a row.

    Attributes:
        value: the number.
        low, high: its interval; equal where it has none.
        colour: "#rrggbb".
        shape: one of `SHAPES`.
        filled: filled or a ring.
        lane: which line of its row, from 0.
        told: what the pointer is told.
    """

    value: float
    low: float
    high: float
    colour: str
    shape: str
    filled: bool
    lane: int
    told: str


def barcode(rows: Sequence[tuple[str, Sequence[tuple[GateReading, str]]]], scale: Scale, alt: str) -> str:
    """A line a layer and network, a tick a channel at its mean weight; 0 and 1 are marked.

    Args:
        rows: a layer's name, and its channel gates with their networks' colours.
        scale: of the weights, one for all.
        alt: what the drawing is, in words.
    """
    x = _across(scale.low, scale.high)
    parts, y = [], 16.0
    for name, readings in rows:
        parts.append(label(LEFT - 8, y + 7 * len(readings) + 4, name, anchor="end"))
        for reading, colour in readings:
            means = reading.channel_means()
            path = "".join(f"M{x(float(m)):.1f} {y + 1:.1f}v11" for m in means)
            parts.append(element("path", d=path, stroke=colour, stroke_width=1.1, stroke_opacity=0.65, fill="none"))
            parts.append(
                element("circle", cx=x(float(means.mean())), cy=y + 6.5, r=3, fill=colour, stroke="currentColor")
            )
            y += 14
        y += 8
    axis = [guide(x(v), 12, x(v), y, dashed=v == 1, strength=0.6) for v in (0.0, 1.0) if scale.low <= v <= scale.high]
    axis += [label(x(v), y + 14, number(v), anchor="middle") for v in ticks(scale.low, scale.high)]
    return drawing(WIDTH, y + 22, [*axis, *parts], alt)


def changes(rows: Sequence[tuple[str, Sequence[Mark]]], lanes: int, span: tuple[float, float], alt: str) -> str:
    """A row a layer, a mark a gate: how far the number moved from 0.

    Args:
        rows: a layer's name and its marks.
        lanes: lines a row.
        span: ends of the axis, 0 among them.
        alt: what the drawing is, in words.
    """
    x = _across(*span)
    height = 15.0 * lanes + 7
    bottom = 8 + height * len(rows)
    parts = [guide(x(v), 4, x(v), bottom, strength=0.2) for v in ticks(*span)]
    parts += [label(x(v), bottom + 14, f"{100 * v:+.0f}" if v else "0", anchor="middle") for v in ticks(*span)]
    parts.append(guide(x(0.0), 4, x(0.0), bottom, strength=0.8))
    for place, (name, marks) in enumerate(rows):
        top = 8 + height * place
        parts.append(label(LEFT - 8, top + height / 2, name, anchor="end"))
        if place:
            parts.append(guide(LEFT, top - 3, RIGHT, top - 3, strength=0.12))
        parts += [_mark(mark, x(mark.value), x(mark.low), x(mark.high), top + 15 * mark.lane + 7) for mark in marks]
    return drawing(WIDTH, bottom + 22, parts, alt)


def mark_sign(shape: str, *, filled: bool = True) -> str:
    """One mark alone, for a legend."""
    mark = Mark(0, 0, 0, "currentColor", shape, filled, 0, "")
    return element("svg", _mark(mark, 7, 7, 7, 7), viewBox="0 0 14 14", width=14, height=14, aria_hidden="true")


def _mark(mark: Mark, x: float, low: float, high: float, y: float) -> str:
    look = {
        "fill": mark.colour if mark.filled else "none",
        "stroke": mark.colour,
        "stroke_width": 1.8,
        "pointer_events": "all",
    }
    told = element("title", escape(mark.told)) if mark.told else ""
    if mark.shape == "circle":
        drawn = element("circle", told, cx=x, cy=y, r=4, **look)
    elif mark.shape == "square":
        drawn = element("rect", told, x=x - 3.6, y=y - 3.6, width=7.2, height=7.2, **look)
    else:
        drawn = element("path", told, d=f"M{x:.2f} {y - 5:.2f}l5 5l-5 5l-5 -5z", **look)
    if high > low:
        drawn = element("line", x1=low, x2=high, y1=y, y2=y, stroke=mark.colour, stroke_width=1.4) + drawn
    return drawn


class _across:  # noqa: N801  (reads as the function it is)
    """From a value to its place between the edges."""

    def __init__(self, low: float, high: float) -> None:
        self.low, self.span = low, (high - low) or 1.0

    def __call__(self, value: float) -> float:
        return float(np.clip(LEFT + (value - self.low) / self.span * (RIGHT - LEFT), 0, WIDTH))
