"""Charts of a report as SVG text: no script, no font of their own, and lines in the colour of the text around them, so
that one drawing reads on a light page, on a dark one and on paper.

Coordinates are CSS pixels at full size. Widths stay below a telephone's, so that letters need not shrink there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
import numpy.typing as npt

from gam_viz.figures.curves import Line

WIDTH = 350
_DASHES = {"solid": "", "dash": "6 4", "dot": "1.5 3", "dashdot": "6 3 1.5 3", "longdash": "10 4"}
_SMALL = 11  # pixels of letters


def element(name: str, content: str = "", **attributes: object) -> str:
    """An SVG element: underscores in names become hyphens, numbers have at most two decimals, the rest is escaped."""
    written = "".join(f' {key.rstrip("_").replace("_", "-")}="{_value(value)}"' for key, value in attributes.items())
    return f"<{name}{written}>{content}</{name}>" if content else f"<{name}{written}/>"


def label(x: float, y: float, words: str, *, anchor: str = "start", **attributes: object) -> str:
    """Words; the anchor is "start", "middle" or "end"."""
    look: Mapping[str, object] = {"font_size": _SMALL, "fill": "currentColor", "text_anchor": anchor, **attributes}
    return element("text", escape(words), x=x, y=y, **look)


def drawing(width: float, height: float, parts: Sequence[str], alt: str) -> str:
    """The whole, to be put into a page."""
    return element(
        "svg",
        element("title", escape(alt)) + "".join(parts),
        viewBox=f"0 0 {width:g} {height:g}",
        width=width,
        height=height,
        role="img",
        font_family="system-ui, sans-serif",
    )


def guide(x1: float, y1: float, x2: float, y2: float, *, dashed: bool = False, strength: float = 0.25) -> str:
    """A thin straight line in the text's colour."""
    dash = {"stroke_dasharray": "3 3"} if dashed else {}
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, stroke="currentColor", stroke_opacity=strength, **dash)


def curves(
    places: npt.NDArray[np.floating],
    lines: Sequence[Line],
    band: tuple[npt.NDArray[np.floating], npt.NDArray[np.floating]] | None,
    *,
    across: str,
    up: str,
    alt: str,
) -> str:
    """Lines over 0..1, of values 0..1, and a band behind them; what is strong is drawn last."""
    left, right, top, bottom = 52.0, WIDTH - 8.0, 8.0, 190.0

    def x(value: float) -> float:
        return left + value * (right - left)

    def y(value: float) -> float:
        return bottom - value * (bottom - top)

    def points(values: npt.NDArray[np.floating]) -> str:
        pairs = zip(places, values, strict=True)
        return " ".join(f"{x(float(a)):.1f},{y(float(b)):.1f}" for a, b in pairs)

    parts = []
    for share in (0.0, 0.5, 1.0):
        parts += [guide(left, y(share), right, y(share)), label(left - 6, y(share) + 4, f"{share:.0%}", anchor="end")]
        anchor = {0.0: "start", 1.0: "end"}.get(share, "middle")
        parts.append(label(x(share), bottom + 15, f"{share:.0%}", anchor=anchor))
    parts += [
        label((left + right) / 2, bottom + 30, across, anchor="middle"),
        label(0, 0, up, anchor="middle", transform=f"translate(10 {(top + bottom) / 2:g}) rotate(-90)"),
    ]
    if band is not None:
        low, high = band
        outline = f"{points(high)} {' '.join(reversed(points(low).split()))}"
        parts.append(element("polygon", points=outline, fill="currentColor", fill_opacity=0.15))
    for line in sorted(lines, key=lambda line: line.strong):
        parts.append(
            element(
                "polyline",
                element("title", escape(line.name)),
                points=points(line.values),
                fill="none",
                stroke=line.colour,
                stroke_width=2.4 if line.strong else 1.2,
                stroke_opacity=1 if line.strong else 0.45,
                stroke_dasharray=_DASHES.get(line.dash, "") or "none",
                stroke_linejoin="round",
            )
        )
    return drawing(WIDTH, bottom + 38, parts, alt)


def swatch(colour: str, dash: str, *, strong: bool = True) -> str:
    """A short piece of a line, for a legend."""
    line = element(
        "line",
        x1=1,
        y1=6,
        x2=29,
        y2=6,
        stroke=colour,
        stroke_width=2.4 if strong else 1.2,
        stroke_opacity=1 if strong else 0.45,
        stroke_dasharray=_DASHES.get(dash, "") or "none",
    )
    return element("svg", line, viewBox="0 0 30 12", width=30, height=12, aria_hidden="true")


def ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Round numbers within low..high, at most `most` of them."""
    span = high - low
    for step in (s * 10.0**power for power in range(-6, 9) for s in (1, 2, 2.5, 5)):
        first = np.ceil(low / step - 1e-9)
        count = int(np.floor(high / step + 1e-9) - first) + 1
        if count <= most:
            return [round(float(first + k) * step, 10) + 0.0 for k in range(count)]
    return [low, low + span / 2, high]


def _value(value: object) -> str:
    if isinstance(value, float | np.floating):
        return f"{float(value):.2f}".rstrip("0").rstrip(".")
    return escape(str(value))
