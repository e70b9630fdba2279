"""The walk through CBAM and GAM: all stations small, one large, and the arithmetic of one number of it."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from gam_viz.app.inside.walkthrough.arithmetic import cell
from gam_viz.app.inside.walkthrough.columns import WalkColumn, columns_of, stations_of, steps_at
from gam_viz.app.inside.walkthrough.place import Place, choose_place, place_at
from gam_viz.app.inside.walkthrough.scales import comparable, scale_of
from gam_viz.app.inside.walkthrough.sentences import axes, nothing, sentence
from gam_viz.app.inside.walkthrough.tensor import picture
from gam_viz.app.inside.walkthrough.tiles import tiles_of
from gam_viz.app.shared.choices import chosen
from gam_viz.app.shared.columns import View, heading
from gam_viz.app.shared.page import fragment
from gam_viz.app.shared.stepper import stepper
from gam_viz.app.shared.words import prose, text
from gam_viz.explain.walkthrough import Step
from gam_viz.figures.scales import number
from gam_viz.figures.style import enlarged


@fragment
def steps_section(view: View, layer: str) -> None:
    """Draw the walk; a change of station or cell computes nothing anew."""
    columns = columns_of(view, layer)
    if not columns:
        st.info(text("inside.none"))
        return
    stations = stations_of(columns)
    place = place_at(columns, chosen("station", stations, stations[0]))
    with st.container(horizontal=True, wrap=False, gap="small", vertical_alignment="center"):
        seen = view.columns[0].seen
        height, width = seen.shape[:2]
        alt = text("common.prediction.seen_alt", name=view.selection.title, width=width, height=height)
        st.image(enlarged(seen, 144), width=48, alt=alt)
        stepper(
            "station",
            stations,
            stations[0],
            text("inside.station"),
            lambda name: text(f"inside.station.{name}"),
            tiles=tiles_of(columns, place),
            shortcuts=("B", "N"),
        )
    for index, (drawn, column) in _row(columns):
        with drawn, st.container(key=f"walk-{index}"):
            st.html(heading(f"{column.title} · {column.answer}", column.look))
            _pictures(columns, column, place, f"inside-{index}")
    choose_place(columns, place.station)
    for index, (drawn, column) in _row(columns):
        with drawn:
            _arithmetic(column, place, f"inside-{index}")


def _row(columns: list[WalkColumn]) -> list[tuple[int, tuple[DeltaGenerator, WalkColumn]]]:
    return list(enumerate(zip(st.columns(len(columns), gap="large"), columns, strict=True)))


def _pictures(columns: list[WalkColumn], column: WalkColumn, place: Place, key: str) -> None:
    """What one module does at the station."""
    steps = column.walk.at(place.station)
    if not steps:
        st.caption(nothing(column.walk, place.station))
    for number_, step in enumerate(steps):
        together = comparable(step, steps_at(columns, place.station))
        scale, shared = scale_of(together), len(together) > len(steps)
        st.markdown(sentence(column.walk, step))
        st.caption(axes(step))
        picture(step, place, scale, column.look.colour, shared=shared, key=f"{key}-{number_}")


def _arithmetic(column: WalkColumn, place: Place, key: str) -> None:
    """How the module comes to the number that is looked at."""
    for number_, step in enumerate(column.walk.at(place.station)):
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
