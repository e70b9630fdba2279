"""The first screen: what there is to see in a sentence, the picture, the masks beside it, and the ways on.

Another layer computes nothing anew: what follows from the choice of a layer, the channel weights too, is one part of
the page, which its own controls rerun alone.
"""

from __future__ import annotations

import streamlit as st

from gam_viz.app.compare.badges import test_row
from gam_viz.app.compare.channel_card import channel_card
from gam_viz.app.compare.channel_weights import channel_row
from gam_viz.app.compare.doors import doors
from gam_viz.app.compare.download import figure_buttons
from gam_viz.app.compare.gate_choice import choose_gate
from gam_viz.app.compare.lead import lead_sentence
from gam_viz.app.compare.masks import has_masks, is_reduced, masks_of
from gam_viz.app.compare.prediction import answers_in_full, say_limits
from gam_viz.app.compare.second_picture import second_picture
from gam_viz.app.compare.spatial_masks import choose_reduction, mask_display, mask_row
from gam_viz.app.compare.training_snapshots import Film, film_switch
from gam_viz.app.shared.columns import View, map_script, picture_styles
from gam_viz.app.shared.page import fragment
from gam_viz.app.shared.stepper import choose_layer
from gam_viz.app.shared.words import prose, text
from gam_viz.explain.depth import halvings_of_gates


def first_screen(view: View, made: Film) -> None:
    """Draw it."""
    picture_styles(view)
    _parts(view, made)


@fragment
def _parts(view: View, made: Film) -> None:
    layers = view.layer_choices()
    lead, layer, reduction = st.container(key="lead"), "", ("gain", 0)
    doors()
    if layers:
        with st.container(key="layer-row", horizontal=True, vertical_alignment="center", gap="small"):
            layer = view.shown.layer = choose_layer(layers)
            name = choose_gate(view, layer, "spatial")
            if is_reduced(view):
                reduction = choose_reduction(view, layer)
            map_script()
    masks = masks_of(view, layer, name if layers else "", *reduction)
    with lead:
        st.markdown(lead_sentence(view, layer, masks), help=text("compare.spatial.help"))
    place, tests = st.container(), st.container(key="tests", horizontal=True, vertical_alignment="center", gap="small")
    with tests:
        test_row(view, masks)
        film_switch(made)
        figure_buttons(view)
    with place:
        mask_row(view, masks)
    if has_masks(view):
        with st.expander(text("compare.display.title")):
            mask_display()
    answers_in_full(view)
    say_limits(view)
    if not layers:
        st.info(prose("common.gates.none"))
        return
    if view.by_depth:
        of = [halvings_of_gates(explanation) for explanation in view.explanations]
        st.caption(view.said_by_depth(view.layers_beside(layer), of))
    channel_row(view, layer)
    with st.container(key="folds"):
        channel_card(view, layer)
        second_picture(view, layer, masks)
