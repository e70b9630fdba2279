"""Where do CBAM and GAM look? Networks side by side: prediction, channel weights, spatial masks, attributions."""

import streamlit as st

from gam_viz.app.compare.attributions import attribution_row
from gam_viz.app.compare.badges import badge_switch
from gam_viz.app.compare.download import download_row
from gam_viz.app.compare.gates import gate_rows
from gam_viz.app.compare.prediction import prediction_row
from gam_viz.app.compare.region import region_row
from gam_viz.app.compare.training_snapshots import film, play_on
from gam_viz.app.shared.columns import Shown, View, page_style
from gam_viz.app.shared.explanations import explained, subject
from gam_viz.app.shared.rendering.bar import look_bar
from gam_viz.app.shared.sidebar import sidebar
from gam_viz.app.shared.words import text

page_style()
st.header(text("compare.title"), anchor=False)
selection = sidebar()
if selection is None:
    st.info(text("compare.nothing"))
    st.stop()

look_bar(selection.source, selection.picture, selection.title)
made = film(selection)
selection = made.selection
subjects = tuple(subject(checkpoint, selection.picture, selection.fit) for checkpoint in selection.networks)
explanations = explained(subjects)
over_time = explained(
    subject(checkpoint, selection.picture, selection.fit) for frame in made.frames for checkpoint in frame
)
view = View(selection, subjects, explanations, Shown(), over_time)

prediction_row(view)
badge_switch()
gate_rows(view)
attribution_row(view)
region_row(view)
download_row(view)
play_on(made)
