"""A click on a bar of the channel weights, which are drawn as HTML."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st

_component = st.components.v2.component(
    "gam_viz_bar_click", html="<span></span>", js=Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
)


def bar_clicks(picked: Callable[[int, int], None], key: str) -> None:
    """Listen to them; `picked` is called with the number of the network's column and that of the channel."""

    def changed() -> None:
        column, channel = st.session_state[key]["bar"]
        picked(int(column), int(channel))

    _component(key=key, on_bar_change=changed, height="content", width="content")
