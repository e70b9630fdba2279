"""The modules that are walked through, side by side: one column a network."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from gam_viz.app.shared.columns import View
from gam_viz.app.shared.explanations import Subject
from gam_viz.app.shared.public import is_public
from gam_viz.app.shared.session_cache import cached_with_spinner
from gam_viz.app.shared.subject import answer_of
from gam_viz.app.shared.words import text
from gam_viz.explain.walkthrough import STATIONS, Step, StepsError, Walk, walk
from gam_viz.figures.style import Look
from gam_viz.titles import literal

MOST = 3  # columns
KEPT = 12  # walks of a session: each holds every tensor of a module


@dataclass(frozen=True)
class WalkColumn:
    """One network's module in the chosen layer.

    Attributes:
        title, look: of the network.
        answer: what it predicts.
        walk: its steps.
    """

    title: str
    look: Look
    answer: str
    walk: Walk


def columns_of(view: View, layer: str) -> list[WalkColumn]:
    """A column for each network that has a module there which can be taken apart; of others the page says why not."""
    walked = []
    for column in view.columns:
        try:
            walked.append(WalkColumn(column.title, column.look, answer_of(column), _walk(column.subject, layer)))
        except StepsError as error:
            st.caption(text(f"inside.refused.{error.code}", name=literal(column.title), module=literal(error.module)))
    if len(walked) > MOST:
        st.caption(text("inside.first", count=MOST))
    return walked[:MOST]


def _walk(subject: Subject, layer: str) -> Walk:
    """Computed once in a session."""

    def make() -> Walk:
        return walk(subject.network, subject.input_tensor(), layer)

    return cached_with_spinner("walk", (subject.key, layer), make, most=KEPT, shared=is_public(subject.key))


def stations_of(columns: list[WalkColumn]) -> list[str]:
    """The stations at which any of the modules does something, in order."""
    there = {step.station for column in columns for step in column.walk.steps}
    return [station for station in STATIONS if station in there]


def steps_at(columns: list[WalkColumn], station: str) -> list[Step]:
    """All steps of one station, of all columns."""
    return [step for column in columns for step in column.walk.at(station)]
