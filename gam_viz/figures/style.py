"""Colours and layout that every figure shares."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go
from matplotlib import colormaps
from PIL import Image

from gam_viz.attention import ATTENTION

#: Plotly's name of each marker, and the character that stands for it in a legend beside the figure.
SYMBOLS = {
    "circle": "●",
    "square": "■",
    "diamond": "◆",
    "triangle-up": "▲",
    "star": "★",
    "cross": "✚",
    "x": "✖",
    "hexagon": "⬢",
    "triangle-down": "▼",
    "pentagon": "⬟",
    "star-diamond": "✦",
}
CHOSEN = "#d81b60"  # outlines what was chosen: a layer, a cell
GUIDE = "#8a8a8a"  # lines that read on a light and on a dark page


def colour_of(attention: str) -> str:
    """The colour of an attention module, one everywhere; grey for none, and for one that is not known here."""
    return ATTENTION[attention].colour if attention in ATTENTION else GUIDE


def marker_of(attention: str) -> str:
    """The marker of an attention module as Plotly calls it, so that colour alone tells no two apart."""
    return ATTENTION[attention].marker if attention in ATTENTION else "circle"


def sign_of(attention: str) -> str:
    """The character that stands for a module's marker in a legend."""
    return SYMBOLS.get(marker_of(attention), SYMBOLS["circle"])


def palette() -> list[str]:
    """Grey, and the colour of every attention module."""
    return list(dict.fromkeys([GUIDE, *(spec.colour for spec in ATTENTION.values())]))


def colours_of(attentions: Sequence[str]) -> list[str]:
    """The colours of networks side by side: of each module its own, of modules that are not known here one each."""
    known = [a for a in attentions if a in ATTENTION or a == "none"]
    free = [colour for colour in palette() if colour not in {colour_of(a) for a in known}]
    others = iter(free)
    return [colour_of(a) if a in known else next(others, GUIDE) for a in attentions]


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
