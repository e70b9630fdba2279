"""Lines over steps: deletion and insertion, a map's likeness as weights become random."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from gam_viz.figures import elements
from gam_viz.figures.style import GUIDE, layout, translucent

#: Told apart without colour, too: gates are drawn solid, attributions in one of the others.
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")


@dataclass(frozen=True, eq=False)
class Curve:
    """One line.

    Attributes:
        name: to be read.
        colour: "#rrggbb".
        values: (n,); NaN leaves a gap.
        dash: one of `DASHES`.
        strong: drawn in front and thick, its name bold; the others thin.
    """

    name: str
    colour: str
    values: npt.NDArray[np.floating]
    dash: str = "solid"
    strong: bool = True


def lines(
    places: Sequence[float] | Sequence[str],
    drawn: Sequence[Curve],
    *,
    axis: str,
    value: str,
    span: tuple[float, float],
    form: str = ".0%",
    place_form: str = ".0%",
    band: tuple[npt.NDArray[np.floating], npt.NDArray[np.floating]] | None = None,
    guides: Sequence[float] = (),
    height: int = 260,
) -> go.Figure:
    """Draw lines over the same places.

    Args:
        places: (n,) numbers, or names of steps.
        drawn: the lines.
        axis, value: titles of the axes.
        span: ends of the value axis.
        form, place_form: how values and places are written, in d3's language.
        band: (low, high), (n,) each: grey, behind the lines.
        guides: values at which a thin line runs across.
        height: in pixels.
    """
    figure = go.Figure()
    across = [elements.verbatim(place) if isinstance(place, str) else place for place in places]
    if band is not None:
        low, high = band
        edge: elements.Options = {"x": across, "mode": "lines", "line": {"width": 0}, "hoverinfo": "skip"}
        figure.add_scatter(y=high, **edge)
        figure.add_scatter(y=low, fill="tonexty", fillcolor=translucent(GUIDE, 0.28), **edge)
    named = bool(across) and isinstance(across[0], str)
    for line in sorted(drawn, key=lambda line: line.strong):
        figure.add_scatter(
            x=across,
            y=line.values,
            mode="lines+markers" if named else "lines",
            line={
                "color": line.colour,
                "width": 2.6 if line.strong else 1.3,
                "dash": line.dash,
            },
            marker={"size": 6},
            hovertemplate=f"{elements.verbatim(line.name)}: %{{y:{form}}}<extra></extra>",
        )
    figure.layout.shapes = [elements.across(guide) for guide in guides]
    ended = [line for line in drawn if np.isfinite(line.values).any()]
    kind: elements.Options = {"type": "category"} if named else {"tickformat": place_form}
    figure.layout.xaxis = elements.axis(axis, grid=True, **kind)
    figure.layout.yaxis = elements.axis(value, grid=True, range=list(span), tickformat=form)
    named_at = _names_at([float(line.values[np.isfinite(line.values)][-1]) for line in ended], span)
    for line, y in zip(ended, named_at, strict=True):
        beside: elements.Options = {"x": 1, "xref": "paper", "xanchor": "left", "xshift": 4, "y": y}
        figure.add_annotation(elements.words(line.name, bold=line.strong, size=11, **beside))
    room = round(6.2 * max((len(line.name) for line in ended), default=0)) + 12
    return layout(figure, height=height, left=58, right=min(room, 150), top=8, bottom=44)


def _names_at(ends: Sequence[float], span: tuple[float, float]) -> list[float]:
    """Heights at which names can be read, in the order of the lines' ends and as near to them as there is room."""
    gap = min(0.085, 1 / max(len(ends), 1)) * (span[1] - span[0])
    heights, below = [0.0] * len(ends), span[0] - gap / 2
    for place in sorted(range(len(ends)), key=lambda place: ends[place]):
        heights[place] = below = max(ends[place], below + gap)
    excess = max(0.0, max(heights, default=0.0) - span[1])
    return [height - excess for height in heights]
