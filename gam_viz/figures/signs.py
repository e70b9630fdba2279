"""Signs of a report's legends, as SVG text: a piece of a line, a mark."""

from __future__ import annotations


def swatch(colour: str, dash: str, *, strong: bool = True) -> str:
    """A short piece of a line, for a legend."""
    pattern = {"dash": "6 4", "dot": "1.5 3", "dashdot": "6 3 1.5 3", "longdash": "10 4"}.get(dash, "none")
    width, opacity = (2.4, 1) if strong else (1.2, 0.45)
    line = f'<line x1="1" y1="6" x2="29" y2="6" stroke="{colour}" stroke-width="{width}" stroke-opacity="{opacity}" '
    line += f'stroke-dasharray="{pattern}"/>'
    return f'<svg viewBox="0 0 30 12" width="30" height="12" aria-hidden="true">{line}</svg>'


def mark_sign(shape: str, *, filled: bool = True) -> str:
    """One mark alone, for a legend."""
    drawn = {
        "circle": '<circle cx="7" cy="7" r="4"',
        "square": '<rect x="3.4" y="3.4" width="7.2" height="7.2"',
        "diamond": '<path d="M7 2l5 5l-5 5l-5 -5z"',
    }[shape]
    look = f'fill="{"currentColor" if filled else "none"}" stroke="currentColor" stroke-width="1.8"'
    return f'<svg viewBox="0 0 14 14" width="14" height="14" aria-hidden="true">{drawn} {look}/></svg>'
