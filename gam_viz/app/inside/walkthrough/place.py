"""Where one is: the station, and the channel, hidden unit, row and column whose number is looked at."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from gam_viz.app.inside.walkthrough.columns import WalkColumn, steps_at
from gam_viz.app.shared import state
from gam_viz.app.shared.choices import choose_number, chosen_number
from gam_viz.app.shared.words import text
from gam_viz.explain.walkthrough import Step

#: Axis -> its key in the link.
KEYS = {"channel": "unit", "hidden": "hidden", "row": "row", "column": "column"}


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


def place_at(columns: list[WalkColumn], station: str) -> Place:
    """What is looked at, before it is drawn; numbers that this station has not are kept."""
    sizes = _sizes(columns, station)
    return Place(station, **{axis: _number(axis, length) for axis, length in sizes.items()})


def choose_place(columns: list[WalkColumn], station: str) -> None:
    """Draw the numbers that this station has."""
    sizes = {axis: length for axis, length in _sizes(columns, station).items() if length > 1}
    if not sizes:
        return
    with st.container(key="cell", horizontal=True, gap="small"):
        for axis, length in sizes.items():
            label = text(f"inside.axis.{axis}", last=length - 1)
            choose_number(KEYS[axis], 0, length - 1, _middle(axis, length), label, width=130)


def _number(axis: str, length: int) -> int:
    if length > 1:
        return chosen_number(KEYS[axis], 0, length - 1, _middle(axis, length))
    return 0 if length == 1 else int(st.session_state.get(KEYS[axis]) or state.kept(KEYS[axis]) or 0)


def _middle(axis: str, length: int) -> int:
    """To begin with: the middle of a map, the first channel."""
    return length // 2 if axis in ("row", "column") else 0


def _sizes(columns: list[WalkColumn], station: str) -> dict[str, int]:
    """Axis -> its length at the station, the longest of all columns; 0 where it has none."""
    steps = steps_at(columns, station)
    return {axis: max((_length(step, axis) for step in steps), default=0) for axis in KEYS}


def _length(step: Step, axis: str) -> int:
    return step.values.shape[step.axes.index(axis)] if axis in step.axes else 0
