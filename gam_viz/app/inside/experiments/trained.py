"""The gates of a trained network whose GAM has the chosen options, beside those of the printed one."""

from __future__ import annotations

import streamlit as st

from gam_viz.app.shared.columns import View, heading, print_scale
from gam_viz.app.shared.explanations import Subject, explained, subject
from gam_viz.app.shared.gate_captions import channel_caption, spatial_caption, weight_words
from gam_viz.app.shared.networks import checkpoints
from gam_viz.app.shared.words import data_title, layer_title, prose, text
from gam_viz.explain import GateReading, SpatialMap
from gam_viz.explain.heatmaps import spatial_maps
from gam_viz.explain.interventions import Options, options_of
from gam_viz.figures.channels import weights_html
from gam_viz.figures.gate_scales import spatial_scale, weight_scale
from gam_viz.figures.map_html import map_html, picture_style
from gam_viz.figures.scales import DIVERGING, SEQUENTIAL
from gam_viz.figures.style import look_of
from gam_viz.networks.opened import OpenedNetwork


def trained_rows(
    view: View,
    layer: str,
    shape: tuple[int, int, int],
    printed: Options,
    chosen: Options,
    titles: tuple[str, str],
) -> None:
    """Draw both, or say in a sentence that there is no such network."""
    st.divider()
    card = view.selection.networks[0].card
    if chosen.plain == printed:
        st.caption(prose("inside.try.trained.choose"))
        return
    both = [_gates_of(view, options, layer, shape) for options in (printed, chosen)]
    known = [each for each in both if each is not None]
    if len(known) < len(both):
        st.caption(prose("inside.try.trained.none", data=data_title(card)))
        return
    st.markdown(prose("inside.try.trained.about", data=data_title(card), layer=layer_title(layer)))
    scale = weight_scale([channel for _, channel, _ in known])
    shared = spatial_scale([mask for _, _, mask in known])
    colours = DIVERGING[0] if shared.signed else SEQUENTIAL[0]
    st.html(picture_style([of_network.input.seen for of_network, _, _ in known]))
    for place, title, (of_network, channel, mask) in zip(st.columns(2, gap="medium"), titles, known, strict=True):
        with place:
            look = look_of(of_network.card.config.attention)
            st.html(heading(title, look) + weights_html(channel, look.colour, scale, weight_words(title, channel)))
            st.caption(channel_caption(title, layer, channel, prose))
            alt = f"{title} {layer_title(layer)}: {spatial_caption(mask)}"
            st.html(map_html(mask.values, of_network.input.seen, shared, colours, alt=alt))
            st.caption(spatial_caption(mask))
    marks = (1.0,) if shared.high > 1 else ()
    print_scale(shared, colours, text("inside.try.trained.scale"), marks=marks)


def _gates_of(
    view: View, options: Options, layer: str, shape: tuple[int, int, int]
) -> tuple[Subject, GateReading, SpatialMap] | None:
    """A trained network with these options, and its gates of features of that shape; None where there is none."""
    checkpoint = trained(view, options, layer)
    if checkpoint is None:
        return None
    of_network = subject(checkpoint, view.selection.picture, view.selection.fit)
    (explanation,) = explained([of_network])
    channel, mask = explanation.reading(layer, "channel"), spatial_maps(explanation, [layer]).get(layer)
    if channel is None or channel.shape != shape or mask is None:
        return None
    return of_network, channel, mask


def trained(view: View, options: Options, layer: str) -> OpenedNetwork | None:
    """A network of this data set whose GAM has just these options: one of those chosen, else of those there are."""
    here = view.selection.networks
    dataset = here[0].card.dataset
    for checkpoint in (*here, *checkpoints()[0]):
        if checkpoint.card.dataset == dataset and options_of(checkpoint.card.config) == options.plain:
            return checkpoint
    return None
