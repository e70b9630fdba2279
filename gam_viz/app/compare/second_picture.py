"""Two pictures, one network: which channels and positions differ, and what exchanging the gates does to answers."""

from __future__ import annotations

from html import escape

import numpy as np
import streamlit as st

from gam_viz.app.compare.masks import Masks
from gam_viz.app.shared.beside import beside, cell
from gam_viz.app.shared.choices import choose, fold
from gam_viz.app.shared.columns import Column, View, print_scale
from gam_viz.app.shared.explanations import Subject, explained, subject
from gam_viz.app.shared.page import section
from gam_viz.app.shared.picture_choice import choose_second_picture
from gam_viz.app.shared.session_cache import cached_with_spinner
from gam_viz.app.shared.words import gate_title, layer_title, prose, text
from gam_viz.evidence.ablation.exchange import Exchange, Scores, exchanges
from gam_viz.explain import Explanation, GateReading
from gam_viz.explain.differences import channel_differences, map_difference
from gam_viz.explain.heatmaps import spatial_maps
from gam_viz.figures.gate_scales import spatial_scale
from gam_viz.figures.map_html import bars_html, map_html, picture_style
from gam_viz.figures.scales import DIVERGING, SEQUENTIAL, number, symmetric_scale
from gam_viz.text import signed

STORE, MOST = "exchanges", 60
CHANGES = DIVERGING[1]  # of differences: masks themselves have other colours


@section
def second_picture(view: View, layer: str, masks: Masks) -> None:
    """Draw the part, folded up until it is asked for."""
    with fold(text("compare.second.fold"), "second") as opened:
        if opened:
            _compare(view, layer, masks)


def _compare(view: View, layer: str, masks: Masks) -> None:
    gated = {str(column.number): column for column in view.columns if column.explanation.readings}
    with st.container(key="second-choice", horizontal=True, gap="medium", vertical_alignment="bottom"):
        chosen = choose_second_picture(view.selection.networks[0].card)
        column = next(iter(gated.values()))
        if len(gated) > 1:
            label = text("compare.region.column.network")
            number_ = choose("second-of", list(gated), str(column.number), label, lambda n: gated[n].title, width=190)
            column = gated[number_]
    if chosen is None:
        st.info(text("compare.second.none"))
        return
    other = subject(column.subject.checkpoint, chosen.picture, view.selection.fit)
    if other.input.key == column.subject.input.key:
        st.info(text("compare.second.same"))
        return
    (explanation,) = explained([other])
    if not explanation.answered:
        st.error(prose("common.prediction.no_answer", names=column.title))
        return
    own = view.layers_beside(layer)[column.number]
    _answers(column, other, explanation, [r for r in column.explanation.readings if r.layer == own])
    first, second = column.explanation.reading(own, "channel"), explanation.reading(own, "channel")
    if first is not None and second is not None:
        _channels(column, first, second, own)
    _masks(column, other, explanation, masks)


def _answers(column: Column, other: Subject, explanation: Explanation, gates: list[GateReading]) -> None:
    """All four answers of all gates, and of the one that is chosen."""
    titles = {reading.module: _gate(reading) for reading in gates}
    places = dict(zip((_place(reading) for reading in gates), titles, strict=True))
    path = ""
    if places:
        label = text("compare.second.gate", layer=layer_title(gates[0].layer))
        default = next(iter(places))
        path = places[choose("second-gate", list(places), default, label, lambda p: titles[places[p]], width=230)]
    key = (column.subject.key, other.key, path)
    network, sets = column.subject.network, [(), (path,)] if path else [()]
    found = cached_with_spinner(
        STORE, key, lambda: exchanges(network, column.subject.input_tensor(), other.input_tensor(), sets), most=MOST
    )
    card = column.explanation.card

    def answer(scores: Scores) -> Explanation:
        return Explanation(card, scores.astype(np.float32), ())

    def answers(of: Exchange, kind: str) -> tuple[Explanation, Explanation]:
        both = (of.first, of.second) if kind == "own" else (of.first_with, of.second_with)
        return answer(both[0]), answer(both[1])

    kinds = {"own": answers(found[0], "own"), "all": answers(found[0], "all")}
    if path:
        kinds["one"] = answers(found[1], "one")
    if column.told.answers.key == "class":
        st.markdown(_sentence(kinds["own"], kinds["all"]))
    asked = list(dict.fromkeys(each.predicted for each in kinds["own"]))
    rows = [
        {
            text("compare.second.column.picture"): text(f"compare.second.{which}"),
            text("compare.second.column.gates"): text(f"compare.second.gates_{kind}", gate=titles.get(path, "")),
            text("compare.second.column.answer"): column.told.pair(both[number], both[number].predicted),
            **{column.told.of(k): column.told.value(float(both[number].values[k])) for k in asked},
        }
        for number, which in enumerate(("first", "second"))
        for kind, both in kinds.items()
    ]
    st.dataframe(rows, hide_index=True, key="second-answers")


def _sentence(own: tuple[Explanation, Explanation], exchanged: tuple[Explanation, Explanation]) -> str:
    """Whether the answers change where all gates are exchanged."""
    first, second = (a.predicted != b.predicted for a, b in zip(own, exchanged, strict=True))
    which = "both" if first and second else "first" if first else "second" if second else "none"
    return text(f"compare.second.changes_{which}")


def _place(reading: GateReading) -> str:
    return f"{reading.branch}:{reading.name}" if gate_title(reading.name) else reading.branch


def _gate(reading: GateReading) -> str:
    branch, name = text(f"evidence.branch.{reading.branch}"), gate_title(reading.name)
    return f"{branch}: {name}" if name else branch


def _channels(column: Column, first: GateReading, second: GateReading, layer: str) -> None:
    """The channels whose weights differ most."""
    found = channel_differences(first, second)
    st.markdown(f"**{text('compare.second.channels', layer=layer_title(layer))}**")
    bars = [
        (
            str(each.channel),
            each.change,
            text(
                "compare.second.weights",
                first=number(each.first),
                second=number(each.second),
                change=signed(each.change, "+.3g"),
            ),
        )
        for each in found
    ]
    most = max(abs(each.change) for each in found) or 1.0
    st.html(bars_html(bars, column.colour, (-most, most), changes=True))
    st.caption(text(f"compare.second.channels_about{'_mean' if first.per_position else ''}", most=number(most)))


def _masks(column: Column, other: Subject, explanation: Explanation, masks: Masks) -> None:
    """Both masks of the layer and what differs between them."""
    place, first, gate = masks.places[column.number], masks.shown(column.number), masks.gates[column.number]
    maps = spatial_maps(explanation, reduction=masks.reduction, channel=masks.detail, count=max(1, masks.detail))
    second = maps.get(place)
    if first is None or second is None or gate is None or first.values.size == 1:
        return
    found = map_difference(first, second, gate.module)
    st.markdown(f"**{text('compare.second.masks', layer=layer_title(place))}**")
    seen = other.input.seen
    st.html(picture_style([column.seen, seen]))
    scale, change = spatial_scale([first, second]), symmetric_scale([found])
    colours = DIVERGING[0] if scale.signed else masks.colours if masks.colours in SEQUENTIAL else SEQUENTIAL[0]
    with beside("second-masks"):
        for name, map_, below in (("first", first, column.seen), ("second", second, seen)):
            title = text(f"compare.second.{name}")
            with cell(f"second-mask-{name}"):
                drawn = map_html(map_.values, below, scale, colours, opacity=masks.opacity, alt=title)
                st.html(f'<p class="gv-answer">{escape(title)}</p>{drawn}')
                if name == "second":
                    print_scale(scale, colours, text("compare.second.scale"))
        with cell("second-mask-change"):
            title = text("compare.second.difference")
            drawn = map_html(found, column.seen, change, CHANGES, opacity=1.0, alt=title)
            st.html(f'<p class="gv-answer">{escape(title)}</p>{drawn}')
            print_scale(change, CHANGES, text("compare.second.scale_change"))
