"""The gates of a trained network whose GAM has the chosen options, beside those of the printed one."""

from __future__ import annotations

import streamlit as st

from gam_viz.app.shared.columns import PLOT, View, heading, print_scale
from gam_viz.app.shared.explanations import explained, subject
from gam_viz.app.shared.gate_captions import channel_caption, spatial_caption
from gam_viz.app.shared.networks import checkpoints
from gam_viz.app.shared.words import data_title, layer_title, prose, text
from gam_viz.explain import GateReading
from gam_viz.explain.heatmaps import spatial_maps
from gam_viz.explain.interventions import Options, options_of
from gam_viz.figures.channels import channel_bars
from gam_viz.figures.gate_scales import channel_scale, spatial_scale
from gam_viz.figures.overlay import overlay
from gam_viz.figures.scales import DIVERGING, SEQUENTIAL
from gam_viz.figures.style import colour_of
from gam_viz.networks.checkpoints import Checkpoint


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
    both = [trained(view, options, layer) for options in (printed, chosen)]
    found = [checkpoint for checkpoint in both if checkpoint is not None]
    if chosen.plain == printed:
        st.caption(prose("inside.try.trained.choose"))
        return
    if len(found) < len(both):
        st.caption(prose("inside.try.trained.none", data=data_title(card)))
        return
    selection = view.selection
    subjects = [subject(checkpoint, selection.picture, selection.fit) for checkpoint in found]
    explanations = explained(subjects)
    channel = [_of(e.reading(layer, "channel"), shape) for e in explanations]
    maps = [spatial_maps(e, [layer]).get(layer) for e in explanations]
    gates, masks = [g for g in channel if g is not None], [m for m in maps if m is not None]
    if len(gates) < len(found) or len(masks) < len(found):
        st.caption(prose("inside.try.trained.none", data=data_title(card)))
        return
    st.markdown(prose("inside.try.trained.about", data=data_title(card), layer=layer_title(layer)))
    scale = channel_scale(gates)
    shared = spatial_scale(masks)
    colours = DIVERGING[0] if shared.signed else SEQUENTIAL[0]
    for index, column in enumerate(st.columns(2, gap="medium")):
        with column:
            colour = colour_of(found[index].card.config.attention)
            st.html(heading(titles[index], colour))
            st.plotly_chart(
                channel_bars(
                    gates[index],
                    colour,
                    scale,
                    labels=(text("common.word.channel"), text("common.word.mean"), text("common.word.here")),
                ),
                config=PLOT,
                key=f"try-trained-bars-{index}",
                alt=channel_caption(titles[index], layer, gates[index]),
            )
            st.caption(channel_caption(titles[index], layer, gates[index]))
            st.plotly_chart(
                overlay(
                    masks[index].values, subjects[index].input.seen, shared, colours, hover=text("common.word.value")
                ),
                config=PLOT,
                key=f"try-trained-mask-{index}",
                alt=f"{titles[index]} {layer_title(layer)}: {spatial_caption(masks[index])}",
            )
            st.caption(spatial_caption(masks[index]))
    marks = (1.0,) if shared.high > 1 else ()
    print_scale(shared, colours, text("inside.try.trained.scale"), marks=marks, key="try-trained-scale")


def trained(view: View, options: Options, layer: str) -> Checkpoint | None:
    """A network of this data set whose GAM has just these options: one of those chosen, else of those there are."""
    here = view.selection.networks
    dataset = here[0].card.dataset
    for checkpoint in (*here, *checkpoints()[0]):
        if checkpoint.card.dataset == dataset and options_of(checkpoint.card.config) == options.plain:
            return checkpoint
    return None


def _of(reading: GateReading | None, shape: tuple[int, int, int]) -> GateReading | None:
    """The gate, if it is one of features of that shape."""
    return reading if reading is not None and reading.shape == shape else None
