"""Where do CBAM and GAM look? Networks side by side: prediction, channel weights, spatial masks, attributions."""

import streamlit as st

from gam_viz.pages import compute
from gam_viz.pages.film import film, play_on
from gam_viz.pages.looks.controls import look_bar
from gam_viz.pages.rows.attributions import attribution_row
from gam_viz.pages.rows.badges import badge_switch
from gam_viz.pages.rows.download import download_row
from gam_viz.pages.rows.gates import gate_rows
from gam_viz.pages.rows.prediction import prediction_row
from gam_viz.pages.rows.region import region_row
from gam_viz.pages.rows.view import Shown, View, explained, page_style
from gam_viz.pages.sidebar import sidebar
from gam_viz.pages.text import text

page_style()
st.header(text("compare.title"), anchor=False)
selection = sidebar()
if selection is None:
    st.info(text("compare.nothing"))
    st.stop()

look_bar(selection.source, selection.picture, selection.title)
made = film(selection)
selection = made.selection
subjects = tuple(compute.subject(checkpoint, selection.picture, selection.fit) for checkpoint in selection.networks)
explanations = explained(subjects)
over_time = explained(
    compute.subject(checkpoint, selection.picture, selection.fit) for frame in made.frames for checkpoint in frame
)
view = View(selection, subjects, explanations, Shown(), over_time)

prediction_row(view)
badge_switch()
gate_rows(view)
attribution_row(view)
region_row(view)
download_row(view)
play_on(made)
