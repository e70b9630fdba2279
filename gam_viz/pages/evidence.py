"""Is that map true? What gates do, and whether maps are faithful, survive random weights, agree and find the object."""

import streamlit as st

from gam_viz.pages import compute
from gam_viz.pages.choices import segments
from gam_viz.pages.looks.controls import look_bar
from gam_viz.pages.proofs.agreed import agreed_section
from gam_viz.pages.proofs.board import board_section
from gam_viz.pages.proofs.faithful import faithful_section
from gam_viz.pages.proofs.gates import gate_section
from gam_viz.pages.proofs.randomised import randomised_section
from gam_viz.pages.proofs.subject import subject_row
from gam_viz.pages.proofs.take_home import take_home
from gam_viz.pages.rows.view import Shown, View, explained, page_style
from gam_viz.pages.sidebar import sidebar
from gam_viz.pages.text import text

SECTIONS = {
    "gates": gate_section,
    "faithful": faithful_section,
    "randomised": randomised_section,
    "agreed": agreed_section,
    "board": board_section,
}

page_style()
st.header(text("evidence.title"), anchor=False)
selection = sidebar()
if selection is None:
    st.info(text("compare.nothing"))
    st.stop()

look_bar(selection.source, selection.picture, selection.title)
subjects = tuple(compute.subject(checkpoint, selection.picture, selection.fit) for checkpoint in selection.networks)
view = View(selection, subjects, explained(subjects), Shown())
subject_row(view)
question = segments(
    "question",
    list(SECTIONS),
    "gates",
    text("evidence.question"),
    "evidence.section",
    label_visibility="collapsed",
    width="stretch",
)
SECTIONS[question](view)
take_home(view)
