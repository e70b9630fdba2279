"""Widgets for one of several values that live in the URL and are named by the catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from gam_viz.pages import url
from gam_viz.pages.names import layer_title
from gam_viz.pages.text import text


def choose(key: str, options: Sequence[str], default: str, label: str, prefix: str, **how: Any) -> str:
    """A select box; its options are named by the catalogue under `prefix`; `how` goes to the widget."""
    url.restore(key, options, default)
    chosen = st.selectbox(label, options, format_func=lambda name: text(f"{prefix}.{name}"), key=key, **how)
    url.publish(key, default)
    return str(chosen)


def segments(key: str, options: Sequence[str], default: str, label: str, prefix: str, **how: Any) -> str:
    """The same with all options in sight; `how` goes to the widget."""
    url.restore(key, options, default)
    chosen = st.segmented_control(
        label, options, format_func=lambda name: text(f"{prefix}.{name}"), key=key, required=True, **how
    )
    url.publish(key, default)
    return str(chosen)


def choose_layer(layers: Sequence[str], default: str | None = None) -> str:
    """One of a network's blocks, the same on every page; the last to begin with, or `default`."""
    default = layers[-1] if default is None else default
    url.restore("layer", layers, default)
    st.segmented_control(
        text("gates.layer"),
        layers,
        format_func=lambda name: (
            f"{text('gates.layer')} {layer_title(name)}" if name == layers[0] else layer_title(name)
        ),
        key="layer",
        required=True,
        label_visibility="collapsed",
    )
    url.publish("layer", default)
    return str(st.session_state["layer"])
