"""Channel weights as HTML that a page draws at once: one layer's as sorted bars, all layers as profiles of colour.

A drawing is SVG that stretches with its place; what is written stands beside it, so that letters and lines keep their
size.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import numpy.typing as npt
from matplotlib.ticker import MaxNLocator

from gam_viz.explain import GateReading
from gam_viz.figures.pixels import painted, uri
from gam_viz.figures.scales import Scale, number
from gam_viz.figures.style import CHOSEN, GUIDE

HIGH = 1000  # of the drawing's own units
AIR = 30  # of them, above and below what is drawn
EDGE = 25  # of them, how far what lies beyond the axis reaches into the drawing


@dataclass(frozen=True)
class WeightWords:
    """What is written at the bars, in the reader's language.

    Attributes:
        alt: what the drawing is.
        across, up: titles of the axes.
        channel, mean, here: for what the pointer is told.
    """

    alt: str
    across: str
    up: str
    channel: str
    mean: str
    here: str


def channel_order(reading: GateReading, by: str = "weight") -> np.ndarray:
    """(C,) indices in the order bars are drawn.

    Args:
        reading: a channel gate.
        by: "weight" (largest mean first), "strength" (largest |mean| first) or "index".

    Raises:
        ValueError: unknown order.
    """
    means = reading.channel_means()
    if by == "weight":
        return np.argsort(-means, kind="stable")
    if by == "strength":
        return np.argsort(-np.abs(means), kind="stable")
    if by == "index":
        return np.arange(len(means))
    raise ValueError(f"unknown order {by!r}; known are weight, strength, index")


def beyond(values: npt.NDArray[np.floating], scale: Scale) -> int:
    """How many of them lie beyond the ends of an axis."""
    return int(((values < scale.low) | (values > scale.high)).sum())


def weights_html(
    reading: GateReading,
    colour: str,
    scale: Scale,
    words: WeightWords,
    *,
    by: str = "weight",
    cell: tuple[int, int] | None = None,
) -> str:
    """One bar a channel: its weight, averaged over positions where it differs between them.

    Where it does, a band shows the middle 80 % of its values over positions. 0 (removes the feature) and 1 (leaves it
    as it is) are marked. What lies beyond the axis is a tick at its end.

    Args:
        reading: a channel gate of C channels.
        colour: of the network.
        scale: of the vertical axis.
        words: that are written.
        by: see `channel_order`.
        cell: (row, column) of the feature map; the weights there are drawn as points.
    """
    order = channel_order(reading, by)
    means, count = reading.channel_means()[order], len(order)
    here = reading.at(*cell)[order] if cell is not None and reading.per_position else None
    shapes = []
    if reading.per_position:
        low, high = (_heights(quantile[order], scale) for quantile in reading.channel_quantiles())
        band = "".join(f"M{x} {a:.0f}V{b:.0f}h1V{a:.0f}z" for x, (a, b) in enumerate(zip(low, high, strict=True)))
        shapes.append(f'<path d="{band}" fill="{GUIDE}" fill-opacity=".32"/>')
    zero = _height(0.0, scale)
    bars = "".join(f"M{x + 0.1:.1f} {zero:.0f}V{y:.0f}h.8V{zero:.0f}z" for x, y in enumerate(_heights(means, scale)))
    shapes.append(f'<path d="{bars}" fill="{colour}"/>')
    for value, dash in ((0.0, ""), (1.0, ' stroke-dasharray="2 3"')):
        if scale.low <= value <= scale.high:
            shapes.append(_line(f"M0 {_height(value, scale):.0f}H{count}", GUIDE, 1, dash))
    if here is not None:
        shapes += _points(here, scale)
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 {-AIR} {count} {HIGH + 2 * AIR}" '
        f'preserveAspectRatio="none">{"".join(shapes)}</svg>'
    )
    drawn = base64.b64encode(svg.encode()).decode()
    ticks = "".join(
        f'<span style="top:{(_height(float(tick), scale) + AIR) / (HIGH + 2 * AIR):.2%}">{escape(number(tick))}</span>'
        for tick in map(float, MaxNLocator(4).tick_values(scale.low, scale.high))
        if scale.low <= tick <= scale.high
    )
    told = {"order": order.astype("<i4"), "values": means.astype("<f4")}
    told |= {} if here is None else {"here": here.astype("<f4")}
    data = "".join(f' data-{key}="{base64.b64encode(value.tobytes()).decode()}"' for key, value in told.items())
    said = escape("|".join((words.channel, words.mean, words.here)))
    return (
        f'<div class="gv-weights"><div class="gv-up">{escape(words.up)}</div><div class="gv-ticks">{ticks}</div>'
        f'<div class="gv-bars" role="img" aria-label="{escape(words.alt)}" data-said="{said}"{data}>'
        f'<img src="data:image/svg+xml;base64,{drawn}" alt=""></div>'
        f'<div class="gv-across">{escape(words.across)}</div></div>'
    )


def profiles_html(
    readings: Sequence[GateReading], names: Sequence[str], scale: Scale, colours: str, alt: str, chosen: int | None
) -> str:
    """All layers: a row a layer, its channels' mean weights from the largest to the smallest.

    Rows of different widths are stretched to one length: a row reads as a profile, not as channel numbers.

    Args:
        readings: channel gates in the order of the layers.
        names: of the layers.
        scale: shared by all rows, and by the figures beside it.
        colours: a Matplotlib colour map's name.
        alt: what they are, in words.
        chosen: index of the layer that is shown large.
    """
    rows = []
    for index, (name, reading) in enumerate(zip(names, readings, strict=True)):
        means = np.sort(reading.channel_means())[::-1]
        look = ' class="gv-chosen"' if index == chosen else ""
        rows.append(f'<span>{escape(name)}</span><img{look} src="{uri(painted(means[None], scale, colours))}" alt="">')
    return f'<div class="gv-profiles" role="img" aria-label="{escape(alt)}">{"".join(rows)}</div>'


def _points(values: npt.NDArray[np.floating], scale: Scale) -> list[str]:
    """The weights at one cell: a dot each, drawn as a line of no length with round ends, which no stretching deforms;
    those beyond the axis are ticks at its end."""
    inside, outside = [], []
    for x, (value, y) in enumerate(zip(values, _heights(values, scale), strict=True)):
        if scale.low <= value <= scale.high:
            inside.append(f"M{x + 0.5:.1f} {y:.0f}h0")
        else:
            start = 0 if value > scale.high else HIGH - EDGE
            outside.append(f"M{x + 0.5:.1f} {start}v{EDGE}")
    drawn = [("".join(inside), 5.5), ("".join(outside), 2.5)]
    return [_line(path, CHOSEN, width, ' stroke-linecap="round"') for path, width in drawn if path]


def _line(path: str, colour: str, width: float, more: str = "") -> str:
    look = f'fill="none" stroke="{colour}" stroke-width="{width}" vector-effect="non-scaling-stroke"'
    return f'<path d="{path}" {look}{more}/>'


def _height(value: float, scale: Scale) -> float:
    return float(_heights(np.array([value]), scale)[0])


def _heights(values: npt.NDArray[np.floating], scale: Scale) -> npt.NDArray[np.float64]:
    """In the drawing's units, from its top; what lies beyond the axis is brought to its end."""
    share = (np.clip(values.astype(np.float64), scale.low, scale.high) - scale.low) / ((scale.high - scale.low) or 1.0)
    return (1 - share) * HIGH
