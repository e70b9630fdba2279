"""Is that map true? What gates do, and whether maps are faithful, survive random weights, agree and find the object."""

import streamlit as st

from gam_viz.app.evidence.ablation import gate_section
from gam_viz.app.evidence.agreement import agreed_section
from gam_viz.app.evidence.faithfulness import faithful_section
from gam_viz.app.evidence.leaderboard import board_section
from gam_viz.app.evidence.randomisation import randomised_section
from gam_viz.app.evidence.report_download import take_home
from gam_viz.app.evidence.section import measure_section
from gam_viz.app.evidence.shared import measure_title
from gam_viz.app.shared import state
from gam_viz.app.shared.page import opened_view
from gam_viz.app.shared.words import text
from gam_viz.evidence.registry import MEASURES

SECTIONS = {
    "gates": gate_section,
    "faithful": faithful_section,
    "randomised": randomised_section,
    "agreed": agreed_section,
    "board": board_section,
}
#: Measures that have their place in these sections; each other one has a section of its own.
PLACED = {"ablation", "faithfulness", "infidelity", "sensitivity", "randomisation", "agreement", "localisation"}

view = opened_view(text("evidence.title"))
others = {key: measure for key, measure in MEASURES.items() if key not in PLACED}
titles = {name: text(f"evidence.section.{name}") for name in SECTIONS}
titles |= {key: measure_title(measure) for key, measure in others.items()}
state.restore("question", list(titles), "gates")
question = st.segmented_control(
    text("evidence.question"),
    list(titles),
    format_func=titles.__getitem__,
    key="question",
    required=True,
    label_visibility="collapsed",
    width="stretch",
)
state.publish("question", "gates")
if question in others:
    measure_section(view, others[question])
else:
    SECTIONS[str(question)](view)
take_home(view)
