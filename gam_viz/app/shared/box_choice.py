"""A box on the picture, drawn with the pointer or typed: its edges are in the URL."""

from __future__ import annotations

from functools import partial

import numpy as np
import numpy.typing as npt
import streamlit as st

from gam_viz.app.shared.choices import choose_number, chosen_number
from gam_viz.app.shared.columns import PLOT
from gam_viz.app.shared.words import text
from gam_viz.evidence.localisation import Box
from gam_viz.figures.region import box_picker

EDGES = {"left": 25, "top": 25, "right": 75, "bottom": 75}  # in percent of what the network saw


def choose_box(key: str, seen: npt.NDArray[np.uint8], *, width: int = 74) -> Box | None:
    """The picture with the box, and its edges as numbers; None where they are no box.

    Args:
        key: of the choice: of its widgets, and of the edges in the URL.
        seen: (S, S, 3), what the network saw.
        width: of a number, in pixels.
    """
    left, top, right, bottom = (chosen_number(f"{key}-{edge}", 0, 100, default) for edge, default in EDGES.items())
    box = None
    if left < right and top < bottom:
        box = Box(left / 100, top / 100, right / 100, bottom / 100)
    st.plotly_chart(
        box_picker(seen, (box.left, box.top, box.right, box.bottom) if box else None, None),
        config=PLOT,
        key=f"{key}-picker",
        on_select=partial(_drawn, key),
        selection_mode="box",
        alt=text("compare.region.picker_alt", left=left, top=top, right=right, bottom=bottom),
    )
    with st.container(key=key, horizontal=True, gap="small"):
        for edge, default in EDGES.items():
            choose_number(f"{key}-{edge}", 0, 100, default, text(f"compare.region.{edge}"), step=1, width=width)
    st.caption(text("compare.region.box_help"))
    return box


def _drawn(key: str) -> None:
    """A box that was drawn sets the numbers before they are drawn."""
    boxes = st.session_state[f"{key}-picker"]["selection"]["box"]
    if not boxes:
        return
    across, down = sorted(boxes[-1]["x"]), sorted(boxes[-1]["y"])
    edges = zip(EDGES, (across[0], down[0], across[1], down[1]), strict=True)
    for edge, value in edges:
        st.session_state[f"{key}-{edge}"] = min(max(round(float(value) * 100), 0), 100)
