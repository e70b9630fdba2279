"""Channel weights: in a sentence, one layer's bars, all layers as profiles, and the cell they are looked at."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st

from gam_viz.app.compare.gate_choice import choose_gate
from gam_viz.app.compare.lead import FEW, listed
from gam_viz.app.shared.beside import beside, cell
from gam_viz.app.shared.cell_choice import CellChoice
from gam_viz.app.shared.choices import choose, chosen
from gam_viz.app.shared.columns import SCALES, Column, View, legend, print_scale
from gam_viz.app.shared.gate_captions import channel_caption, variation, weight_words
from gam_viz.app.shared.words import layer_title, prose, text
from gam_viz.explain import GateReading
from gam_viz.explain.heatmaps import place_of
from gam_viz.figures.channels import beyond, profiles_html, weights_html
from gam_viz.figures.gate_scales import profile_scale, weight_scale
from gam_viz.figures.scales import DIVERGING, SEQUENTIAL, Scale, number
from gam_viz.figures.signs import mark_sign
from gam_viz.figures.style import CHOSEN, GUIDE
from gam_viz.titles import literal

ORDERS = ("weight", "strength", "index")
Cell = tuple[int, int]


def channel_row(view: View, layer: str) -> None:
    """Draw the row of channel weights."""
    with st.container(key="channel-weights"):
        _row(view, layer)


def _row(view: View, layer: str) -> None:
    st.header(text("compare.channels.title"), anchor=False, help=text("compare.channels.help"))
    name = choose_gate(view, layer, "channel")
    readings = view.gates_beside(layer, "channel", name)
    present = [reading for reading in readings if reading is not None]
    if not present:
        st.info(prose("compare.channels.none", layer=layer_title(layer)))
        return
    st.markdown(_lead(view.columns, readings))
    choice = CellChoice(("row", "column"), (present[0].shape[1], present[0].shape[2]))
    cells = [choice.cell if r is None else _same_place(choice.cell, present[0], r) for r in readings]
    own, order = chosen("channel-scale", SCALES, SCALES[0]) == "own", chosen("order", ORDERS, ORDERS[0])
    over_time = [r for e in view.over_time if (r := e.reading(layer, "channel", name)) is not None]
    shared, profiles = weight_scale([*present, *over_time]), profile_scale(all_channel(view))
    with beside("channels"):
        for column, reading, here in zip(view.columns, readings, cells, strict=True):
            with cell(f"bars-{column.number}"):
                if reading is None:
                    column.heading()
                    st.caption(prose("compare.channels.absent", name=column.title))
                    continue
                scale = weight_scale([reading]) if own else shared
                of_all = profile_scale(_channel_gates(column)) if own else profiles
                st.html(
                    column.heading_html()
                    + weights_html(
                        reading, column.colour, scale, weight_words(column.title, reading), by=order, cell=here
                    )
                    + _profiles(column, reading, of_all)
                    + _key(reading, column.colour, scale, here)
                )
                caption = channel_caption(column.title, reading.layer, reading, prose)
                varies = variation(column.subject.checkpoint, reading.layer, "channel")
                st.caption(" ".join(filter(None, (caption, varies, _cell_caption(reading, here)))))
    st.html(f'<label class="gv-more"><input type="checkbox"> {escape(text("compare.channels.all_layers"))}</label>')
    with st.container(key="profile-scale", gap=None):
        caption = text("common.scale.own") if own else text("compare.channels.scale")
        print_scale(profiles, _colours(profiles), caption, marks=(1.0,))
    # What the picture to pick from needs in the browser is fetched once it is looked at.
    with st.expander(text("compare.channels.settings"), on_change="rerun", key="weights-open") as settings:
        with st.container(horizontal=True, gap="medium"):
            choose("channel-scale", SCALES, SCALES[0], text("common.scale.label"), "common.scale.option", width=180)
            choose("order", ORDERS, ORDERS[0], text("compare.channels.order"), "compare.channels.order", width=180)
        if any(reading.per_position for reading in present):
            with st.container(width=240):
                choice.draw(view.columns[0].seen if settings.open else None, f"picker-{present[0].layer}")


def all_channel(view: View) -> list[GateReading]:
    """Of all layers and networks, over the film of their training too."""
    return [r for e in (*view.explanations, *view.over_time) for r in e.readings if r.branch == "channel"]


def _channel_gates(column: Column) -> list[GateReading]:
    return [reading for reading in column.explanation.readings if reading.branch == "channel"]


def _lead(columns: Sequence[Column], readings: Sequence[GateReading | None]) -> str:
    """What kind of weights the networks have in this layer, as Markdown."""
    pairs = [(column, reading) for column, reading in zip(columns, readings, strict=True) if reading is not None]
    if len(pairs) <= FEW:
        parts = []
        for column, reading in pairs:
            means, spread = reading.channel_means(), float(reading.channel_spread().mean())
            parts.append(
                text(
                    f"compare.channels.lead.{_kind(reading)}",
                    name=literal(column.title),
                    channels=reading.shape[0],
                    low=number(float(means.min())),
                    high=number(float(means.max())),
                    spread=number(spread),
                    negative=reading.negative_share,
                )
            )
    else:
        groups: dict[str, list[str]] = {}
        for column, reading in pairs:
            groups.setdefault(_kind(reading), []).append(column.title)
        parts = [
            text(f"compare.channels.lead.many_{kind}", names=listed(of), count=len(of)) for kind, of in groups.items()
        ]
    return text("compare.lead.stop", said=text("compare.lead.and_then").join(parts))


def _kind(reading: GateReading) -> str:
    if not reading.per_position:
        return "constant"
    return "signed" if reading.bounds is None else "positions"


def _key(reading: GateReading, colour: str, scale: Scale, here: Cell) -> str:
    """What the marks are, and how many lie beyond the axis."""
    square = mark_sign("square", colour)
    entries = [(square, text(f"compare.channels.key.{'mean' if reading.per_position else 'weight'}"))]
    if reading.per_position:
        entries.append((mark_sign("band", GUIDE), text("compare.channels.key.band")))
        entries.append((mark_sign("circle", CHOSEN), text("compare.channels.key.cell", row=here[0], column=here[1])))
        if outside := beyond(reading.at(*here), scale):
            entries.append((mark_sign("tick", CHOSEN), text("compare.channels.key.beyond", count=outside)))
    return legend(entries)


def _profiles(column: Column, reading: GateReading, scale: Scale) -> str:
    of_all = _channel_gates(column)
    return profiles_html(
        of_all,
        [layer_title(place_of(column.explanation, r)) for r in of_all],
        scale,
        _colours(scale),
        text("compare.channels.overview_alt", name=column.title, layers=len(of_all)),
        next((i for i, r in enumerate(of_all) if r.module == reading.module), None),
    )


def _colours(scale: Scale) -> str:
    return DIVERGING[0] if scale.signed else SEQUENTIAL[0]


def _same_place(cell: Cell, of: GateReading, reading: GateReading) -> Cell:
    """The cell of `reading`'s map at the place that `cell` has in `of`'s: networks may have maps of other sizes."""
    return cell[0] * reading.shape[1] // of.shape[1], cell[1] * reading.shape[2] // of.shape[2]


def _cell_caption(reading: GateReading, cell: Cell) -> str:
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
