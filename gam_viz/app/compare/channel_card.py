"""What is one channel for? The pictures it weighs most and least, what closing it does, and the channels like it."""

from __future__ import annotations

from functools import partial

import streamlit as st

from gam_viz.app.compare.bar_click import bar_clicks
from gam_viz.app.compare.channel_closing import closing_rows
from gam_viz.app.compare.channel_pictures import ChannelPictures, pictures_from, sources
from gam_viz.app.shared import state
from gam_viz.app.shared.choices import choose, choose_number, fold
from gam_viz.app.shared.columns import Column, View
from gam_viz.app.shared.missing_data import where_to_get
from gam_viz.app.shared.page import section
from gam_viz.app.shared.session_cache import SHORT, cached_with_progress, recall
from gam_viz.app.shared.words import gate_title, layer_title, prose, text
from gam_viz.evidence.channels.closing import ClosedChannels, close_channels
from gam_viz.evidence.channels.field import receptive_field
from gam_viz.evidence.channels.measure import GateChannels
from gam_viz.evidence.channels.responses import ChannelResponses, Ends, channel_responses
from gam_viz.explain import GateReading
from gam_viz.explain.answers import answers_of
from gam_viz.figures.crops import Crop, crops_html
from gam_viz.figures.scales import number
from gam_viz.runtime.progress import Progress
from gam_viz.text import signed

STORE, MOST = "channels", 16
CLOSED_STORE, MOST_CLOSED = "closed-channels", 200


@section
def channel_card(view: View, layer: str) -> None:
    """Draw the part, folded up until it is asked for."""
    with fold(text("compare.card.fold"), "channel") as opened:
        if opened:
            _card(view, layer)


def _card(view: View, layer: str) -> None:
    layers = view.layers_beside(layer)
    with_channels = {
        f"{column.name}.{column.number}" if _shared_name(view, column) else column.name: (column, readings)
        for column, own in zip(view.columns, layers, strict=True)
        if (readings := _gates(column, own))
    }
    if not with_channels:
        st.info(prose("compare.card.none", layer=layer_title(layer)))
        state.publish("channel", None)
        return
    with st.container(key="channel-choice", horizontal=True, gap="small"):
        names = list(with_channels)
        name = names[0]
        if len(names) > 1:
            label, titles = text("compare.region.column.network"), {n: c.title for n, (c, _) in with_channels.items()}
            name = choose("channel-of", names, names[0], label, titles.__getitem__, width=190)
        column, readings = with_channels[name]
        gates = {_place(reading): reading for reading in readings}
        place = next(iter(gates))
        if len(gates) > 1:
            label = text("common.gates.gate")
            place = choose("channel-gate", list(gates), place, label, lambda key: _title(gates[key]), width=190)
        reading = gates[place]
        last = reading.shape[0] - 1
        label, help = text("common.word.channel"), text("compare.card.help")
        channel = choose_number("channel", 0, last, 0, label, always=True, width=110, help=help)
        over = sources(column)
        source = next(iter(over), "")
        if len(over) > 1:
            source = choose("channel-over", list(over), source, text("compare.card.over"), over.__getitem__, width=210)
        bar_clicks(partial(_picked, names, [c.number for c, _ in with_channels.values()]), "bar-click")
    if not source:
        st.info(f"{prose('compare.card.needed')} {where_to_get(column.explanation.card.dataset)}".strip())
        return
    pictures = pictures_from(column, source)
    found = _responses(column, reading, pictures)
    if found is None:
        return
    _lead(column, found.responses, channel, pictures)
    _ends(found, channel, pictures)
    _likes(found.responses, channel)
    closing_rows(column, _closed(column, found, channel, pictures), channel, pictures.kind)


def _gates(column: Column, layer: str) -> list[GateReading]:
    """The gates of a layer that have channels: a mask that is one for all of them has none to speak of."""
    return [reading for reading in column.explanation.readings if reading.layer == layer and reading.per_channel]


def _shared_name(view: View, column: Column) -> bool:
    return sum(other.name == column.name for other in view.columns) > 1


def _place(reading: GateReading) -> str:
    """What a link calls it: "channel", "spatial:rows"."""
    return f"{reading.branch}:{reading.name}" if gate_title(reading.name) else reading.branch


def _title(reading: GateReading) -> str:
    branch, name = text(f"evidence.branch.{reading.branch}"), gate_title(reading.name)
    return f"{branch}: {name}" if name else branch


def _picked(names: list[str], columns: list[int], column: int, channel: int) -> None:
    """A click on a bar, which is of a channel gate."""
    state.put("channel", channel)
    state.put("channel-gate", "channel")
    if column in columns:
        state.put("channel-of", names[columns.index(column)])


def _responses(column: Column, reading: GateReading, pictures: ChannelPictures) -> GateChannels | None:
    """Stored, or known, or computed on a press."""
    for known in pictures.stored or ():
        if known.responses.path == reading.module:
            return known
    if pictures.inputs is None:
        return None
    inputs, opened = pictures.inputs, column.subject.checkpoint
    key = (opened.sha256, *pictures.key, reading.module)
    if recall(STORE, key) is None:
        many = prose("compare.card.measure", name=column.title, count=pictures.count)
        if not st.button(many, key=f"channels-{opened.sha256[:SHORT]}", icon=":material/play_arrow:"):
            return None

    def make(progress: Progress) -> GateChannels:
        network = column.subject.network
        paths, count = (reading.module,), pictures.count
        (found,) = channel_responses(network, inputs(), paths=paths, count=count, progress=progress)
        return GateChannels(found, receptive_field(network, reading.module, column.subject.input_tensor()))

    return cached_with_progress(STORE, key, make, partial(_progress, column.title), most=MOST)


def _closed(column: Column, found: GateChannels, channel: int, pictures: ChannelPictures) -> ClosedChannels | None:
    """Stored, or computed now."""
    if found.closed is not None and found.closed.of(channel) is not None:
        return found.closed
    if pictures.few is None:
        return None
    few, path = pictures.few, found.responses.path

    def make(progress: Progress) -> ClosedChannels:
        inputs, count, labels = few()
        answers, wanted = answers_of(column.explanation.card), {path: (channel,)}
        network = column.subject.network
        return close_channels(network, answers, inputs, labels, wanted, count=count, progress=progress)[0]

    key = (column.subject.checkpoint.sha256, *pictures.key, path, channel)
    return cached_with_progress(CLOSED_STORE, key, make, partial(_progress, column.title), most=MOST_CLOSED)


def _progress(name: str, share: float, at: str) -> str:
    return text("test_pictures.computing", name=name, share=share)


def _lead(column: Column, of: ChannelResponses, channel: int, pictures: ChannelPictures) -> None:
    values = {"low": of.low[channel], "high": of.high[channel], "mean": of.mean[channel]}
    said = prose(
        f"compare.card.lead_{'weight' if of.by_weight else 'positions'}",
        channel=channel,
        name=column.title,
        layer=layer_title(of.layer),
        count=of.pictures,
        of=text(f"compare.card.some.{pictures.kind}", count=of.pictures),
        **{name: number(float(value)) for name, value in values.items()},
    )
    st.markdown(said)


def _ends(found: GateChannels, channel: int, pictures: ChannelPictures) -> None:
    """The pictures at both ends, cut out."""
    of = found.responses
    kind = "weight" if of.by_weight else "feature"
    for name, ends in (("largest", of.highest), ("smallest", of.lowest)):
        title = text(f"compare.card.{name}_{kind}")
        st.caption(f"**{title}**")
        crops = [_crop(found, ends, channel, place, pictures) for place in range(ends.pictures.shape[1])]
        st.html(crops_html(crops, title))
    height, width = found.field.sides
    left, top, right, bottom = found.field.box(of.shape[1] // 2, of.shape[2] // 2)
    if (right - left, bottom - top) == (width, height):
        st.caption(prose("compare.card.sees_all"))
    else:
        st.caption(prose("compare.card.sees", width=right - left, height=bottom - top))


def _crop(found: GateChannels, ends: Ends, channel: int, place: int, pictures: ChannelPictures) -> Crop:
    shape, (height, width) = found.responses.shape, found.field.sides
    picture, row, column = (int(each[channel, place]) for each in (ends.pictures, ends.rows, ends.columns))
    down, across = height / shape[1], width / shape[2]
    cell = (column * across, row * down, (column + 1) * across, (row + 1) * down)
    weight = number(float(ends.weights[channel, place]))
    told = text("compare.card.crop_alt", picture=pictures.name(picture), weight=weight)
    return Crop(pictures.seen(picture), found.field.box(row, column), cell, weight, told)


def _likes(of: ChannelResponses, channel: int) -> None:
    """The channels whose weights go most with it, each a button that opens it."""
    alike = [(int(n), float(r)) for n, r in zip(of.nearest[channel], of.correlation[channel], strict=True) if n >= 0]
    if not alike:
        st.caption(text("compare.card.alike_none"))
        return
    with st.container(key="channel-likes", horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(text("compare.card.alike"), width="content")
        for other, correlation in alike:
            label = text("compare.card.alike_one", channel=other, r=signed(correlation, "+.2f"))
            st.button(label, key=f"like-{other}", type="tertiary", on_click=state.put, args=("channel", other))
