"""Is what the tutorial says true? Each statement with its verdict, the figures behind it, and how to measure them."""

import streamlit as st

from gam_viz.app.claims.card import draw_card, verdict_badge
from gam_viz.app.claims.measured import counts, live
from gam_viz.app.shared.choices import segments
from gam_viz.app.shared.device import device_name
from gam_viz.app.shared.words import prose, text
from gam_viz.app.shared.zoo_results import results_of
from gam_viz.claims import SECTIONS, VERDICTS, judge
from gam_viz.zoo.results import ResultsError

#: A click on a card's link also puts its whole address on the clipboard, and says so; elsewhere it is a link.
COPY = """<script>(() => {
for (const link of document.querySelectorAll('.gv-copy')) link.onclick = (event) => {
    if (!navigator.clipboard || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    navigator.clipboard.writeText(link.href).then(() => { link.dataset.done = '✓'; });
};
})()</script>"""
#: What each choice shows.
FILTER = {
    "all": VERDICTS,
    "seen": ("seen",),
    "partly": ("partly",),
    "not_seen": ("not_seen",),
    "open": ("open", "untested"),
}

st.markdown(prose("claims.about"))
st.caption(text("claims.tutorial"))
try:
    results = results_of()
except ResultsError as error:
    st.error(prose("networks.damaged", reason=error))
    results = []
try:
    measured = live()
except ValueError as error:
    st.error(prose("claims.cannot", reason=error))
    st.stop()
trained = all(of.trained for of in (measured.cbam, measured.gam))
names = {"cbam": measured.cbam.name, "gam": measured.gam.name, "device": device_name()}
st.caption(prose("claims.measured_on", **names) if trained else prose("claims.untrained", **names))
with st.spinner(text("claims.counting")):
    claims = judge(results, counts(), measured)

with st.container(horizontal=True, vertical_alignment="center", key="verdicts"):
    for verdict in VERDICTS:
        if count := sum(claim.verdict == verdict for claim in claims):
            verdict_badge(verdict, count)
chosen = segments(
    "verdict", list(FILTER), "all", text("claims.show"), "claims.filter", label_visibility="collapsed", width="stretch"
)
asked = st.query_params.get("claim")
if asked is not None and asked not in SECTIONS:
    st.info(text("claims.unknown"))
first = [claim for claim in claims if claim.key == asked]
shown = [claim for claim in claims if claim.verdict in FILTER[chosen] and claim.key != asked]
for claim in [*first, *shown]:
    draw_card(claim, counts(), measured, linked=claim.key == asked)
st.html(COPY, unsafe_allow_javascript=True)
if not first and not shown:
    st.info(text("claims.nothing"))
