"""The rows of gates: channel weights and spatial masks, of all layers small and of one layer large."""

from __future__ import annotations

import streamlit as st

from gam_viz.app.compare.channel_weights import channel_row
from gam_viz.app.compare.spatial_masks import spatial_row
from gam_viz.app.shared.choices import choose_layer
from gam_viz.app.shared.columns import View
from gam_viz.app.shared.words import prose, text


@st.fragment
def gate_rows(view: View) -> None:
    """Draw both rows; a change of layer, cell or colours computes nothing anew."""
    layers = view.layers()
    if not layers:
        st.info(prose("common.gates.none"))
        return
    st.divider()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(text("compare.channels.title"), anchor=False, help=text("compare.channels.help"), width="content")
        st.space("small")
        layer = view.shown.layer = choose_layer(layers)
    channel_row(view, layer)
    st.divider()
    spatial_row(view, layer)
