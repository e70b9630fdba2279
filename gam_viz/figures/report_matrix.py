"""Which maps agree, as the lower triangle of a matrix."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np
import numpy.typing as npt
from matplotlib import colormaps

from gam_viz.figures.scales import DIVERGING
from gam_viz.figures.static import WIDTH, drawing, element, guide, label

_NAMES = 150.0  # pixels, for the names of the rows


def matrix(
    names: Sequence[str],
    colours: Sequence[str],
    groups: Sequence[int],
    values: npt.NDArray[np.floating],
    outside: npt.NDArray[np.integer],
    alt: str,
) -> str:
    """Draw it; columns have the numbers that stand before the rows' names.

    Args:
        names: (n,) of the maps.
        colours: (n,) of their networks.
        groups: (n,) number of their networks; a line parts the groups.
        values: (n, n), -1..1; NaN where two maps cannot be compared.
        outside: (n, n): cells have a dot where it is 1, a cross where it is -1.
        alt: what the drawing is, in words.
    """
    count = len(names)
    cell = min(24.0, (WIDTH - _NAMES) / max(1, count))
    size, top = min(11.0, cell * 0.85), 14.0
    colour_map = colormaps[DIVERGING[0]]
    parts = []
    for row in range(count):
        y = top + row * cell
        parts.append(
            label(
                _NAMES - 5,
                y + cell * 0.72,
                f"{names[row]} · {row + 1}",
                anchor="end",
                font_size=size,
                fill="currentColor",
            )
        )
        parts.append(element("rect", x=0, y=y + 0.15 * cell, width=3, height=0.7 * cell, fill=colours[row]))
        parts.append(
            label(_NAMES + (row + 0.5) * cell, y + cell * 0.72, str(row + 1), anchor="middle", font_size=size * 0.85)
        )
        for column in range(row):
            value, x = float(values[row, column]), _NAMES + column * cell
            told = f"{names[row]} ({row + 1}) · {names[column]} ({column + 1}): "
            if np.isnan(value):
                title = element("title", escape(told + "–"))
                parts.append(
                    element(
                        "rect", title, x=x + 1, y=y + 1, width=cell - 2, height=cell - 2, fill="none", stroke="#8a8a8a"
                    )
                )
                continue
            red, green, blue = (round(255 * part) for part in colour_map((value + 1) / 2)[:3])
            title = element("title", escape(f"{told}{value:.2f}"))
            parts.append(
                element(
                    "rect", title, x=x, y=y, width=cell - 1, height=cell - 1, fill=f"#{red:02x}{green:02x}{blue:02x}"
                )
            )
            if outside[row, column]:
                ink = "#ffffff" if abs(value) > 0.55 else "#111111"
                middle = (x + (cell - 1) / 2, y + (cell - 1) / 2)
                parts.append(_sign(*middle, cell * 0.16, ink, int(outside[row, column])))
    for row in range(1, count):
        if groups[row] != groups[row - 1]:
            y, x = top + row * cell - 0.5, _NAMES + row * cell - 0.5
            parts.append(guide(0, y, x, y, strength=0.8))
            parts.append(guide(x, y, x, top + count * cell, strength=0.8))
    return drawing(WIDTH, top + count * cell + 4, parts, alt)


def _sign(x: float, y: float, radius: float, ink: str, outside: int) -> str:
    if outside > 0:
        return element("circle", cx=x, cy=y, r=radius, fill=ink, pointer_events="none")
    r = radius
    path = f"M{x - r:.2f} {y - r:.2f}l{2 * r:.2f} {2 * r:.2f}m0 {-2 * r:.2f}l{-2 * r:.2f} {2 * r:.2f}"
    return element("path", d=path, stroke=ink, stroke_width=1.3, fill="none", pointer_events="none")
