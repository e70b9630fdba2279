"""A tab that is loaded anew finds what it had: its uploads, its own networks, and what was computed with them.

To Streamlit it is another session. The one before lies in the server's memory until it is swept (`sweeping.py`), and
the tab names itself when it connects (`tab.js`): so what is its own moves over, in memory. Nothing lives longer for it,
and nothing is written to disk.
"""

from __future__ import annotations

import re
from typing import Any

import streamlit as st
from streamlit.runtime import Runtime

HEADER = "Sec-WebSocket-Protocol"
TAB, HAD = "tab", "tab-had"
PICTURES, NETWORKS = "uploads", "own-networks"
#: What moves: of choices, the address tells.
BELONGINGS = (PICTURES, NETWORKS, "looks")
CACHES = "cache-"


def take_over() -> None:
    """In a session's first run: take what its tab had before it was loaded anew; note what of it is gone.

    Only of a session whose connection ended: of a tab that was doubled, which says the same number, each keeps its own.
    """
    if TAB in st.session_state:
        return
    said = st.context.headers.get(HEADER) or ""
    named = re.search(r"gam-viz-tab-([0-9a-f]{32})", said)
    st.session_state[TAB] = named and named[1]
    if named and Runtime.exists():
        _move(named[1])
    had = re.search(r"gam-viz-had-(\d{1,3})-(\d{1,3})", said)
    if had:
        counts = {name: int(count) for name, count in zip((PICTURES, NETWORKS), had.groups(), strict=True)}
        st.session_state[HAD] = {name: count for name, count in counts.items() if count and not _has(name)}


def lost() -> dict[str, int]:
    """How many of what this tab had are gone: of `PICTURES` and of `NETWORKS`, where any are."""
    return {name: count for name, count in st.session_state.get(HAD, {}).items() if not _has(name)}


def dismiss() -> None:
    """The reader knows."""
    st.session_state.pop(HAD, None)


def remember() -> None:
    """Have the tab remember how many it has."""
    counts = "-".join(str(len(st.session_state.get(name, ()))) for name in (PICTURES, NETWORKS))
    script = f"<script>try {{ sessionStorage.setItem('gam-viz-had', '{counts}'); }} catch (refused) {{}}</script>"
    st.html(script, unsafe_allow_javascript=True)


def _has(name: str) -> bool:
    return bool(st.session_state.get(name))


def _move(tab: str) -> None:
    sessions: Any = Runtime.instance()._session_mgr  # as in `sweeping`
    for left in sessions._session_storage.list():
        before = left.session.session_state
        kept = before.filtered_state
        if kept.get(TAB) != tab:
            continue
        for name in kept:
            if name in BELONGINGS or str(name).startswith(CACHES):
                st.session_state[name] = kept[name]
        # Who says "Forget" from now on means all there is.
        before.clear()
        left.session._fragment_storage.clear()
