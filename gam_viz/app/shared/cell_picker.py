"""A picture whose cells can be picked, with the pointer or the arrow keys; no chart library is loaded for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import streamlit as st

from gam_viz.figures.pixels import reduced, uri

_CSS = """.grid {position: relative; width: 100%; max-width: 15rem; background-size: 100% 100%; cursor: crosshair;
    image-rendering: pixelated; border-radius: 3px}
.mark {position: absolute; box-sizing: border-box; min-width: 6px; min-height: 6px; outline: 2px solid #d81b60;
    pointer-events: none}
.grid:focus-visible {outline: 3px solid #d81b60; outline-offset: 2px}"""
_component = st.components.v2.component(
    "gam_viz_cell_picker",
    html='<div class="grid" tabindex="0" role="application"><div class="mark"></div></div>',
    css=_CSS,
    js=Path(__file__).with_suffix(".js").read_text(encoding="utf-8"),
)


def pick_cell(
    shown: npt.NDArray[np.uint8],
    cells: tuple[int, int],
    cell: tuple[int, int],
    picked: Callable[[tuple[int, int]], None],
    *,
    alt: str,
    key: str,
) -> None:
    """Draw it.

    Args:
        shown: (H, W, 3), the picture.
        cells: (rows, columns) that can be picked.
        cell: (row, column) that is.
        picked: called with another one.
        alt: what it is, in words.
        key: the widget's.
    """

    def changed() -> None:
        row, column = st.session_state[key]["cell"]
        picked((int(row), int(column)))

    height, width = shown.shape[:2]
    place = {"rows": cells[0], "columns": cells[1], "row": cell[0], "column": cell[1]}
    data = {"picture": uri(reduced(shown, 512)), "form": f"{width} / {height}", "alt": alt, **place}
    _component(data=data, key=key, on_cell_change=changed)
