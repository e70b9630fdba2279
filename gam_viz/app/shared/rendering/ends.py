"""The values that become black and white, and the slider that spans them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from gam_viz.app.shared.pictures import measured
from gam_viz.app.shared.rendering.facts import page_of
from gam_viz.images import Picture, Rendering, Source

PERCENTILES, HAND = "percentiles", "hand"
STEPS = 200  # about so many from one end of the slider to the other


@dataclass(frozen=True)
class Span:
    """What the slider of values spans.

    Attributes:
        low: its left end, a multiple of `step`.
        high: its right end, likewise.
        step: 1, 2 or 5 times a power of 10; at least 1 for whole numbers.
        format: how a value is printed, for `st.slider` and `st.number_input`.
    """

    low: float
    high: float
    step: float
    format: str


def mode_of(resolved: Rendering) -> str:
    """The name of what turns values into grey: a window's id, "percentiles" or "hand"."""
    if resolved.stretch is not None:
        return PERCENTILES
    if isinstance(resolved.window, tuple):
        return HAND
    return resolved.window or "minmax"


def shown_ends(source: Source, look: Rendering, picture: Picture) -> tuple[float, float]:
    """The values that are black and white in a picture; of several bands, the lowest and the highest. Where a table
    makes the grey values, or bytes are shown as stored, the whole range."""
    lows, highs = [], []
    for note in picture.notes:
        if note.code == "window_applied":
            centre, width = float(str(note.details["centre"])), float(str(note.details["width"]))
            lows.append(centre - width / 2)
            highs.append(centre + width / 2)
        elif "low" in note.details and "high" in note.details:
            lows.append(float(str(note.details["low"])))
            highs.append(float(str(note.details["high"])))
    if lows:
        return min(lows), max(highs)
    if mode_of(source.resolve(look)) == "full" and source.value_range is not None:
        return source.value_range
    return measured_ends(source, look)


def measured_ends(source: Source, look: Rendering) -> tuple[float, float]:
    """The smallest and the largest value that occur in what is shown, of all bands shown."""
    resolved = source.resolve(look)
    page = page_of(source, look.frame)
    if page is None:
        return measured(source, Rendering(frame=look.frame, time=look.time))
    bands = sorted(set(resolved.bands or page.default_bands))
    found = [
        measured(source, Rendering(frame=look.frame, bands=(band, band, band), region=look.region)) for band in bands
    ]
    return min(low for low, _ in found), max(high for _, high in found)


def span_of(values: Sequence[float], *, whole: bool) -> Span:
    """A slider that holds all `values`, with round ends and steps."""
    low, high = min(values), max(values)
    width = high - low
    if width == 0:
        half = max(0.5, abs(low) / 1000)
        low, high = low - half, high + half
    elif width == math.inf:
        low, high = low / 4, high / 4
    width = high - low
    power = 10.0 ** math.floor(math.log10(width / STEPS))
    step = next(times * power for times in (1, 2, 5, 10) if times * power * STEPS >= width * (1 - 1e-9))
    if whole:
        step = max(1.0, step)
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    low = round(math.floor(low / step + 1e-9) * step, decimals)
    high = round(math.ceil(high / step - 1e-9) * step, decimals)
    step = round(step, decimals)
    return Span(low, max(high, low + step), step, f"%.{decimals}f" if decimals <= 6 and high < 1e12 else "%.4g")
