"""Channel weights: one layer's bars, all layers as profiles, and the cell they are looked at."""

from __future__ import annotations

import streamlit as st

from gam_viz.app.compare.gate_choice import choose_gate
from gam_viz.app.shared.cell_choice import CellChoice
from gam_viz.app.shared.choices import choose
from gam_viz.app.shared.columns import PLOT, SCALES, View, print_scale
from gam_viz.app.shared.gate_captions import channel_caption
from gam_viz.app.shared.words import layer_title, prose, text
from gam_viz.explain import GateReading
from gam_viz.explain.heatmaps import place_of
from gam_viz.figures.channels import channel_bars, channel_overview
from gam_viz.figures.gate_scales import channel_scale
from gam_viz.figures.scales import DIVERGING, SEQUENTIAL, number


def channel_row(view: View, layer: str) -> None:
    """Draw the row of channel weights."""
    name = choose_gate(view, layer, "channel")
    readings = view.gates_beside(layer, "channel", name)
    present = [reading for reading in readings if reading is not None]
    if not present:
        st.info(text("compare.channels.none", layer=layer_title(layer)))
        return
    first, columns = view.row()
    with first:
        choice = CellChoice(("row", "column"), (present[0].shape[1], present[0].shape[2]))
        cell = choice.draw(view.columns[0].seen, f"picker-{present[0].layer}")
        with st.popover(text("compare.display.title"), width="stretch"):
            own = choose("channel-scale", SCALES, "shared", text("common.scale.label"), "common.scale.option") == "own"
            order = choose(
                "order",
                ("weight", "strength", "index"),
                "weight",
                text("compare.channels.order"),
                "compare.channels.order",
            )
    cells = [cell if reading is None else _same_place(cell, present[0], reading) for reading in readings]
    over_time = [r for e in view.over_time if (r := e.reading(layer, "channel", name)) is not None]
    shared = channel_scale(
        [*present, *over_time], [c for c, reading in zip(cells, readings, strict=True) if reading is not None]
    )
    colours = DIVERGING[0] if shared.signed else SEQUENTIAL[0]
    for (column, place), reading, here in zip(columns, readings, cells, strict=True):
        with place:
            column.heading()
            if reading is None:
                st.caption(text("compare.channels.absent", name=column.title))
                continue
            scale = channel_scale([reading], [here]) if own else shared
            st.plotly_chart(
                channel_bars(
                    reading,
                    column.colour,
                    scale,
                    by=order,
                    cell=here if reading.per_position else None,
                    labels=(text("common.word.channel"), text("common.word.mean"), text("common.word.here")),
                ),
                config=PLOT,
                key=f"bars-{column.number}",
                alt=channel_caption(column.title, reading.layer, reading),
            )
            explanation = column.explanation
            of_all = [of_layer for of_layer in explanation.readings if of_layer.branch == "channel"]
            overview_scale = channel_scale(of_all)
            st.plotly_chart(
                channel_overview(
                    of_all,
                    [layer_title(place_of(explanation, r)) for r in of_all],
                    overview_scale if own else channel_scale(all_channel(view)),
                    colours,
                    chosen=next((i for i, r in enumerate(of_all) if r.module == reading.module), None),
                    hover=text("common.word.weight"),
                ),
                config=PLOT,
                key=f"overview-{column.number}",
                alt=text("compare.channels.overview_alt", name=column.title, layers=len(of_all)),
            )
            caption = channel_caption(column.title, reading.layer, reading, prose)
            st.caption(caption + " " + _cell_caption(reading, here))
    with first:
        scale = channel_scale(all_channel(view))
        caption = text("common.scale.own") if own else text("compare.channels.scale")
        print_scale(scale, colours, caption, marks=(1.0,), key="channel-scale-bar")


def all_channel(view: View) -> list[GateReading]:
    """Of all layers and networks, over the film of their training too."""
    return [r for e in (*view.explanations, *view.over_time) for r in e.readings if r.branch == "channel"]


def _same_place(cell: tuple[int, int], of: GateReading, reading: GateReading) -> tuple[int, int]:
    """The cell of `reading`'s map at the place that `cell` has in `of`'s: networks may have maps of other sizes."""
    return cell[0] * reading.shape[1] // of.shape[1], cell[1] * reading.shape[2] // of.shape[2]


def _cell_caption(reading: GateReading, cell: tuple[int, int]) -> str:
    here = reading.at(*cell)
    if not reading.per_position:
        return text("compare.channels.cell_constant", row=cell[0], column=cell[1])
    return text(
        "compare.channels.cell",
        row=cell[0],
        column=cell[1],
        low=number(float(here.min())),
        high=number(float(here.max())),
        negative=float((here < 0).mean()),
    )
