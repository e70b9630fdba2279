"""Is attention worth its cost? The trained networks, measured."""

import streamlit as st

from gam_viz.app.networks.accuracy_vs_cost import cost_row
from gam_viz.app.networks.card import card_row
from gam_viz.app.pages import script
from gam_viz.app.shared import state
from gam_viz.app.shared.sidebar import choose_networks
from gam_viz.app.shared.words import prose, text
from gam_viz.app.shared.zoo_results import results_of
from gam_viz.zoo.results import ResultsError

CLAIMS = script("claims")

networks = choose_networks()
try:
    results = results_of()
except ResultsError as error:
    st.error(prose("networks.damaged", reason=error))
    st.stop()
if not results:
    st.info(text("networks.none"))
    st.stop()

data = state.kept("data") or st.session_state.get("data")
chosen = next((each for each in results if each.data == data), None)
if chosen is None:
    st.info(text("networks.not_in_zoo"))
else:
    cost_row(chosen)
    card_row(chosen)
st.page_link(CLAIMS, label=text("networks.claims"), icon=":material/gavel:")
