"""What happens inside CBAM and GAM? Their modules taken apart step by step, and what changes when something changes."""

import streamlit as st

from gam_viz.pages import compute
from gam_viz.pages.choices import choose_layer, segments
from gam_viz.pages.looks.controls import look_bar
from gam_viz.pages.opened.section import steps_section
from gam_viz.pages.proofs.subject import subject_row
from gam_viz.pages.rows.view import Shown, View, explained, page_style
from gam_viz.pages.sidebar import sidebar
from gam_viz.pages.text import text
from gam_viz.pages.trying.options import options_section
from gam_viz.pages.trying.patches import patches_section
from gam_viz.pages.trying.pixel import pixel_section

SECTIONS = {
    "steps": steps_section,
    "pixel": pixel_section,
    "patches": patches_section,
    "options": options_section,
}

page_style()
st.header(text("inside.title"), anchor=False)
selection = sidebar()
if selection is None:
    st.info(text("compare.nothing"))
    st.stop()

look_bar(selection.source, selection.picture, selection.title)
subjects = tuple(compute.subject(checkpoint, selection.picture, selection.fit) for checkpoint in selection.networks)
view = View(selection, subjects, explained(subjects), Shown())
subject_row(view)
layers = view.layers()
if not layers:
    st.info(text("gates.none"))
    st.stop()
with st.container(horizontal=True, vertical_alignment="center"):
    section = segments(
        "inside", list(SECTIONS), "steps", text("inside.title"), "inside.section", label_visibility="collapsed"
    )
    # In the middle, where the map is wider than what the convolutions reach, and there are not too many channels.
    layer = choose_layer(layers, layers[len(layers) // 2])
SECTIONS[section](view, layer)
