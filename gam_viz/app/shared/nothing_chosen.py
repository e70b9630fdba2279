"""A page that has no picture or no network to look at: what is missing, and the ways on as buttons."""

from __future__ import annotations

from typing import NoReturn

import streamlit as st

from gam_viz.app.shared import state
from gam_viz.app.shared.picture_choice import elsewhere
from gam_viz.app.shared.uploader import upload_door
from gam_viz.app.shared.uploads import uploads
from gam_viz.app.shared.words import text


def stop_without_selection() -> NoReturn:
    """Say what is missing, and end the page here."""
    if st.session_state.get("source") != "upload":
        st.info(text("compare.nothing"))
    elif elsewhere():
        st.warning(text("common.uploads.elsewhere"))
        _ways_on(text("common.uploads.again"))
    elif not uploads():
        st.info(text("common.uploads.none"))
        _ways_on(text("common.uploads.choose"))
    else:
        st.info(text("compare.nothing"))
    st.stop()


def _ways_on(again: str) -> None:
    with st.container(horizontal=True):
        upload_door(again, "upload-again")
        if files := uploads():
            mine = files[-1].short
            st.button(text("common.uploads.mine"), key="upload-mine", on_click=state.put, args=("upload", mine))
        st.button(text("common.uploads.sample"), icon=":material/image:", key="upload-sample", on_click=_look_at_sample)


def _look_at_sample() -> None:
    for key in ("upload", "look"):
        st.query_params.pop(key, None)
    st.session_state.pop("upload", None)
    state.put("source", "sample")
