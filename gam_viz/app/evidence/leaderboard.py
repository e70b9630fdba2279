"""Who looks at the right place? The leaderboard over pictures whose evidence is known, from `gam_viz evidence`."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import streamlit as st

from gam_viz.app.evidence.in_domain import draw_in_domain
from gam_viz.app.evidence.leaderboard_differences import draw_differences, map_title, score_title
from gam_viz.app.evidence.shared import answer_place
from gam_viz.app.shared.choices import choose, segments
from gam_viz.app.shared.columns import PLOT, View, legend
from gam_viz.app.shared.words import attention_title, layer_title, prose, text, words
from gam_viz.evaluation.intervals import Estimate
from gam_viz.evidence.leaderboard.pictures import TAGGED
from gam_viz.evidence.leaderboard.results_file import RESULTS, load_results
from gam_viz.evidence.leaderboard.rows import GateRow, MapRow, NetworkRow, Results
from gam_viz.evidence.leaderboard.run import EvidenceError
from gam_viz.evidence.leaderboard.scoring import scene_scores
from gam_viz.evidence.own_maps import KINDS, TRIVIAL, by_chance
from gam_viz.figures.dots import Dot, dots
from gam_viz.figures.signs import mark_sign
from gam_viz.figures.style import GUIDE, Look, look_of

NOBODY = Look(GUIDE, "hourglass")  # of maps that no network made


def board_section(view: View) -> None:
    """Draw the section."""
    data = view.selection.networks[0].card.dataset
    try:
        every = {each.data: each for each in _results()}
    except EvidenceError as error:
        st.error(prose("evidence.board.unreadable", reason=error))
        return
    if not every:
        st.info(text("evidence.board.none"))
        return
    found = every.get(data) or next(iter(every.values()))
    names = list(every)
    answer = answer_place("leaderboard")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = choose("board", names, found.data, text("common.sidebar.data"), "data")
        found = every[chosen]
        regions = list(found.areas)
        region = segments("where", regions, regions[0], text("evidence.board.region"), "evidence.region")
        measure = _score(found)
    known = f"evidence.score_about.{measure}" in words().sentences
    meaning = prose(f"evidence.score_about.{measure}") if known else ""
    kind = "drawn" if found.data in TAGGED else "real"
    count = found.counts.get(region, found.count)
    st.caption(f"{text(f'evidence.board.about.{kind}', count=count)} {meaning}".strip())
    titles = {network.name: attention_title(network.attention, network.options) for network in found.networks}
    answer.markdown(_answer(found, titles, region, measure))
    looks = [(look_of(network.attention), titles[network.name]) for network in found.networks]
    entries = [(mark_sign(look.marker, look.colour), title) for look, title in looks]
    entries.append((mark_sign(NOBODY.marker, NOBODY.colour, filled=False), text("evidence.board.trivial")))
    st.html(legend(entries))
    _maps(found, titles, region, measure)
    st.caption(prose("evidence.board.kinds"))
    draw_differences(found, titles, region)
    draw_in_domain(found.data, titles)
    st.header(text("evidence.board.gates"), anchor=False)
    st.caption(prose("evidence.board.gates_about", count=found.answered or found.count))
    _gates(found, titles)
    if any(network.tag for network in found.networks):
        shortcut = "tag" if kind == "drawn" else "marks"
        st.header(text(f"evidence.board.{shortcut}"), anchor=False)
        if kind == "real":
            st.caption(prose("evidence.board.marks_about"))
        _tags(found, titles, text(f"evidence.board.{shortcut}_alt", networks=len(found.networks)))
    st.caption(prose(f"evidence.board.limits.{kind}"))
    if any(network.seeds for network in found.networks):
        most = max(len(network.seeds) for network in found.networks)
        st.caption(prose("evidence.board.seeds", most=most, fewest=min(len(n.seeds) or 1 for n in found.networks)))


def _answer(found: Results, titles: dict[str, str], region: str, measure: str) -> str:
    """Which map scores highest, and what is reached without a network."""

    def highest(rows: Iterable[tuple[str, MapRow]]) -> tuple[str, str, Estimate] | None:
        scored = [(name, row.key, row.scores.get(measure)) for name, row in rows if row.region == region]
        known = [(name, key, of) for name, key, of in scored if of is not None]
        return max(known, key=lambda each: each[2].value, default=None)

    of_network = highest((titles[n.name], row) for n in found.networks for row in n.maps if not row.of_layer)
    without = highest(("", row) for row in found.trivial)
    if of_network is None or without is None:
        return text("evidence.board.answer_none")
    name, key, score = of_network
    return prose(
        "evidence.board.answer",
        name=name,
        map=map_title(key),
        measure=score_title(measure),
        value=score.value,
        low=score.low,
        high=score.high,
        trivial=text(f"evidence.trivial.{without[1]}"),
        free=without[2].value,
    )


def _score(found: Results) -> str:
    """The number that maps are compared by, of those that were taken."""
    keys = list(dict.fromkeys(key for row in found.trivial for key in row.scores))
    return segments("score", keys, keys[0], text("evidence.board.measure"), score_title)


def _results() -> list[Results]:
    return load_results(Path(os.environ.get("GAM_VIZ_EVIDENCE") or RESULTS))


def _maps(found: Results, titles: dict[str, str], region: str, measure: str) -> None:
    shown = [row.key for n in found.networks for row in n.maps if row.region == region and not row.of_layer]
    keys = list(dict.fromkeys([*(kind for kind in KINDS if kind in shown), *shown]))
    nobody = text("evidence.board.trivial")
    rows = [
        (text(f"evidence.trivial.{row.key}"), [replace(_dot(nobody, NOBODY, row, measure), filled=False)])
        for row in found.trivial
        if row.region == region and row.key in TRIVIAL
    ]
    for key in keys:
        marks = []
        for network in found.networks:
            of = _row(network, key, region)
            if of is not None:
                marks.append(_dot(titles[network.name], look_of(network.attention), of, measure))
        rows.append((map_title(key), marks))
    area = found.areas[region]
    chance = by_chance(measure, area)
    values = [mark.value for _, marks in rows for mark in marks if mark.value is not None]
    bounded = measure in scene_scores() and np.isfinite(scene_scores()[measure].bounds).all()
    span = scene_scores()[measure].bounds if bounded or not values else (min(0.0, *values), max(0.0, *values))
    st.plotly_chart(
        dots(
            rows,
            axis=score_title(measure),
            span=span,
            guides=[] if chance is None else [(chance, text("evidence.board.chance", share=chance))],
        ),
        config=PLOT,
        key="board-maps",
        alt=text("evidence.board.alt", maps=len(rows), networks=len(found.networks)),
    )


def _dot(name: str, look: Look, row: MapRow, measure: str) -> Dot:
    of: Estimate | None = row.scores.get(measure)
    if of is None:
        return Dot(name, look, None)
    return Dot(name, look, of.value, of.low, of.high, form=".1%", ticks=row.seeds.get(measure, ()))


def _row(network: NetworkRow, key: str, region: str) -> MapRow | None:
    return next((row for row in network.maps if (row.key, row.region) == (key, region)), None)


def _gates(found: Results, titles: dict[str, str]) -> None:
    gated = [network for network in found.networks if network.gates]
    taken = {row.by for network in gated for row in network.gates}
    modes = [by for by in ("data_mean", "identity", "other_picture") if by in taken]
    if not modes:
        st.info(prose("common.gates.none"))
        return
    by = segments("constant", modes, "data_mean", text("evidence.gates.mode"), "evidence.by")
    every = [row for network in gated for row in network.gates if row.by == by]
    places = dict.fromkeys((row.layer, row.branch) for row in every if row.branch != "all" and row.layer != "all")
    wholes = [
        ("all", branch)
        for branch in ("channel", "spatial", "all")
        if any((row.layer, row.branch) == ("all", branch) for row in every)
    ]
    rows = []
    for layer, branch in [*wholes, *places]:
        marks = []
        for network in gated:
            one = next((r for r in network.gates if (r.layer, r.branch, r.by) == (layer, branch, by)), None)
            if one is not None:
                marks.append(_change(titles[network.name], look_of(network.attention), one))
        rows.append((_place_title(layer, branch), marks))
    st.plotly_chart(
        dots(rows, axis=text("evidence.board.accuracy_change"), span=(-1.03, 0.06), form=".0%", guides=[(0.0, "")]),
        config=PLOT,
        key="board-gates",
        alt=text("evidence.gates.alt", gates=len(rows)),
    )


def _change(name: str, look: Look, row: GateRow) -> Dot:
    of = row.accuracy
    return Dot(name, look, of.value, of.low, of.high, form="+.1%", ticks=row.seeds)


def _place_title(layer: str, branch: str) -> str:
    if layer == "all":
        return text(f"evidence.board.all.{branch}")
    return text("evidence.gates.row", layer=layer_title(layer), branch=text(f"evidence.branch.{branch}"))


def _tags(found: Results, titles: dict[str, str], alt: str) -> None:
    rows = []
    for field in dict.fromkeys(name for network in found.networks for name in network.tag):
        marks = [
            Dot(
                titles[n.name],
                look_of(n.attention),
                n.tag[field].value,
                n.tag[field].low,
                n.tag[field].high,
            )
            for n in found.networks
            if field in n.tag
        ]
        rows.append((text(f"evidence.tag.{field}"), marks))
    st.plotly_chart(
        dots(rows, axis=text("evidence.board.tag_axis"), span=(0, 1)),
        config=PLOT,
        key="board-tags",
        alt=alt,
    )
