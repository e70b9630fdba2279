"""What is said above any page, each in one line: what of a link is not known, and what is gone after a reload."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from gam_viz.app.served import reloading
from gam_viz.app.shared import own_networks, state
from gam_viz.app.shared.uploader import upload_door
from gam_viz.app.shared.words import text
from gam_viz.titles import literal

#: Pages about networks and pictures, which a reader may have brought.
ABOUT = ("compare", "inside", "my_pictures", "test_pictures", "evidence")


def say_unknown(place: DeltaGenerator) -> None:
    """What is not known of the link; while the page is drawn, it is found out."""
    if found := state.unknown():
        with place.container(horizontal=True, vertical_alignment="center"):
            st.warning(text("common.link.unknown", found=text("common.word.comma").join(map(literal, found))))
            _dismiss("link-dismiss", state.dismiss_unknown)


def say_lost(page: str) -> None:
    """What a reload cost, and how it comes back; on a page that is about it."""
    if page in ABOUT and (gone := reloading.lost()):
        of = {reloading.PICTURES: "pictures", reloading.NETWORKS: "networks"}
        said = (text(f"common.uploads.lost_{of[name]}", count=count) for name, count in gone.items())
        st.warning(text("common.uploads.lost", what=text("common.word.comma").join(said)))
        with st.container(horizontal=True):
            if reloading.PICTURES in gone:
                upload_door(text("common.uploads.again"), "lost-upload")
            if reloading.NETWORKS in gone and st.button(text("own_networks.button"), key="lost-networks"):
                own_networks.open_own_networks()
            _dismiss("lost-dismiss", reloading.dismiss)
    reloading.remember()


def _dismiss(key: str, forget: Callable[[], None]) -> None:
    st.button(text("common.uploads.dismiss"), type="tertiary", icon=":material/close:", key=key, on_click=forget)
