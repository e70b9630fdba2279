"""Do the maps agree? Every two maps, of all networks, as a matrix; a picked pair side by side."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from gam_viz.app.evidence.shared import answer_place, choose_methods, givens, map_title
from gam_viz.app.shared import measurements
from gam_viz.app.shared.choices import choose, segments
from gam_viz.app.shared.columns import PLOT, Column, View, heading, print_scale
from gam_viz.app.shared.page import section
from gam_viz.app.shared.words import prose, text
from gam_viz.evidence.agreement import Agreement, Matrix
from gam_viz.evidence.registry import MEASURES
from gam_viz.explain.heatmaps import Heatmap
from gam_viz.figures.matrix import matrix
from gam_viz.figures.overlay import overlay
from gam_viz.figures.scales import DIVERGING, SEQUENTIAL, Scale, number, range_scale, symmetric_scale
from gam_viz.titles import literal

ALIKE = ("spearman", "ssim", "iou")
PAIR = ("pair-a", "pair-b")


@section
def agreed_section(view: View) -> None:
    """Draw the section."""
    answer = answer_place("agreement")
    st.caption(text("evidence.agreed.about"))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        methods = choose_methods()
        measure = segments("alike", ALIKE, "spearman", text("evidence.agreed.measure"), "evidence.alike")
    given = givens(view, methods)
    compared: list[tuple[Column, Heatmap]] = []
    for column, each in zip(view.columns, given, strict=True):
        for map_ in each.maps:
            if np.isfinite(map_.values).all():
                compared.append((column, map_))
            else:
                name = f"{column.title}, {map_title(map_)}"
                st.caption(prose("evidence.refused", map=name, reason=text("evidence.not_finite")))
    if len(compared) < 2:
        st.info(prose("evidence.no_maps"))
        return
    result: Agreement = measurements.measured(MEASURES["agreement"], given)
    answer.markdown(_answer(getattr(result, measure), measure))
    names = [f"{column.title} · {map_title(map_)}" for column, map_ in compared]
    left, right = st.columns([1.35, 1], gap="medium")
    with right:
        first, second = (_one_of_pair(key, place, names) for place, key in enumerate(PAIR))
    with left:
        _matrix(result, names, measure, (first, second))
    with right:
        for key, place, number in zip(PAIR, st.columns(2, gap="small"), (first, second), strict=True):
            with place:
                _picture(*compared[number], names[number], f"{key}-picture")
        st.caption(literal(_sentence(result, names, first, second)))


def _answer(of: Matrix, measure: str) -> str:
    """How many pairs are more alike than chance, how many less."""
    pairs = of.outside[np.triu_indices(len(of.outside), 1)]
    counts = {"pairs": len(pairs), "more": int((pairs > 0).sum()), "less": int((pairs < 0).sum())}
    return prose("evidence.agreed.answer", measure=text(f"evidence.alike.{measure}"), **counts)


def _one_of_pair(key: str, default: int, names: Sequence[str]) -> int:
    """One of the two maps that are looked at: the twin of a click on the matrix."""
    options = {str(number): f"{number + 1}  {name}" for number, name in enumerate(names)}
    return int(choose(key, list(options), str(default), text(f"evidence.agreed.{key}"), options.__getitem__))


def _matrix(result: Agreement, names: Sequence[str], measure: str, chosen: tuple[int, int]) -> None:
    of_measure: Matrix = getattr(result, measure)
    scale = Scale(0, 1) if measure == "iou" else Scale(-1, 1, signed=True)
    st.plotly_chart(
        matrix(
            names,
            of_measure.values,
            of_measure.outside,
            scale=Scale(-1, 1, signed=True),
            chosen=chosen if chosen[0] != chosen[1] else None,
            value=text(f"evidence.alike.{measure}"),
        ),
        config=PLOT,
        key="agreement-matrix",
        on_select=_pick,
        selection_mode="points",
        alt=text("evidence.agreed.alt", maps=len(names)),
    )
    about = text("evidence.agreed.scale", low=number(scale.low), high=number(scale.high))
    print_scale(Scale(-1, 1, signed=True), DIVERGING[0], about)
    if any(result.flat):
        flat = ", ".join(name for name, is_flat in zip(names, result.flat, strict=True) if is_flat)
        st.caption(prose("evidence.agreed.flat", names=flat))


def _pick() -> None:
    points = st.session_state["agreement-matrix"]["selection"]["points"]
    for point in points:
        data = point.get("customdata")
        if data:
            for key, number in zip(PAIR, (data[1], data[0]), strict=True):
                st.session_state[key] = str(int(number))


def _picture(column: Column, map_: Heatmap, name: str, key: str) -> None:
    st.html(heading(name, column.look))
    # Likeness goes by order alone: each map is drawn on its own scale, and says so.
    values, noise = [map_.values], map_.noise
    scale = symmetric_scale(values, percentile=99, noise=noise) if map_.signed else range_scale(values, noise=noise)
    colours = DIVERGING[0] if map_.signed else SEQUENTIAL[0]
    st.plotly_chart(
        overlay(map_.values, column.seen, scale, colours, opacity=0.8, hover=text("common.word.value")),
        config=PLOT,
        key=key,
        alt=name,
    )
    st.caption(text("common.scale.own_range", low=number(scale.low), high=number(scale.high)))


def _sentence(result: Agreement, names: Sequence[str], first: int, second: int) -> str:
    if first == second:
        return text("evidence.agreed.same")
    if result.flat[first] or result.flat[second]:
        return text("evidence.agreed.flat_pair")
    rank = result.spearman
    outside = int(rank.outside[first, second])
    return prose(
        {1: "evidence.agreed.more", 0: "evidence.agreed.within", -1: "evidence.agreed.less"}[outside],
        first=names[first],
        second=names[second],
        rank=rank.values[first, second],
        low=rank.low[first, second],
        high=rank.high[first, second],
        iou=result.iou.values[first, second],
        top=result.top,
    )
