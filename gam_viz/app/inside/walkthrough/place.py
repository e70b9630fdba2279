"""Where one is: the station, and the channel, hidden unit, row and column whose number is looked at."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from gam_viz.app.inside.walkthrough.columns import WalkColumn, stations_of, steps_at
from gam_viz.app.shared import state
from gam_viz.app.shared.choices import choose_number, chosen, pills
from gam_viz.app.shared.words import text
from gam_viz.explain.walkthrough import Step

UNITS = ("channel", "hidden")


@dataclass(frozen=True)
class Place:
    """What is looked at.

    Attributes:
        station: one of `STATIONS`.
        channel, hidden: numbers of a channel and of a hidden unit.
        row, column: of the feature map.
    """

    station: str
    channel: int
    hidden: int
    row: int
    column: int

    def of(self, axis: str, length: int) -> int:
        """The index along an axis of that length; 0 along one that has no choice."""
        chosen = {"channel": self.channel, "hidden": self.hidden, "row": self.row, "column": self.column}
        return min(chosen.get(axis, 0), length - 1)

    def index(self, step: Step) -> tuple[int, ...]:
        """Of the step's number that is looked at."""
        return tuple(self.of(axis, length) for axis, length in zip(step.axes, step.values.shape, strict=True))


def choose_station(columns: list[WalkColumn]) -> str:
    """Draw the stepper; keys B and N go back and on."""
    stations = stations_of(columns)
    at = stations.index(chosen("station", stations, stations[0]))
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        _turn("back", at - 1, stations, "B", ":material/chevron_left:")
        _turn("next", at + 1, stations, "N", ":material/chevron_right:")
        st.caption(text("inside.station_of", number=at + 1, count=len(stations)), width="content")
    names = {name: f"{number} {text(f'inside.station.{name}')}" for number, name in enumerate(stations, 1)}
    label = text("inside.station")
    return pills("station", stations, stations[0], label, names.__getitem__, label_visibility="collapsed")


def _turn(name: str, to: int, stations: list[str], key: str, icon: str) -> None:
    inside = 0 <= to < len(stations)
    st.button(
        text(f"inside.{name}"),
        key=f"inside-{name}",
        icon=icon,
        shortcut=key,
        disabled=not inside,
        on_click=state.put,
        args=("station", stations[to] if inside else stations[0]),
    )


def choose_place(columns: list[WalkColumn], station: str) -> Place:
    """Draw the numbers that this station has; those of others are kept."""
    steps = steps_at(columns, station)
    sizes = {axis: max((_length(step, axis) for step in steps), default=0) for axis in (*UNITS, "row", "column")}
    middle = {"row": sizes["row"] // 2, "column": sizes["column"] // 2}
    numbers = {}
    with st.container(key="cell", horizontal=True, gap="small"):
        for axis, key in (("channel", "unit"), ("hidden", "hidden"), ("row", "row"), ("column", "column")):
            last = sizes[axis] - 1
            if last > 0:
                label = text(f"inside.axis.{axis}", last=last)
                numbers[axis] = choose_number(key, 0, last, middle.get(axis, 0), label, width=130)
            else:
                numbers[axis] = 0 if last == 0 else int(st.session_state.get(key) or state.kept(key) or 0)
    return Place(station, **numbers)


def _length(step: Step, axis: str) -> int:
    return step.values.shape[step.axes.index(axis)] if axis in step.axes else 0
