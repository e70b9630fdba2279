"""Is that map true? What gates do, and whether maps are faithful, survive random weights, agree and find the object."""

from gam_viz.app.evidence.ablation import gate_section
from gam_viz.app.evidence.agreement import agreed_section
from gam_viz.app.evidence.faithfulness import faithful_section
from gam_viz.app.evidence.leaderboard import board_section
from gam_viz.app.evidence.randomisation import randomised_section
from gam_viz.app.evidence.report_download import take_home
from gam_viz.app.shared.choices import segments
from gam_viz.app.shared.page import opened_view
from gam_viz.app.shared.words import text

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
