"""How a table of figures stands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st


def figure_columns(names: Sequence[str]) -> dict[str, Any]:
    """Streamlit's configuration of a table's columns: the first names the row and stays in sight, the others hold
    figures that are written as text, and stand right."""
    first, *figures = names
    right = {name: st.column_config.TextColumn(alignment="right") for name in figures}
    return {first: st.column_config.TextColumn(pinned=True), **right}
