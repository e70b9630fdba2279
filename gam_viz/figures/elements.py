"""What figures are put together from: axes, error bars, notes, outlines, and maps as cells."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any
from unicodedata import east_asian_width

import numpy.typing as npt
import plotly.graph_objects as go

from gam_viz.figures.scales import Scale
from gam_viz.figures.style import CHOSEN, GUIDE, colour_scale, translucent

Options = dict[str, Any]  # what is forwarded to Plotly


def verbatim(text: str) -> str:
    """Text as Plotly shows it letter by letter: a name may look like its markup, a link or a gap of its templates.

    A line that ends in "\\n" ends there.
    """
    return escape(text, quote=False).replace("%{", "%&#123;").replace("\n", "<br>")


def letters(names: Iterable[str]) -> int:
    """How many letters of an alphabet the longest name is wide; a Chinese one takes two of them."""
    return max((sum(1 + (east_asian_width(letter) in "WF") for letter in name) for name in names), default=0)


def axis(title: str | None = None, *, grid: bool = False, size: int = 13, standoff: int = 4, **more: Any) -> Options:
    """An axis that cannot be dragged and has no line at 0; `more` is forwarded to Plotly. Title and ticks are read
    letter by letter."""
    if "ticktext" in more:
        more["ticktext"] = [verbatim(tick) for tick in more["ticktext"]]
    lines = {"gridcolor": translucent(GUIDE, 0.25)} if grid else {"showgrid": False}
    named = {} if title is None else {"title": {"text": verbatim(title), "font": {"size": size}, "standoff": standoff}}
    return {"fixedrange": True, "zeroline": False, **lines, **named, **more}


def named_rows(names: Sequence[str], *, above: float = 0.5, below: float = 0.5, grid: bool = False) -> Options:
    """A vertical axis on which names stand one below the other at 0, 1, 2 …; `above` and `below` leave room,
    a `grid` leads from the names to what is drawn."""
    ticks: Options = {"tickvals": list(range(len(names))), "ticktext": list(names), "tickfont": {"size": 13}}
    return axis(range=[len(names) - 1 + below, -above], grid=grid, **ticks)


def hidden(**more: Any) -> Options:
    """An axis that nobody sees; `more` is forwarded to Plotly."""
    return {"visible": False, "fixedrange": True, **more}


def interval(
    value: float, low: float | None, high: float | None, colour: str, *, thickness: float = 2, width: int = 4
) -> Options | None:
    """Error bars from `low` to `high` around `value`; None where the interval is not known."""
    if low is None or high is None:
        return None
    arms = {"array": [high - value], "arrayminus": [value - low]}
    return {"type": "data", "symmetric": False, **arms, "color": colour, "thickness": thickness, "width": width}


def note(figure: go.Figure, text: str, *, size: int = 12, colour: str | None = None, **place: Any) -> None:
    """Words in a figure, without an arrow; `place` is forwarded to Plotly."""
    figure.add_annotation(words(text, size=size, colour=colour, **place))


def words(text: str, *, size: int = 12, colour: str | None = None, bold: bool = False, **place: Any) -> Options:
    """An annotation without an arrow, read letter by letter; `place` is forwarded to Plotly."""
    font: Options = {"size": size} | ({} if colour is None else {"color": colour}) | ({"weight": 700} if bold else {})
    return {"text": verbatim(text), "showarrow": False, "font": font, **place}


def subplot_title(
    figure: go.Figure, text: str, index: int, y: float, *, above: bool = True, bold: bool = False
) -> None:
    """A title in the middle above (or below) the subplot of that number, counted from 0 in a single row."""
    figure.add_annotation(title_of_subplot(text, index, y, above=above, bold=bold))


def title_of_subplot(text: str, index: int, y: float, *, above: bool = True, bold: bool = False) -> Options:
    suffix = str(index + 1) if index else ""
    refs: Options = {"xref": f"x{suffix} domain", "yref": f"y{suffix} domain"}
    return words(text, bold=bold, **refs, x=0.5, y=y, yanchor="bottom" if above else "top")


def rectangle(
    figure: go.Figure,
    x: tuple[float, float],
    y: tuple[float, float],
    *,
    colour: str = CHOSEN,
    width: float = 2,
    dash: str | None = None,
    **place: Any,
) -> None:
    """The outline of a box; `place` is forwarded to Plotly: `row` and `col` of a subplot, `layer`."""
    figure.add_shape(outline(x, y, colour=colour, width=width, dash=dash), **place)


def outline(
    x: tuple[float, float],
    y: tuple[float, float],
    *,
    colour: str = CHOSEN,
    width: float = 2,
    dash: str | None = None,
    **place: Any,
) -> Options:
    """A box as a shape; `place` is forwarded to Plotly."""
    line: Options = {"color": colour, "width": width} | ({} if dash is None else {"dash": dash})
    return {"type": "rect", "x0": x[0], "x1": x[1], "y0": y[0], "y1": y[1], "line": line, **place}


def cells(
    values: npt.NDArray[Any], low: float, high: float, colours: str, *, unit: bool = False, **more: Any
) -> Options:
    """A map whose cells stay cells, without a colour bar of its own: a trace that Plotly has still to check, once.

    Args:
        values: (h, w); NaN leaves a gap.
        low, high: what the ends of the colours stand for.
        colours: a Matplotlib colour map's name.
        unit: spread over the unit square, (0, 0) at the top left, instead of one unit a cell.
        more: forwarded to Plotly.
    """
    rows, columns = values.shape
    spread: Options = {"x0": 0.5 / columns, "dx": 1 / columns, "y0": 0.5 / rows, "dy": 1 / rows} if unit else {}
    scale = {"zmin": low, "zmax": high, "colorscale": colour_scale(colours), "showscale": False}
    return {"type": "heatmap", "z": values, **spread, **scale, "zsmooth": False, **more}


def across(y: float, *, width: float = 1, dash: str = "solid") -> Options:
    """A line over the whole width of a figure with one plot, as a shape.

    Plotly's own `add_hline` asks every axis first, and takes six times as long.
    """
    line: Options = {"color": GUIDE, "width": width, "dash": dash}
    return {"type": "line", "xref": "x domain", "yref": "y", "x0": 0, "x1": 1, "y0": y, "y1": y, "line": line}


def upright(x: float, *, width: float = 1, dash: str = "solid") -> Options:
    """The same over the whole height."""
    line: Options = {"color": GUIDE, "width": width, "dash": dash}
    return {"type": "line", "xref": "x", "yref": "y domain", "x0": x, "x1": x, "y0": 0, "y1": 1, "line": line}


def reference_lines(scale: Scale, *, beyond: float = 0.0) -> list[Options]:
    """Lines across at 0 (removes a feature) and, dotted, at 1 (leaves it as it is), where the scale has them."""
    air = beyond * (scale.high - scale.low)
    lines = ((0.0, "solid"), (1.0, "dot"))
    return [across(value, dash=dash) for value, dash in lines if scale.low - air <= value <= scale.high + air]
