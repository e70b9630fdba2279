"""Is that map true? What gates do, and whether maps are faithful, survive random weights, agree and find the object."""

from gam_viz.app.evidence.ablation import gate_section
from gam_viz.app.evidence.agreement import agreed_section
from gam_viz.app.evidence.dependence import dependence_section
from gam_viz.app.evidence.faithfulness import faithful_section
from gam_viz.app.evidence.leaderboard import board_section
from gam_viz.app.evidence.randomisation import randomised_section
from gam_viz.app.evidence.ranks import ranks_section
from gam_viz.app.evidence.report_download import take_home
from gam_viz.app.evidence.section import measure_section
from gam_viz.app.shared.choices import segments
from gam_viz.app.shared.page import opened_view
from gam_viz.app.shared.subject import subject_row
from gam_viz.app.shared.words import text, words
from gam_viz.evidence.registry import MEASURES

SECTIONS = {
    "gates": gate_section,
    "depend": dependence_section,
    "faithful": faithful_section,
    "randomised": randomised_section,
    "agreed": agreed_section,
    "ranks": ranks_section,
    "board": board_section,
}
#: Measures that have their place in these sections; each other one has a section of its own.
PLACED = {"ablation", "faithfulness", "infidelity", "sensitivity", "randomisation", "agreement", "localisation"}

view = opened_view()
subject_row(view)
others = {key: measure for key, measure in MEASURES.items() if key not in PLACED}
titles = {name: text(f"evidence.section.{name}") for name in SECTIONS}
titles |= {key: measure.title(words()) for key, measure in others.items()}
question = segments(
    "question",
    list(titles),
    "gates",
    text("evidence.question"),
    titles.__getitem__,
    label_visibility="collapsed",
    width="stretch",
)
if question in others:
    measure_section(view, others[question])
else:
    SECTIONS[question](view)
take_home(view)
