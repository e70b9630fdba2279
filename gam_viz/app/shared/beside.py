"""Things side by side that stay side by side on a telephone: two columns there, as many as fit elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st
from streamlit.delta_generator import DeltaGenerator


def beside(key: str) -> DeltaGenerator:
    """A place whose direct parts stand beside each other and wrap, each as wide as the others; see `page.css`.

    Args:
        key: of this place on the page.
    """
    return st.container(key=f"beside-{key}")


def cell(key: str) -> DeltaGenerator:
    """A part of it."""
    return st.container(key=key, gap="xsmall")


@contextmanager
def held(count: int, *, sentence: bool = False) -> Iterator[None]:
    """Room for so many pictures beside each other, below a `sentence`, while they are computed for the first time; it
    is given back when they are there."""
    place = st.empty()
    lines = '<div class="gv-held gv-held-line"></div>' * (2 * sentence)
    squares = '<div class="gv-held"></div>' * count
    place.html(f'{lines}<div class="gv-held-row" aria-hidden="true">{squares}</div>')
    try:
        yield
    finally:
        place.empty()
