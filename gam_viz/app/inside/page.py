"""What happens inside CBAM and GAM? Their modules taken apart step by step, and what changes when something changes."""

import streamlit as st

from gam_viz.app.inside.experiments.options import options_section
from gam_viz.app.inside.experiments.patches import patches_section
from gam_viz.app.inside.experiments.pixel import pixel_section
from gam_viz.app.inside.walkthrough.section import steps_section
from gam_viz.app.shared.choices import segments
from gam_viz.app.shared.page import opened_view
from gam_viz.app.shared.stepper import choose_layer
from gam_viz.app.shared.subject import say_notes
from gam_viz.app.shared.words import text

SECTIONS = {
    "steps": steps_section,
    "pixel": pixel_section,
    "patches": patches_section,
    "options": options_section,
}

view = opened_view()
layers = view.layers()
if not layers:
    st.info(text("common.gates.none"))
    st.stop()
with st.container(gap="xsmall"):
    with st.container(horizontal=True, vertical_alignment="center"):
        section = segments(
            "inside",
            list(SECTIONS),
            "steps",
            text("inside.title"),
            "inside.section",
            label_visibility="collapsed",
            wrap=True,
        )
        layer = choose_layer(layers)
    SECTIONS[section](view, layer)
say_notes(view)
