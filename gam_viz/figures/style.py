"""The theme of all figures: colours, markers and layout."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go
from matplotlib import colormaps
from matplotlib.colors import to_rgb
from PIL import Image

from gam_viz.attention import ATTENTION
from gam_viz.attention.spec import GREY

#: Plotly's names of the markers that modules have, in the order in which those that are free are handed out.
MARKERS = (
    "circle",
    "square",
    "diamond",
    "triangle-up",
    "triangle-down",
    "star",
    "cross",
    "x",
    "hexagon",
    "pentagon",
    "star-diamond",
    "bowtie",
    "hourglass",
)
#: Lines, outlines and marks have 3:1 on a light page and on a dark one, where these two lie between (WCAG 2.2, 1.4.11):
#: one colour serves both. Text in figures has the page's own colour, from page.css.
CHOSEN = "#d81b60"  # outlines what was chosen: a layer, a cell
GUIDE = GREY


@dataclass(frozen=True)
class Look:
    """How a network is told from the others, everywhere: a colour and, for eyes that see few colours, a marker."""

    colour: str
    marker: str


def look_of(attention: str) -> Look:
    """The look of an attention module; grey and a circle for none, and for one that is not known here."""
    spec = ATTENTION.get(attention)
    return Look(GUIDE, "circle") if spec is None else Look(spec.colour, spec.marker)


def colour_of(attention: str) -> str:
    """The colour of an attention module alone."""
    return look_of(attention).colour


def looks_of(attentions: Sequence[str]) -> list[Look]:
    """The looks of networks side by side, no two alike.

    Of each module its own; modules that are not known here take those of absent ones, and further networks of one
    module have its colour and a marker of their own.
    """
    known = [a for a in attentions if a in ATTENTION or a == "none"]
    own = [look_of(a) for a in known]
    absent = iter([look for look in (look_of(name) for name in ("none", *ATTENTION)) if look not in own])
    found: list[Look] = []
    for attention in attentions:
        look = look_of(attention) if attention in known else next(absent, look_of("none"))
        taken = {each.marker for each in (*found, *own)}
        free = next((marker for marker in reversed(MARKERS) if marker not in taken), look.marker)
        found.append(look if look not in found else replace(look, marker=free))
    return found


def palette() -> list[str]:
    """Grey, and the colour of every attention module."""
    return list(dict.fromkeys([GUIDE, *(spec.colour for spec in ATTENTION.values())]))


def told_apart(colours: Sequence[str]) -> list[str]:
    """The colours, those that were there before exchanged for others of the palette."""
    found: list[str] = []
    for colour in colours:
        free = [colour, *(other for other in palette() if other not in colours), colour]
        found.append(next((each for each in free if each not in found), colour))
    return found


@lru_cache
def colour_scale(name: str) -> list[tuple[float, str]]:
    """A Matplotlib colour map as Plotly takes it, so that the page and the exported figure have the same colours.

    Written as `rgb(...)`: Streamlit's theme takes hexadecimal colours from #000001 to #000040 for names of its own
    colours and replaces them, magma's #000004 among them.

    Raises:
        KeyError: Matplotlib knows no such colour map.
    """
    steps = 32  # Plotly draws straight lines between them, and checks each colour of each map anew
    colours = (colormaps[name](np.linspace(0, 1, steps + 1))[:, :3] * 255).round().astype(int)  # (steps + 1, 3)
    return [(index / steps, f"rgb({red},{green},{blue})") for index, (red, green, blue) in enumerate(colours)]


def translucent(colour: str, alpha: float) -> str:
    """`#rrggbb` with an opacity, as Plotly takes it."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha})"


def ink_on(colour: str) -> str:
    """Black or white, whichever reads better on "#rrggbb": one of them has 4.5:1 on any colour."""
    red, green, blue = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in to_rgb(colour)
    )
    return "#000" if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 else "#fff"


def layout(
    figure: go.Figure, *, height: int, left: int = 8, right: int = 8, top: int = 8, bottom: int = 8
) -> go.Figure:
    """Fixed height and margins, so that nothing jumps when a value changes; the page's own background shows through."""
    shared: dict[str, Any] = {
        "height": height,
        "margin": {"l": left, "r": right, "t": top, "b": bottom, "pad": 0},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "showlegend": False,
        "dragmode": False,
        "hoverlabel": {"font": {"size": 12}},
        "uirevision": "keep",
    }
    for name, value in shared.items():  # a fifth of what `update_layout` takes, and a page has some twenty figures
        figure.layout[name] = value
    return figure


def unseen_points(size: int) -> dict[str, Any]:
    """How points are drawn that take clicks for what lies under them: a heatmap tells of none itself."""
    pale = {"marker": {"opacity": 0.01}}  # a marker of opacity 0 takes no clicks
    marker = {"size": size, "symbol": "square", "opacity": 0.01, "color": "#ffffff"}
    return {"mode": "markers", "marker": marker, "selected": pale, "unselected": pale}


def grey(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """(H, W, 3) uint8 RGB -> (H, W, 3) uint8 of its luma (ITU-R BT.601), so that colours over it are the map's own."""
    return np.asarray(Image.fromarray(pixels).convert("L").convert("RGB"))


def enlarged(pixels: npt.NDArray[np.uint8], side: int) -> npt.NDArray[np.uint8]:
    """(H, W, 3) uint8, each pixel repeated as often as fits into `side`: nearest neighbour, so pixels stay pixels."""
    factor = max(1, side // max(pixels.shape[:2]))
    return pixels.repeat(factor, axis=0).repeat(factor, axis=1)


def data_uri(pixels: npt.NDArray[np.uint8]) -> str:
    """(H, W, 3) uint8 RGB as a PNG that a figure can carry, pixels kept as pixels when it is enlarged."""
    buffer = io.BytesIO()
    Image.fromarray(enlarged(pixels, 256)).save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
