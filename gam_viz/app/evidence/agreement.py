"""Do the maps agree? Every two maps, of all networks, as a matrix; a picked pair side by side."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from gam_viz.app.evidence import measurements
from gam_viz.app.evidence.shared import choose_methods, givens, map_title, refusals
from gam_viz.app.shared import state
from gam_viz.app.shared.choices import segments
from gam_viz.app.shared.columns import PLOT, View, heading
from gam_viz.app.shared.words import prose, text
from gam_viz.evidence.agreement import Agreement, Matrix
from gam_viz.evidence.registry import MEASURES
from gam_viz.explain.heatmaps import Heatmap
from gam_viz.figures.matrix import matrix
from gam_viz.figures.overlay import overlay
from gam_viz.figures.scales import DIVERGING, SEQUENTIAL, Scale, range_scale, symmetric_scale

ALIKE = ("spearman", "ssim", "iou")


@st.fragment
@refusals
def agreed_section(view: View) -> None:
    """Draw the section."""
    st.caption(text("evidence.agreed.about"))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        methods = choose_methods()
        measure = segments("alike", ALIKE, "spearman", text("evidence.agreed.measure"), "evidence.alike")
    given = givens(view, methods)
    labelled, owners = [], []
    for index, each in enumerate(given):
        for map_ in each.maps:
            if not np.isfinite(map_.values).all():
                name, title = view.titles()[index], map_title(map_)
                st.caption(text("evidence.refused", map=f"{name}, {title}", reason=text("evidence.not_finite")))
                continue
            labelled.append((view.titles()[index], map_))
            owners.append(index)
    if len(labelled) < 2:
        st.info(prose("evidence.no_maps"))
        return
    found: Agreement = measurements.measured(MEASURES["agreement"], given)
    names = [f"{label} · {map_title(map_)}" for label, map_ in labelled]
    left, right = st.columns([1.35, 1], gap="medium")
    with right:
        first, second = _pair(names)
    with left:
        _matrix(found, names, measure, (first, second))
    with right:
        _pictures(view, labelled, owners, names, (first, second))
        st.caption(_sentence(found, names, first, second))


def _pair(names: Sequence[str]) -> tuple[int, int]:
    """The pair that is looked at: two choices, the twins of a click on the matrix."""
    options = [str(number) for number in range(len(names))]
    for key, default in (("pair-a", "0"), ("pair-b", "1")):
        state.restore(key, options, default)
        st.selectbox(
            text(f"evidence.agreed.{key}"),
            options,
            format_func=lambda number: f"{int(number) + 1}  {names[int(number)]}",
            key=key,
        )
        state.publish(key, default)
    return int(st.session_state["pair-a"]), int(st.session_state["pair-b"])


def _matrix(found: Agreement, names: Sequence[str], measure: str, chosen: tuple[int, int]) -> None:
    of: Matrix = getattr(found, measure)
    scale = Scale(0, 1) if measure == "iou" else Scale(-1, 1, signed=True)
    st.plotly_chart(
        matrix(
            names,
            of.values,
            of.outside,
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
    st.caption(text("evidence.agreed.scale", low=f"{scale.low:g}", high=f"{scale.high:g}"))
    if any(found.flat):
        flat = ", ".join(name for name, is_it in zip(names, found.flat, strict=True) if is_it)
        st.caption(text("evidence.agreed.flat", names=flat))


def _pick() -> None:
    points = st.session_state["agreement-matrix"]["selection"]["points"]
    for point in points:
        data = point.get("customdata")
        if data:
            st.session_state["pair-a"], st.session_state["pair-b"] = str(int(data[1])), str(int(data[0]))


def _pictures(
    view: View,
    labelled: Sequence[tuple[str, Heatmap]],
    owners: Sequence[int],
    names: Sequence[str],
    pair: tuple[int, int],
) -> None:
    for place, (column, number) in enumerate(zip(st.columns(2, gap="small"), pair, strict=True)):
        with column:
            map_ = labelled[number][1]
            st.html(heading(names[number], view.colours()[owners[number]]))
            # Likeness goes by order alone: each map is drawn on its own scale, and says so.
            scale = symmetric_scale([map_.values], percentile=99) if map_.signed else range_scale([map_.values])
            st.plotly_chart(
                overlay(
                    map_.values,
                    view.subjects[owners[number]].input.seen,
                    scale,
                    DIVERGING[0] if map_.signed else SEQUENTIAL[0],
                    opacity=0.8,
                    hover=text("common.word.value"),
                ),
                config=PLOT,
                key=f"pair-{place}",
                alt=names[number],
            )
            st.caption(text("common.scale.own_range", low=f"{scale.low:.3g}", high=f"{scale.high:.3g}"))


def _sentence(found: Agreement, names: Sequence[str], first: int, second: int) -> str:
    if first == second:
        return text("evidence.agreed.same")
    if found.flat[first] or found.flat[second]:
        return text("evidence.agreed.flat_pair")
    rank = found.spearman
    outside = int(rank.outside[first, second])
    return prose(
        {1: "evidence.agreed.more", 0: "evidence.agreed.within", -1: "evidence.agreed.less"}[outside],
        first=names[first],
        second=names[second],
        rank=rank.values[first, second],
        low=rank.low[first, second],
        high=rank.high[first, second],
        iou=found.iou.values[first, second],
        top=found.top,
    )
