"""The ways on from the first screen: a tour, a picture and a network of one's own."""

from __future__ import annotations

import streamlit as st

from gam_viz.app.pages import FIRST, script
from gam_viz.app.shared.own_networks import open_own_networks
from gam_viz.app.shared.uploader import upload_door
from gam_viz.app.shared.words import language, text

TOUR = "cbam-vs-gam"


def doors() -> None:
    """Draw them, unless a tour is on: it leads on itself."""
    if "tour" in st.query_params:
        return
    with st.container(key="doors", horizontal=True, vertical_alignment="center", gap="small"):
        st.page_link(
            script(FIRST),
            label=text("compare.door.tour"),
            icon=":material/play_circle:",
            query_params={"tour": TOUR, "stop": "1", "lang": language()},
            width="content",
        )
        upload_door(text("compare.door.picture"))
        if st.button(text("compare.door.network"), icon=":material/upload_file:", key="network-door"):
            open_own_networks()
