"""A slider over steps of time, and a button that plays them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial

import streamlit as st

from gam_viz.app.shared.choices import slide
from gam_viz.app.shared.words import text

SECONDS = 1.0  # a step stays while it plays


def player(key: str, names: Sequence[str], label: str, named: Callable[[str], str]) -> str:
    """Draw both; the step that is shown, at first the last one.

    Args:
        key: of the slider, in links.
        names: of the steps, in order; two or more.
        label: of the slider.
        named: a step's name for people.
    """
    playing = bool(st.session_state.get(_playing(key)))
    with st.container(horizontal=True, vertical_alignment="center", key=f"film-{key}"):
        if (following := st.session_state.pop(f"next-{key}", None)) is not None:
            st.session_state[key] = following
        st.button(
            text("compare.film.stop") if playing else text("compare.film.play"),
            icon=":material/stop:" if playing else ":material/play_arrow:",
            key=f"play-{key}",
            on_click=_play,
            args=(key, list(names)),
        )
        return slide(key, names, names[-1], label, named, on_change=partial(stop, key), width=420)


def play_on(key: str, names: Sequence[str]) -> None:
    """While it plays: wait, then go on to the next step. Call it when the page is drawn."""
    if not names or not st.session_state.get(_playing(key)):
        return
    later = names[names.index(st.session_state[key]) + 1 :]
    if not later:
        stop(key)
        st.rerun()
    time.sleep(SECONDS)
    st.session_state[f"next-{key}"] = later[0]
    st.rerun()


def stop(key: str) -> None:
    """Stop playing."""
    st.session_state[_playing(key)] = False


def _play(key: str, names: list[str]) -> None:
    st.session_state[_playing(key)] = not st.session_state.get(_playing(key))
    if st.session_state[_playing(key)] and st.session_state[key] == names[-1]:
        st.session_state[key] = names[0]


def _playing(key: str) -> str:
    return f"playing-{key}"
