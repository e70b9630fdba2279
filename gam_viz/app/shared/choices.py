"""Widgets for one of several values that live in the URL and are named by the catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from gam_viz.app.shared import state
from gam_viz.app.shared.words import layer_title, text


def choose(key: str, options: Sequence[str], default: str, label: str, prefix: str, **how: Any) -> str:
    """A select box; its options are named by the catalogue under `prefix`; `how` goes to the widget."""
    state.restore(key, options, default)
    chosen = st.selectbox(label, options, format_func=lambda name: text(f"{prefix}.{name}"), key=key, **how)
    state.publish(key, default)
    return str(chosen)


def segments(key: str, options: Sequence[str], default: str, label: str, prefix: str, **how: Any) -> str:
    """The same with all options in sight; `how` goes to the widget."""
    state.restore(key, options, default)
    chosen = st.segmented_control(
        label, options, format_func=lambda name: text(f"{prefix}.{name}"), key=key, required=True, **how
    )
    state.publish(key, default)
    return str(chosen)


def choose_layer(layers: Sequence[str], default: str | None = None) -> str:
    """One of a network's blocks, the same on every page; the last to begin with, or `default`."""
    default = layers[-1] if default is None else default
    state.restore("layer", layers, default)
    st.segmented_control(
        text("common.gates.layer"),
        layers,
        format_func=lambda name: (
            f"{text('common.gates.layer')} {layer_title(name)}" if name == layers[0] else layer_title(name)
        ),
        key="layer",
        required=True,
        label_visibility="collapsed",
    )
    state.publish("layer", default)
    return str(st.session_state["layer"])
