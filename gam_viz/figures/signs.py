"""Signs of legends as SVG text: a module's mark, a piece of a line."""

from __future__ import annotations

import math
from urllib.parse import quote


def _ring(corners: int, *radii: float, turn: float = -90) -> str:
    """A polygon whose corners lie on the radii in turn, the first one above the middle."""
    places = []
    for corner in range(corners * len(radii)):
        radius, angle = radii[corner % len(radii)], math.radians(turn + 360 * corner / (corners * len(radii)))
        places.append(f"{radius * math.cos(angle):.2f},{radius * math.sin(angle):.2f}")
    return f'<polygon points="{" ".join(places)}"'


#: Plotly's name of a marker -> the same as the beginning of an SVG element, around (0, 0), some 12 wide.
_SHAPES = {
    "circle": '<circle r="5.2"',
    "square": '<rect x="-4.8" y="-4.8" width="9.6" height="9.6"',
    "diamond": _ring(4, 6.6),
    "triangle-up": _ring(3, 6.4),
    "triangle-down": _ring(3, 6.4, turn=90),
    "star": _ring(5, 7, 2.8),
    "cross": '<path d="M-2-6h4v4h4v4h-4v4h-4v-4h-4v-4h4z"',
    "x": '<path d="M-2-6h4v4h4v4h-4v4h-4v-4h-4v-4h4z" transform="rotate(45)"',
    "hexagon": _ring(6, 6, turn=0),
    "pentagon": _ring(5, 6),
    "star-diamond": _ring(4, 7, 3.2),
    "bowtie": '<path d="M-6-5L6 5V-5L-6 5z"',
    "hourglass": '<path d="M-5-6L5 6H-5L5-6z"',
    "line": '<rect x="-7" y="-1.2" width="14" height="2.4"',
    "band": '<rect x="-7" y="-5" width="14" height="10" fill-opacity=".3" stroke-opacity=".3"',
    "tick": '<rect x="-.7" y="-5" width="1.4" height="10"',
}


_NAMED = 'xmlns="http://www.w3.org/2000/svg" aria-hidden="true"'
#: What stands inside an open mark, as Plotly calls it -> its lines.
_INSIDE = {"dot": "M-1.2 0h2.4", "cross": "M-6 0h12M0-6v12", "x": "M-3-3L3 3M-3 3L3-3"}


def mark_sign(marker: str, colour: str = "currentColor", *, filled: bool = True) -> str:
    """One mark alone.

    Args:
        marker: as Plotly calls it, such as "diamond" or "diamond-cross-open"; or "line", "band", "tick".
        colour: as CSS writes it.
        filled: or a ring.
    """
    open_mark = marker.replace("-open", "")
    inside = next((sign for sign in _INSIDE if open_mark.endswith(f"-{sign}")), "")
    shape = open_mark.removesuffix(f"-{inside}")
    hollow = not filled or open_mark != marker
    look = f'fill="{"none" if hollow else colour}" stroke="{colour}" stroke-width="{1.6 if hollow else 1}"'
    lines = f'<path d="{_INSIDE[inside]}" stroke="{colour}" stroke-width="1.6"/>' if inside else ""
    return f'<svg {_NAMED} viewBox="-8 -8 16 16" width="14" height="14">{_SHAPES[shape]} {look}/>{lines}</svg>'


def swatch(colour: str, dash: str, *, strong: bool = True) -> str:
    """A short piece of a line."""
    pattern = {"dash": "6 4", "dot": "1.5 3", "dashdot": "6 3 1.5 3", "longdash": "10 4"}.get(dash, "none")
    width, opacity = (2.4, 1) if strong else (1.2, 0.45)
    line = f'<line x1="1" y1="6" x2="29" y2="6" stroke="{colour}" stroke-width="{width}" stroke-opacity="{opacity}" '
    line += f'stroke-dasharray="{pattern}"/>'
    return f'<svg {_NAMED} viewBox="0 0 30 12" width="30" height="12">{line}</svg>'


def sign_image(sign: str) -> str:
    """A sign as an HTML image: pages refuse SVG elements, and images keep their colours where the system forces its."""
    return f'<img class="gv-sign" alt="" src="data:image/svg+xml,{quote(sign)}">'
