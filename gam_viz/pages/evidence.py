"""Is that map true? What gates do, and whether maps are faithful, survive random weights, agree and find the object."""

from gam_viz.pages.choices import segments
from gam_viz.pages.opening import opened_view
from gam_viz.pages.proofs.agreed import agreed_section
from gam_viz.pages.proofs.board import board_section
from gam_viz.pages.proofs.faithful import faithful_section
from gam_viz.pages.proofs.gates import gate_section
from gam_viz.pages.proofs.randomised import randomised_section
from gam_viz.pages.proofs.take_home import take_home
from gam_viz.pages.text import text

SECTIONS = {
    "gates": gate_section,
    "faithful": faithful_section,
    "randomised": randomised_section,
    "agreed": agreed_section,
    "board": board_section,
}

view = opened_view(text("evidence.title"))
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
