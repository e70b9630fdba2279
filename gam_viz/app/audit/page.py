"""On which of many pictures do networks look at the wrong thing? What `gam-viz audit` found, question by question."""

import streamlit as st

from gam_viz.app.audit.channels import channel_section
from gam_viz.app.audit.confusion import confusion_section
from gam_viz.app.audit.distribution import distribution_section
from gam_viz.app.audit.gates import gate_section
from gam_viz.app.audit.pictures import apart_section, familiar_section, object_section, refused_section
from gam_viz.app.audit.rows import COMPARE
from gam_viz.app.audit.scene import scene_section
from gam_viz.app.audit.view import choose_audit, say_facts
from gam_viz.app.shared.choices import segments
from gam_viz.app.shared.words import text

if "source" in st.query_params:
    # A row's link in a new tab: Streamlit writes a link to the first page as one to this page.
    st.switch_page(COMPARE, query_params=st.query_params.to_dict())
SECTIONS = {
    "apart": apart_section,
    "object": object_section,
    "familiar": familiar_section,
    "gates": gate_section,
    "channels": channel_section,
    "confusion": confusion_section,
    "spread": distribution_section,
    "scene": scene_section,
    "refused": refused_section,
}

view = choose_audit()
say_facts(view)
asked = [name for name in SECTIONS if view.can_be_asked(name)]
question = segments(
    "ask", asked, asked[0], text("audit.page.question"), "audit.ask", label_visibility="collapsed", width="stretch"
)
SECTIONS[question](view)
