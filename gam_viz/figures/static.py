"""Charts of a report as SVG text, by Matplotlib: no script, no font of their own, and lines in the colour of the text
around them, so that one drawing reads on a light page, on a dark one and on paper.

Equal arguments give equal text. Widths stay below a telephone's, so that letters need not shrink there.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from threading import Lock
from typing import Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path
from matplotlib.text import Text
from matplotlib.ticker import FuncFormatter, MaxNLocator

from gam_viz.explain import GateReading
from gam_viz.figures.curves import Curve
from gam_viz.figures.export import fonts
from gam_viz.figures.scales import DIVERGING, Scale, number, signed

WIDTH = 350  # CSS pixels
SHAPES = {"circle": "o", "square": "s", "diamond": "D"}  # and Matplotlib's names
_TEXT = "#010203"  # stands for the colour of the text around, which Matplotlib does not know
_DASHES: Mapping[str, object] = {
    "solid": "solid",
    "dash": (0, (6, 4)),
    "dot": (0, (1.5, 3)),
    "dashdot": (0, (6, 3, 1.5, 3)),
    "longdash": (0, (10, 4)),
}
_STYLE: Any = {"svg.fonttype": "none", "svg.hashsalt": "gam-viz", "text.parse_math": False}
_NO_FACTS = dict.fromkeys(("Date", "Creator", "Format", "Type"))
_LOCK = Lock()  # Matplotlib's settings are one for all threads


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


def curves(
    places: npt.NDArray[np.floating],
    lines: Sequence[Curve],
    band: tuple[npt.NDArray[np.floating], npt.NDArray[np.floating]] | None,
    *,
    across: str,
    up: str,
    alt: str,
    span: tuple[float, float] | None = None,
) -> str:
    """Lines over 0..1, of shares or, within a `span`, of other values; a band behind; what is strong is drawn last."""
    figure, axes = _axes(228, left=52, bottom=38)
    axes.set(xlim=(0, 1), ylim=span or (0, 1), xlabel=across, ylabel=up, xticks=(0, 0.5, 1))
    axes.yaxis.set_major_locator(MaxNLocator(4 if span else 2))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0%}"))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value) if span else f"{value:.0%}"))
    axes.grid(axis="y", color=_TEXT, alpha=0.25, linewidth=0.7, clip_on=False)
    if band is not None:
        axes.fill_between(places, *band, color=_TEXT, alpha=0.15, linewidth=0, clip_on=False)
    titles = {}
    for place, line in enumerate(sorted(lines, key=lambda line: line.strong)):
        width, alpha = (1.8, 1.0) if line.strong else (0.9, 0.45)
        drawn = axes.plot(places, line.values, color=line.colour, linewidth=width, alpha=alpha, clip_on=False)
        drawn[0].set(linestyle=_DASHES.get(line.dash, "solid"), gid=f"line-{place}")
        titles[f"line-{place}"] = line.name
    return _svg(figure, alt, titles)


def barcode(rows: Sequence[tuple[str, Sequence[tuple[GateReading, str]]]], scale: Scale, alt: str) -> str:
    """A line a layer and network, a tick a channel at its mean weight; 0 and 1 are marked.

    Args:
        rows: a layer's name, and its channel gates with their networks' colours.
        scale: of the weights, one for all.
        alt: what the drawing is, in words.
    """
    height = sum(14 * len(readings) + 8 for _, readings in rows)
    figure, axes = _axes(height + 30, left=52, bottom=22)
    axes.set(xlim=(scale.low, scale.high), ylim=(height, 0), yticks=[])
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: number(float(value))))
    y = 4.0
    for name, readings in rows:
        _name(axes, y + 7 * len(readings), name)
        for reading, colour in readings:
            means = reading.channel_means().astype(np.float64)
            points = np.stack([np.repeat(means, 2), np.tile([y + 1, y + 12], len(means))], axis=1)
            ticks = Path(points, np.tile([Path.MOVETO, Path.LINETO], len(means)))
            axes.add_patch(PathPatch(ticks, edgecolor=colour, linewidth=0.8, alpha=0.65, fill=False, clip_on=False))
            axes.plot(means.mean(), y + 6.5, "o", color=colour, markersize=4.5, markeredgecolor=_TEXT, clip_on=False)
            y += 14
        y += 8
    for end in (0.0, 1.0):
        if scale.low <= end <= scale.high:
            style = "--" if end else "-"
            axes.axvline(end, color=_TEXT, alpha=0.6, linewidth=0.8, linestyle=style, clip_on=False)
    return _svg(figure, alt, {})


def changes(rows: Sequence[tuple[str, Sequence[Mark]]], lanes: int, span: tuple[float, float], alt: str) -> str:
    """A row a layer, a mark a gate: how far the number moved from 0.

    Args:
        rows: a layer's name and its marks.
        lanes: lines a row.
        span: ends of the axis, 0 among them.
        alt: what the drawing is, in words.
    """
    row_height = 15.0 * lanes + 7
    height = row_height * len(rows)
    figure, axes = _axes(height + 30, left=52, bottom=22)
    axes.set(xlim=span, ylim=(height, 0), yticks=[])
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: signed(round(value, 9), "+g")))
    axes.grid(axis="x", color=_TEXT, alpha=0.2, linewidth=0.7, clip_on=False)
    axes.axvline(0, color=_TEXT, alpha=0.8, linewidth=0.8, clip_on=False)
    titles: dict[str, str] = {}
    for place, (name, marks) in enumerate(rows):
        top = row_height * place
        _name(axes, top + row_height / 2, name)
        if place:
            axes.axhline(top - 3, color=_TEXT, alpha=0.12, linewidth=0.7, clip_on=False)
        for mark in marks:
            y, gid = top + 15 * mark.lane + 7, f"mark-{len(titles)}"
            if mark.high > mark.low:
                axes.plot((mark.low, mark.high), (y, y), color=mark.colour, linewidth=1.1, clip_on=False)
            face = mark.colour if mark.filled else "none"
            drawn = axes.plot(mark.value, y, SHAPES[mark.shape], color=mark.colour, markerfacecolor=face, clip_on=False)
            drawn[0].set(markersize=5.5, markeredgewidth=1.4, gid=gid)
            titles[gid] = mark.told
    return _svg(figure, alt, titles)


def matrix(
    names: Sequence[str],
    colours: Sequence[str],
    groups: Sequence[int],
    values: npt.NDArray[np.floating],
    outside: npt.NDArray[np.integer],
    alt: str,
) -> str:
    """Which maps agree, as the lower triangle; columns have the numbers that stand before the rows' names.

    Args:
        names: (n,) of the maps.
        colours: (n,) of their networks.
        groups: (n,) number of their networks; a line parts the groups.
        values: (n, n), -1..1; NaN where two maps cannot be compared.
        outside: (n, n): cells have a dot where it is 1, a cross where it is -1.
        alt: what the drawing is, in words.
    """
    count = len(names)
    cell = min(24.0, (WIDTH - 150) / max(1, count))
    figure, axes = _axes(count * cell + 18, left=150, bottom=4, right=WIDTH - 150 - cell * count)
    axes.set(xlim=(0, count), ylim=(count, 0), xticks=[], yticks=[])
    colour_map, titles, size = colormaps[DIVERGING[0]], {}, min(8.0, cell * 0.6)
    for row in range(count):
        axes.annotate(f"{names[row]} · {row + 1}", (0, row + 0.5), (-4, 0), color=_TEXT, fontsize=size, **_LEFT)
        axes.add_patch(Rectangle((-150 / cell, row + 0.15), 3 / cell, 0.7, fc=colours[row], lw=0, clip_on=False))
        axes.text(row + 0.5, row + 0.5, str(row + 1), color=_TEXT, fontsize=size * 0.85, ha="center", va="center")
        for column in range(row):
            value, gid = float(values[row, column]), f"cell-{row}-{column}"
            known = not np.isnan(value)
            face = colour_map((value + 1) / 2) if known else "none"
            look: Any = {"facecolor": face, "edgecolor": "none" if known else "#8a8a8a", "clip_on": False, "gid": gid}
            axes.add_patch(Rectangle((column, row), 1 - 1 / cell, 1 - 1 / cell, **look))
            said = f"{value:.2f}" if known else "–"
            titles[gid] = f"{names[row]} ({row + 1}) · {names[column]} ({column + 1}): {said}"
            if known and outside[row, column]:
                ink, sign = "#ffffff" if abs(value) > 0.55 else "#111111", "o" if outside[row, column] > 0 else "x"
                axes.plot(column + 0.48, row + 0.48, sign, color=ink, markersize=cell * 0.25, clip_on=False)
        if row and groups[row] != groups[row - 1]:
            axes.plot((-150 / cell, row), (row, row), color=_TEXT, alpha=0.8, linewidth=0.8, clip_on=False)
            axes.plot((row, row), (row, count), color=_TEXT, alpha=0.8, linewidth=0.8, clip_on=False)
    return _svg(figure, alt, titles)


_LEFT: Any = {"textcoords": "offset points", "ha": "right", "va": "center", "annotation_clip": False}


def _name(axes: Axes, y: float, name: str) -> None:
    """A row's name, left of the axis."""
    axes.annotate(name, (0, y), (-6, 0), xycoords=("axes fraction", "data"), color=_TEXT, fontsize=8, **_LEFT)


def _axes(height: float, *, left: float, bottom: float, right: float = 16) -> tuple[Figure, Axes]:
    """A figure of that many CSS pixels, and one set of axes with these margins; nothing but its ticks is drawn."""
    figure = Figure(figsize=(WIDTH / 96, height / 96), dpi=96)
    FigureCanvasSVG(figure)
    box = (left, bottom, WIDTH - left - right, height - bottom - 8)
    axes = figure.add_axes((box[0] / WIDTH, box[1] / height, box[2] / WIDTH, box[3] / height))
    figure.patch.set_visible(False)
    axes.patch.set_visible(False)
    axes.spines[:].set_visible(False)
    axes.tick_params(color="none", labelcolor=_TEXT, labelsize=8, pad=1)
    for label in (axes.xaxis.label, axes.yaxis.label):
        label.set(color=_TEXT, fontsize=8)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    return figure, axes


def _svg(figure: Figure, alt: str, titles: Mapping[str, str]) -> str:
    """The figure as an element of a page; `titles` are what the pointer is told, by the parts' ids."""
    buffer = io.StringIO()
    for written in figure.findobj(Text):
        written.set_fontfamily(fonts())
    with _LOCK, mpl.rc_context(_STYLE):
        figure.savefig(buffer, format="svg", transparent=True, metadata=_NO_FACTS)
    text = buffer.getvalue()
    text = text[text.index("<svg") :].strip()
    text = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>\s*", "", text, flags=re.DOTALL)
    for gid, title in titles.items():
        text = text.replace(f'<g id="{gid}">', f"<g><title>{escape(title)}</title>", 1)
    text = re.sub(r"<!--.*?-->\s*", "", text, flags=re.DOTALL).replace(_TEXT, "currentColor")
    text = re.sub(r' id="(?!m\w+")[^"]+"', "", text)  # nothing refers to them, and drawings share a page
    text = re.sub(r"font-family: [^;]*", "font-family: system-ui, sans-serif", text)
    text = re.sub(r"\s*\n\s*", " ", text).replace("> <", "><")
    head = f'<svg role="img" viewBox="0 0 {figure.get_figwidth() * 72:g} {figure.get_figheight() * 72:g}" '
    size = f'width="{figure.get_figwidth() * 96:g}" height="{figure.get_figheight() * 96:g}"'
    return re.sub(r"^<svg[^>]*>", f"{head}{size}><title>{escape(alt)}</title>", text)
