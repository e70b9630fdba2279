"""The selection lives in the URL: a link reopens the view.

Values in the URL are stable identifiers, not the words shown, so a link works in either language; Streamlit's own
`bind=` would put the shown words there.
"""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st


def restore(key: str, options: Sequence[str], default: str) -> None:
    """Give the widget `key` its first value: from the link where that is one of `options`, else `default`.

    Call it before the widget is made. A value that is no longer an option goes back to the default.
    """
    if key not in st.session_state:
        st.session_state[key] = st.query_params.get(key, default)
    if st.session_state[key] not in options:
        st.session_state[key] = default


def restore_many(key: str, options: Sequence[str], default: Sequence[str], least: int = 0) -> None:
    """The same for a widget with several values; fewer than `least` valid ones give the default."""
    if key not in st.session_state:
        given = st.query_params.get(key)
        st.session_state[key] = list(default) if given is None else given.split(",")
        st.session_state[key] = [value for value in st.session_state[key] if value in options]
        if len(st.session_state[key]) < least:
            st.session_state[key] = list(default)
    st.session_state[key] = [value for value in st.session_state[key] if value in options]


def restore_number(key: str, low: int, high: int, default: int) -> None:
    """The same for a whole number within low..high; a value beyond them is brought back to the nearer end."""
    if key not in st.session_state:
        try:
            st.session_state[key] = int(st.query_params.get(key, default))
        except ValueError:
            st.session_state[key] = default
    st.session_state[key] = min(max(int(st.session_state[key]), low), high)


def publish(key: str, default: object) -> None:
    """Write the widget's value into the URL; its default leaves the URL clean."""
    value = st.session_state.get(key)
    shown = ",".join(value) if isinstance(value, list) else str(value)
    standard = ",".join(default) if isinstance(default, list | tuple) else str(default)
    if value is None or shown == standard:
        st.query_params.pop(key, None)
    elif st.query_params.get(key) != shown:
        st.query_params[key] = shown
