"""Doors to where a picture is better looked at: to the networks that know its kind, and to My pictures where there are
several."""

from __future__ import annotations

import streamlit as st

from gam_viz.app.pages import script
from gam_viz.app.shared import state
from gam_viz.app.shared.missing_data import where_to_get
from gam_viz.app.shared.networks import checkpoints
from gam_viz.app.shared.selection import Selection
from gam_viz.app.shared.uploads import uploads
from gam_viz.app.shared.words import data_title, text
from gam_viz.datasets import data_root, is_here
from gam_viz.images import Source

#: What a file's content says that it shows -> data sets whose networks know such pictures, what fits best first.
KNOWN_BY = {
    "ultrasound": ("busi", "mednist"),
    "radiograph": ("pneumoniamnist", "mednist"),
    "medical": ("mednist",),
    "aerial": ("ucmerced",),
}
#: DICOM's names for devices (PS3.3, C.7.3.1.1.1).
MODALITIES = {"US": "ultrasound", "CR": "radiograph", "DX": "radiograph", "RG": "radiograph"}


def kind_of(source: Source) -> str | None:
    """What the file's content says that it shows: a key of `KNOWN_BY`, or None for pictures of anything."""
    facts = {fact.code: fact.details for fact in source.facts}
    if source.format in ("DICOM", "NIfTI"):
        return MODALITIES.get(str(facts.get("modality", {}).get("modality")), "medical")
    return "aerial" if "crs" in facts else None


def draw_doors(selection: Selection) -> None:
    """Draw those that the uploaded picture asks for."""
    if selection.source is None or st.session_state.get("source") != "upload":
        return
    count = len(uploads())
    if count > 1:
        with st.container(horizontal=True, vertical_alignment="center", key="gv-door-pictures"):
            st.markdown(text("common.door.one_of", count=count), width="content")
            st.page_link(script("my_pictures"), label=text("common.door.all"), icon=":material/grid_view:")
    card = selection.networks[0].card
    kind = kind_of(selection.source)
    if kind is None or card.dataset in KNOWN_BY[kind] or not _chosen_here(selection):
        return
    cards = {checkpoint.card.dataset: checkpoint.card for checkpoint in checkpoints()[0]}
    there = [name for name in KNOWN_BY[kind] if name in cards]
    if card.domain == "medical" and kind != "aerial":
        return  # of another part of the body, perhaps; but the reader is where such pictures are looked at
    said = text(f"common.door.looks.{kind}")
    with st.container(horizontal=True, vertical_alignment="center", key="gv-door-networks"):
        if not there:
            st.info(text("common.door.none", looks=said))
            return
        name = there[0]
        st.info(text("common.door.other", looks=said, data=data_title(card)), width="stretch")
        st.button(
            text("common.door.open", data=data_title(cards[name])),
            key="door-open",
            icon=":material/login:",
            on_click=state.put,
            args=("data", name),
        )
    if not is_here(name, data_root()):
        st.caption(text("common.door.no_pictures", data=data_title(cards[name])) + " " + where_to_get(name))


def _chosen_here(selection: Selection) -> bool:
    """Whether the networks ship with the app: whoever brought one knows what it was made for."""
    return all(network.origin == "file" and network.card.dataset != "own" for network in selection.networks)
