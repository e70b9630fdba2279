"""Two rows of gates: channel weights and spatial masks, of all layers small and of one layer large."""

from __future__ import annotations

import streamlit as st

from gam_viz.explain import REDUCTIONS, GateReading, SpatialMap, spatial_map
from gam_viz.figures.channels import channel_bars, channel_overview
from gam_viz.figures.overlay import overlay, picker, thumbnails
from gam_viz.figures.scales import DIVERGING, SEQUENTIAL, Scale, bounded_scale, number, range_scale, symmetric_scale
from gam_viz.pages import url
from gam_viz.pages.rows.view import PLOT, View, heading, layer_title, print_scale
from gam_viz.pages.text import text

SCALES = ("shared", "own")


@st.fragment
def gate_rows(view: View) -> None:
    """Draw both rows; a change of layer, cell or colours computes nothing anew."""
    layers = tuple(dict.fromkeys(layer for e in view.explanations for layer in e.layers))
    if not layers:
        st.info(text("gates.none"))
        return
    default = layers[-1]
    url.restore("layer", layers, default)
    st.divider()
    first, columns = view.grid()
    with first:
        st.subheader(text("channels.title"), anchor=False, help=text("channels.help"))
    with columns[0]:
        layer = st.segmented_control(
            text("gates.layer"),
            layers,
            format_func=layer_title,
            key="layer",
            required=True,
            label_visibility="collapsed",
        )
    url.publish("layer", default)
    _channel_row(view, layer, layers)
    st.divider()
    _spatial_row(view, layer, layers)


def _channel_row(view: View, layer: str, layers: tuple[str, ...]) -> None:
    readings = [e.reading(layer, "channel") for e in view.explanations]
    present = [reading for reading in readings if reading is not None]
    if not present:
        st.info(text("channels.none", layer=layer_title(layer)))
        return
    first, columns = view.grid()
    with first:
        cell = _pick_cell(view, present[0])
        own = _choose("channel-scale", SCALES, "shared", text("scale.label"), "scale.option") == "own"
        order = _choose("order", ("weight", "strength", "index"), "weight", text("channels.order"), "channels.order")
    shared = _channel_scale(present)
    colours = DIVERGING[0] if shared.signed else SEQUENTIAL[0]
    for index, (column, reading) in enumerate(zip(columns, readings, strict=True)):
        with column:
            if reading is None:
                st.caption(text("channels.absent", name=view.titles()[index]))
                continue
            scale = _channel_scale([reading]) if own else shared
            st.plotly_chart(
                channel_bars(
                    reading,
                    view.colours()[index],
                    scale,
                    by=order,
                    cell=cell if reading.per_position else None,
                    labels=(text("word.channel"), text("word.mean"), text("word.here")),
                ),
                config=PLOT,
                key=f"bars-{index}",
                alt=_channel_caption(view.titles()[index], layer, reading),
            )
            st.caption(_channel_caption(view.titles()[index], layer, reading) + " " + _cell_caption(reading, cell))
            of_all = [e for e in (view.explanations[index].reading(name, "channel") for name in layers) if e is not None]
            overview_scale = _channel_scale(of_all)
            st.plotly_chart(
                channel_overview(
                    of_all,
                    [layer_title(r.layer) for r in of_all],
                    overview_scale if own else _channel_scale(_all_channel(view)),
                    colours,
                    chosen=next((i for i, r in enumerate(of_all) if r.layer == layer), None),
                    hover=text("word.weight"),
                ),
                config=PLOT,
                key=f"overview-{index}",
                alt=text("channels.overview_alt", name=view.titles()[index], layers=len(of_all)),
            )
    with first:
        scale = _channel_scale(_all_channel(view))
        caption = text("scale.own") if own else text("channels.scale")
        print_scale(scale, colours, caption, marks=(1.0,), key="channel-scale-bar")


def _all_channel(view: View) -> list[GateReading]:
    return [r for e in view.explanations for r in e.readings if r.branch == "channel"]


def _channel_scale(readings: list[GateReading]) -> Scale:
    """0..1 where every gate is bounded; else signed, wide enough for every channel's mean and its band, and for 1."""
    if all(reading.bounded for reading in readings):
        return bounded_scale()
    maps = [reading.channel_means() for reading in readings]
    for reading in readings:
        if reading.per_position:
            maps.extend(reading.channel_quantiles())
    scale = symmetric_scale(maps)
    limit = max(1.0, scale.high)
    return Scale(-limit, limit, signed=True)


def _channel_caption(name: str, layer: str, reading: GateReading) -> str:
    means = reading.channel_means()
    values = {
        "name": name,
        "layer": layer_title(layer),
        "channels": reading.shape[0],
        "low": number(float(means.min())),
        "high": number(float(means.max())),
        "mean": number(float(means.mean())),
    }
    if not reading.per_position:
        return text("channels.caption_constant", **values)
    values["spread"] = number(float(reading.channel_spread().mean()))
    if reading.bounded:
        return text("channels.caption_positions", **values)
    return text("channels.caption_signed", **values, negative=reading.negative_share)


def _cell_caption(reading: GateReading, cell: tuple[int, int]) -> str:
    here = reading.at(*cell)
    if not reading.per_position:
        return text("channels.cell_constant", row=cell[0], column=cell[1])
    return text(
        "channels.cell",
        row=cell[0],
        column=cell[1],
        low=number(float(here.min())),
        high=number(float(here.max())),
        negative=float((here < 0).mean()),
    )


def _pick_cell(view: View, reading: GateReading) -> tuple[int, int]:
    """The cell of the feature map that is looked at: clicked on the picture, or typed."""
    _, rows, columns = reading.shape
    # A click sets the numbers before they are drawn; a cell beyond the map of another layer is brought back.
    url.restore_number("row", 0, rows - 1, rows // 2)
    url.restore_number("column", 0, columns - 1, columns // 2)
    cell = (st.session_state["row"], st.session_state["column"])
    st.plotly_chart(
        picker(view.subjects[0].input.seen, (rows, columns), cell),
        config=PLOT,
        key=f"picker-{reading.layer}",
        on_select=lambda: _clicked(f"picker-{reading.layer}"),
        selection_mode="points",
        alt=text("channels.picker_alt", rows=rows, columns=columns, row=cell[0], column=cell[1]),
    )
    left, right = st.columns(2, gap="small", wrap=False)
    with left:
        st.number_input(text("word.row"), 0, rows - 1, key="row", help=text("channels.picker_help"))
    with right:
        st.number_input(text("word.column"), 0, columns - 1, key="column")
    url.publish("row", rows // 2)
    url.publish("column", columns // 2)
    return int(st.session_state["row"]), int(st.session_state["column"])


def _clicked(key: str) -> None:
    points = st.session_state[key]["selection"]["points"]
    if points:
        st.session_state["row"], st.session_state["column"] = (int(value) for value in points[0]["customdata"][:2])


def _spatial_row(view: View, layer: str, layers: tuple[str, ...]) -> None:
    first, columns = view.grid()
    with first:
        st.subheader(text("spatial.title"), anchor=False, help=text("spatial.help"))
        reduction = _choose("reduction", REDUCTIONS, "gain", text("spatial.reduction"), "reduction")
        detail = _reduction_detail(view, layer, reduction)
        opacity = st.slider(text("spatial.opacity"), 0, 100, 65, 5, key="opacity", format="%d %%") / 100
        own = _choose("spatial-scale", SCALES, "shared", text("scale.label"), "scale.option") == "own"
        colours = _choose("colours", SEQUENTIAL, SEQUENTIAL[0], text("scale.colours"), "colours")
    maps = [_maps(view, index, layers, reduction, detail) for index in range(len(columns))]
    drawn = [m for of_network in maps for m in of_network.values()]
    if not drawn:
        st.info(text("spatial.none", layer=layer_title(layer)))
        return
    shared = _spatial_scale(drawn)
    for index, column in enumerate(columns):
        with column:
            st.html(heading(view.titles()[index], view.colours()[index]))
            if layer not in maps[index]:
                st.caption(text("spatial.absent", name=view.titles()[index]))
                continue
            shown = maps[index][layer]
            scale = range_scale([shown.values]) if own else shared
            seen = view.subjects[index].input.seen
            caption = _spatial_caption(shown)
            st.plotly_chart(
                overlay(shown.values, seen, scale, colours, opacity=opacity, hover=text("word.value")),
                config=PLOT,
                key=f"mask-{index}",
                alt=f"{view.titles()[index]} {layer_title(layer)}: {caption}",
            )
            st.caption(caption + (" " + text("scale.own_range", low=number(scale.low), high=number(scale.high)) if own else ""))
            every = list(maps[index])
            st.plotly_chart(
                thumbnails(
                    [maps[index][name].values for name in every],
                    [layer_title(name) for name in every],
                    seen,
                    [range_scale([maps[index][name].values]) if own else shared for name in every],
                    colours,
                    opacity=max(opacity, 0.5),
                    chosen=every.index(layer),
                ),
                config=PLOT,
                key=f"masks-{index}",
                alt=text("spatial.thumbnails_alt", name=view.titles()[index], layers=len(every)),
            )
    with first:
        print_scale(
            shared, colours, text("scale.own") if own else text(f"spatial.scale_{_kind(drawn)}"), key="spatial-scale-bar"
        )


def _maps(view: View, index: int, layers: tuple[str, ...], reduction: str, detail: int) -> dict[str, SpatialMap]:
    explanation = view.explanations[index]
    found = {}
    for layer in layers:
        spatial = explanation.reading(layer, "spatial")
        if spatial is None:
            continue
        # CBAM has one mask: it is shown as it is, unless the effective gain of both gates is asked for.
        channel = explanation.reading(layer, "channel")
        found[layer] = spatial_map(
            spatial,
            channel if spatial.per_channel else None,
            reduction=reduction,
            channels=(min(detail, spatial.shape[0] - 1),),
            count=max(1, detail),
        )
    return found


def _reduction_detail(view: View, layer: str, reduction: str) -> int:
    """The channel for "channel", the number of channels for "top"."""
    shapes = [r.shape[0] for e in view.explanations if (r := e.reading(layer, "spatial")) is not None and r.per_channel]
    if not shapes or reduction not in ("channel", "top"):
        return 0
    if reduction == "channel":
        url.restore_number("channel", 0, max(shapes) - 1, 0)
        st.number_input(text("word.channel"), 0, max(shapes) - 1, key="channel")
        url.publish("channel", 0)
        return int(st.session_state["channel"])
    url.restore_number("top", 1, max(shapes), 4)
    st.number_input(text("spatial.top"), 1, max(shapes), key="top")
    url.publish("top", 4)
    return int(st.session_state["top"])


def _kind(maps: list[SpatialMap]) -> str:
    if any(m.highest is None for m in maps):
        return "gain"
    return "bounded"


def _spatial_scale(maps: list[SpatialMap]) -> Scale:
    """The range the maps can have; where one has no upper bound, from 0 to the largest value, and at least to 1."""
    if all(m.highest is not None for m in maps):
        return bounded_scale(0.0, 1.0)
    return Scale(0.0, max(1.0, *(float(m.values.max()) for m in maps)))


def _spatial_caption(shown: SpatialMap) -> str:
    values = shown.values
    return text(f"spatial.caption_{shown.reduction}", channels=", ".join(map(str, shown.channels))) + " " + text(
        "spatial.numbers",
        width=values.shape[1],
        height=values.shape[0],
        low=number(float(values.min())),
        mean=number(float(values.mean())),
        high=number(float(values.max())),
    )


def _choose(key: str, options: tuple[str, ...], default: str, label: str, prefix: str) -> str:
    url.restore(key, options, default)
    chosen = st.selectbox(label, options, format_func=lambda name: text(f"{prefix}.{name}"), key=key)
    url.publish(key, default)
    return str(chosen)
