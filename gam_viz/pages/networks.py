"""Is attention worth its cost? The trained networks, measured."""

import streamlit as st

from gam_viz.pages import url
from gam_viz.pages.rows.view import page_style
from gam_viz.pages.sidebar import choose_networks
from gam_viz.pages.text import text
from gam_viz.pages.worth.card import card_row
from gam_viz.pages.worth.plot import cost_row
from gam_viz.pages.worth.results import results_of
from gam_viz.zoo.results import ResultsError

CLAIMS = "gam_viz/pages/claims.py"

page_style()
st.header(text("networks.title"), anchor=False)
networks = choose_networks()
try:
    results = results_of()
except ResultsError as error:
    st.error(text("networks.damaged", reason=error))
    st.stop()
if not results:
    st.info(text("networks.none"))
    st.stop()

data = url.kept("data") or st.session_state.get("data")
chosen = next((each for each in results if each.data == data), None)
if chosen is None:
    st.info(text("networks.not_in_zoo"))
else:
    cost_row(chosen)
    card_row(chosen)
st.page_link(CLAIMS, label=text("networks.claims"), icon=":material/gavel:")
