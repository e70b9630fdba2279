"""Widgets for one of several values that live in the URL and are named by the catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from gam_viz.pages import url
from gam_viz.pages.text import text


def choose(key: str, options: Sequence[str], default: str, label: str, prefix: str) -> str:
    """A select box; its options are named by the catalogue under `prefix`."""
    url.restore(key, options, default)
    chosen = st.selectbox(label, options, format_func=lambda name: text(f"{prefix}.{name}"), key=key)
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
