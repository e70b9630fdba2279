"""Where do CBAM and GAM look? Networks side by side: prediction, channel weights, spatial masks, attributions."""

import streamlit as st

from gam_viz.app.compare.attention_maps import attention_row
from gam_viz.app.compare.attributions import attribution_row
from gam_viz.app.compare.badges import badge_switch
from gam_viz.app.compare.channel_weights import channel_row
from gam_viz.app.compare.download import download_row
from gam_viz.app.compare.prediction import prediction_row
from gam_viz.app.compare.region import region_row
from gam_viz.app.compare.spatial_masks import spatial_row
from gam_viz.app.compare.training_snapshots import film, play_on
from gam_viz.app.shared.columns import View
from gam_viz.app.shared.page import view_of
from gam_viz.app.shared.rendering.bar import look_bar
from gam_viz.app.shared.sidebar import sidebar
from gam_viz.app.shared.stepper import choose_layer
from gam_viz.app.shared.words import prose, text
from gam_viz.explain.depth import halvings_of_gates


@st.fragment
def gate_rows(view: View) -> None:
    """Channel weights and spatial masks, of all layers small and of one large; another layer computes nothing anew."""
    layers = view.layer_choices()
    if not layers:
        st.info(prose("common.gates.none"))
        return
    st.divider()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(text("compare.channels.title"), anchor=False, help=text("compare.channels.help"), width="content")
        st.space("small")
        layer = view.shown.layer = choose_layer(layers)
    if view.by_depth:
        of = [halvings_of_gates(explanation) for explanation in view.explanations]
        st.caption(view.said_by_depth(view.layers_beside(layer), of))
    channel_row(view, layer)
    st.divider()
    spatial_row(view, layer)


selection = sidebar()
if selection is None:
    st.info(text("compare.nothing"))
    st.stop()

look_bar(selection.source, selection.picture, selection.title)
made = film(selection)
view = view_of(made.selection, made.frames)

prediction_row(view)
badge_switch()
gate_rows(view)
attention_row(view)
attribution_row(view)
region_row(view)
download_row(view)
play_on(made)
