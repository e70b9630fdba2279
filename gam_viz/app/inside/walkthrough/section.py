"""The walk through CBAM and GAM: all stations small, one large, and the arithmetic of one number of it."""

from __future__ import annotations

import streamlit as st

from gam_viz.app.inside.walkthrough.arithmetic import cell
from gam_viz.app.inside.walkthrough.columns import WalkColumn, columns_of, steps_at
from gam_viz.app.inside.walkthrough.place import Place, choose_place, choose_station
from gam_viz.app.inside.walkthrough.scales import comparable, scale_of
from gam_viz.app.inside.walkthrough.sentences import axes, nothing, sentence
from gam_viz.app.inside.walkthrough.tensor import picture
from gam_viz.app.inside.walkthrough.tiles import flow
from gam_viz.app.shared.columns import View, heading
from gam_viz.app.shared.words import prose, text
from gam_viz.explain.walkthrough import Step
from gam_viz.figures.scales import number


@st.fragment
def steps_section(view: View, layer: str) -> None:
    """Draw the walk; a change of station or cell computes nothing anew."""
    columns = columns_of(view, layer)
    if not columns:
        st.info(text("inside.none"))
        return
    top = st.container()  # the tiles stand above the stepper, and show what it says
    station = choose_station(columns)
    place = choose_place(columns, station)
    with top:
        flow(columns, place)
    for index, (drawn, column) in enumerate(zip(st.columns(len(columns), gap="large"), columns, strict=True)):
        with drawn:
            st.html(heading(column.title, column.look))
            _station(columns, column, place, f"inside-{index}")


def _station(columns: list[WalkColumn], column: WalkColumn, place: Place, key: str) -> None:
    """One module's steps at the station."""
    steps = column.walk.at(place.station)
    if not steps:
        st.caption(nothing(column.walk, place.station))
    for number_, step in enumerate(steps):
        together = comparable(step, steps_at(columns, place.station))
        scale, shared = scale_of(together), len(together) > len(steps)
        st.markdown(sentence(column.walk, step))
        st.caption(axes(step))
        picture(step, place, scale, column.look.colour, shared=shared, key=f"{key}-{number_}")
        _how(step)
        cell(step, place, column.look.colour, key=f"{key}-{number_}")
    differences = column.walk.differences
    st.caption(
        ":material/check: "
        + prose("inside.same", difference=number(max(differences.values())), gates=len(differences) - 1),
    )


def _how(step: Step) -> None:
    """The formula and the line of code."""
    st.latex(step.formula)
    path, described = step.module
    st.code(step.code + (f"\n# {path}: {described}" if path else ""), language="python", wrap_lines=True)
