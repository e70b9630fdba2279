"""The modules that are walked through, side by side: one column a network."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st
from torch import Tensor

from gam_viz.explain.steps import STATIONS, Step, StepsError, Walk, walk
from gam_viz.networks import ResidualNetwork
from gam_viz.pages import compute
from gam_viz.pages.results import remembered, told
from gam_viz.pages.rows.view import View
from gam_viz.pages.text import text

MOST = 3  # columns
KEPT = 12  # walks of a session: each holds every tensor of a module


@dataclass(frozen=True)
class Column:
    """One network's module in the chosen layer.

    Attributes:
        title, colour: of the network.
        walk: its steps.
    """

    title: str
    colour: str
    walk: Walk


def columns_of(view: View, layer: str) -> list[Column]:
    """A column for each network that has a module there which can be taken apart; of others the page says why not."""
    found = []
    for index, subject in enumerate(view.subjects):
        title = view.titles()[index]
        place = st.empty()
        _, waiting = told(place, title)
        network = compute.network(subject.checkpoint.sha256, subject.checkpoint)
        x = subject.input.tensor

        def make(network: ResidualNetwork = network, x: Tensor = x) -> Walk:
            return walk(network, x.to(compute.device()), layer)

        try:
            made = remembered("walk", (subject.key, layer), make, waiting, most=KEPT)
            found.append(Column(title, view.colours()[index], made))
            place.empty()
        except StepsError as error:
            place.caption(text(f"inside.refused.{error.code}", name=title))
    if len(found) > MOST:
        st.caption(text("inside.first", count=MOST))
    return found[:MOST]


def stations_of(columns: list[Column]) -> list[str]:
    """The stations at which any of the modules does something, in order."""
    there = {step.station for column in columns for step in column.walk.steps}
    return [station for station in STATIONS if station in there]


def steps_at(columns: list[Column], station: str) -> list[Step]:
    """All steps of one station, of all columns."""
    return [step for column in columns for step in column.walk.at(station)]
