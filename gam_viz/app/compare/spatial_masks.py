"""Spatial masks over the picture: one layer large, all layers small."""

from __future__ import annotations

from functools import partial

import streamlit as st

from gam_viz.app.compare.badges import gate_badges
from gam_viz.app.compare.gate_choice import choose_gate
from gam_viz.app.shared.choices import choose, choose_number
from gam_viz.app.shared.columns import PLOT, SCALES, View, print_scale
from gam_viz.app.shared.gate_captions import spatial_caption
from gam_viz.app.shared.words import layer_title, prose, text
from gam_viz.explain import REDUCTIONS, GateReading, SpatialMap
from gam_viz.explain.heatmaps import place_of, spatial_maps
from gam_viz.figures.gate_scales import shared_bounds, spatial_scale
from gam_viz.figures.overlay import overlay, thumbnails
from gam_viz.figures.planes import plane
from gam_viz.figures.scales import DIVERGING, SEQUENTIAL, Scale, number, range_scale, symmetric_scale


def spatial_row(view: View, layer: str) -> None:
    """Draw the row of spatial masks."""
    if not any(reading.branch == "spatial" for e in view.explanations for reading in e.readings):
        st.subheader(text("compare.spatial.title"), anchor=False, help=text("compare.spatial.help"))
        st.info(text("compare.spatial.none_anywhere"))  # and no controls of nothing
        return
    first, columns = view.row()
    with first:
        st.subheader(text("compare.spatial.title"), anchor=False, help=text("compare.spatial.help"))
        name = choose_gate(view, layer, "spatial")
        reduction = choose("reduction", REDUCTIONS, "gain", text("compare.spatial.reduction"), "compare.reduction")
        detail = _reduction_detail(view, layer, reduction)
        opacity = st.slider(text("compare.spatial.opacity"), 0, 100, 65, 5, key="opacity", format="%d %%") / 100
        with st.popover(text("compare.display.title"), width="stretch"):
            own = choose("spatial-scale", SCALES, "shared", text("common.scale.label"), "common.scale.option") == "own"
            colours = choose("colours", SEQUENTIAL, SEQUENTIAL[0], text("common.scale.colours"), "compare.colours")
    reduce = partial(spatial_maps, reduction=reduction, channel=detail, count=max(1, detail))
    maps = [reduce(e) for e in view.explanations]
    gates = view.gates_beside(layer, "spatial", name)
    places = ["" if g is None else place_of(e, g) for e, g in zip(view.explanations, gates, strict=True)]
    drawn = [m for of_network in maps for m in of_network.values()]
    if not drawn and not any(gates):
        st.info(text("compare.spatial.none", layer=layer_title(layer)))
        return
    over_time = [m for e in view.over_time for m in reduce(e).values()]
    shared = spatial_scale([*drawn, *over_time]) if drawn else Scale(0.0, 1.0)
    if shared.signed:
        colours = DIVERGING[0]
    view.shown.spatial, view.shown.spatial_scale, view.shown.colours = maps, None if own else shared, colours
    view.shown.places = places
    badges = [
        gate_badges(column, of_network, reduction, detail)
        for column, of_network in zip(view.columns, maps, strict=True)
    ]
    for (column, place), of_network, gate, where, badge in zip(columns, maps, gates, places, badges, strict=True):
        with place:
            column.heading()
            if gate is None:
                st.caption(text("compare.spatial.absent", name=column.title))
                continue
            if not gate.over_picture:
                _plane(column.title, where, gate, f"plane-{column.number}")
                continue
            if gate.shape[1:] == (1, 1):
                st.caption(text("compare.spatial.one_position"))
                continue
            shown = of_network[where]
            scale = _own_scale(shown, shared) if own else shared
            caption = spatial_caption(shown)
            st.plotly_chart(
                overlay(shown.values, column.seen, scale, colours, opacity=opacity, hover=text("common.word.value")),
                config=PLOT,
                key=f"mask-{column.number}",
                alt=f"{column.title} {layer_title(where)}: {caption}",
            )
            every = list(of_network)
            st.plotly_chart(
                thumbnails(
                    [of_network[name].values for name in every],
                    [layer_title(name) for name in every],
                    column.seen,
                    [_own_scale(of_network[name], shared) if own else shared for name in every],
                    colours,
                    opacity=max(opacity, 0.5),
                    chosen=every.index(where),
                ),
                config=PLOT,
                key=f"masks-{column.number}",
                alt=text("compare.spatial.thumbnails_alt", name=column.title, layers=len(every)),
            )
            caption = spatial_caption(shown, prose)
            if own:
                caption += " " + text("common.scale.own_range", low=number(scale.low), high=number(scale.high))
            st.caption(caption)
            if badge:
                st.markdown(badge[where])
    if not drawn:
        return
    with first:
        caption = text("common.scale.own") if own else text(f"compare.spatial.scale_{_kind(drawn)}")
        print_scale(shared, colours, caption, marks=(1.0,) if shared.signed else (), key="spatial-scale-bar")


def _plane(name: str, place: str, gate: GateReading, key: str) -> None:
    """A gate that has no value for every row and column: its own axes, beside the picture and not over it."""
    channels, rows, columns = gate.values.shape
    along = "tokens" if not gate.grid else "rows" if columns == 1 else "columns"
    values = gate.values.reshape(channels, max(rows, columns))
    scale = shared_bounds([gate]) or symmetric_scale([values])
    colours = DIVERGING[0] if scale.signed else SEQUENTIAL[0]
    caption = text(
        f"compare.spatial.plane_{along}",
        channels=channels,
        count=values.shape[1],
        low=number(float(values.min())),
        mean=number(float(values.mean())),
        high=number(float(values.max())),
    )
    st.plotly_chart(
        plane(
            values,
            scale,
            colours,
            axes=(text("common.word.channel"), text(f"common.word.{along.removesuffix('s')}")),
            hover=text("common.word.weight"),
        ),
        config=PLOT,
        key=key,
        alt=f"{name} {layer_title(place)}: {caption}",
    )
    st.caption(caption)
    print_scale(scale, colours, text("compare.spatial.plane_scale"), key=f"{key}-scale")


def _reduction_detail(view: View, layer: str, reduction: str) -> int:
    """The channel for "channel", the number of channels for "top"."""
    of_each = zip(view.explanations, view.layers_beside(layer), strict=True)
    shapes = [r.shape[0] for e, own in of_each for r in e.gates(own, "spatial") if r.per_channel]
    if not shapes or reduction not in ("channel", "top"):
        return 0
    if reduction == "channel":
        return choose_number("channel", 0, max(shapes) - 1, 0, text("common.word.channel"))
    return choose_number("top", 1, max(shapes), 4, text("compare.spatial.top"))


def _kind(maps: list[SpatialMap]) -> str:
    if any(m.lowest is None for m in maps):
        return "signed"
    if any(m.highest is None for m in maps):
        return "gain"
    return "bounded"


def _own_scale(of: SpatialMap, shared: Scale) -> Scale:
    """A map's own range; beside signed ones it has their colours, so 0 stays in the middle."""
    return symmetric_scale([of.values]) if shared.signed else range_scale([of.values])
