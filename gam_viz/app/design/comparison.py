"""The design, the network without attention and the usual alternatives, counted; and timed, where they were."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass

import streamlit as st

from gam_viz.app.design.controls import Choice
from gam_viz.app.design.refused import reason
from gam_viz.app.shared.words import attention_title, text
from gam_viz.cost import Bill, Timing, bill, usual
from gam_viz.networks import NetworkConfig


@dataclass(frozen=True)
class Design:
    """One row: what it is, its name, what was counted, and what this session timed of it."""

    config: NetworkConfig
    name: str
    bill: Bill
    timing: Timing | None = None


@dataclass(frozen=True)
class Compared:
    """What the page shows.

    Attributes:
        choice: what was asked for.
        base: the network without attention.
        chosen: the design asked for; None where it cannot be built, or carries no attention.
        others: the usual alternatives in the same stages, the cheapest first.
        refused: why the design cannot be built, as a sentence, or empty.
        left_out: (name, sentence) of alternatives that cannot be built.
    """

    choice: Choice
    base: Design
    chosen: Design | None
    others: tuple[Design, ...]
    refused: str
    left_out: tuple[tuple[str, str], ...]

    @property
    def designs(self) -> tuple[Design, ...]:
        """Those with attention, the chosen one first."""
        return ((self.chosen,) if self.chosen else ()) + self.others

    def shares(self, design: Design) -> tuple[float, float]:
        """What a design adds to the parameters and multiply-adds of the network without attention (0.05 is 5 %)."""
        mine, base = design.bill.counts, self.base.bill.counts
        return mine.parameters / base.parameters - 1, mine.macs / base.macs - 1

    def name_of(self, design: Design) -> str:
        """Its name, with a mark where it is the chosen one."""
        return text("design.chosen", name=design.name) if design is self.chosen else design.name


def counted(config: NetworkConfig, side: int) -> Bill:
    """A network's bill, counted once.

    Raises:
        ValueError: its attention cannot be built.
    """
    return _counted(key_of(config), side)


def key_of(config: NetworkConfig) -> str:
    """A configuration as a key of caches."""
    return json.dumps(config.to_dict(), sort_keys=True)


@st.cache_data(show_spinner=False, max_entries=2000)
def _counted(config: str, side: int) -> Bill:
    return bill(NetworkConfig.from_dict(json.loads(config)), side)


def compare(choice: Choice) -> Compared:
    """Count the design and everything beside it."""
    without, *others = usual(choice.config)
    base = _design(without, choice.side)
    chosen, refused = None, ""
    stages = choice.config.attention_stages
    carries = choice.config.attention != "none" and (any(stages) or not stages)
    if carries:
        try:
            chosen = _design(choice.config, choice.side)
        except ValueError as error:
            refused = reason(error)
    found, left_out = [], []
    for other in others if choice.config.attention == "none" or carries else []:
        if other == choice.config:
            continue
        try:
            found.append(_design(other, choice.side))
        except ValueError as error:
            left_out.append((_name(other), reason(error)))
    found.sort(key=lambda design: design.bill.counts.parameters)
    return Compared(choice, base, chosen, tuple(found), refused, tuple(left_out))


def timed(compared: Compared, of: dict[str, Timing]) -> Compared:
    """The same with what was timed, by the key of the configuration."""

    def with_time(design: Design) -> Design:
        return dataclasses.replace(design, timing=of.get(key_of(design.config)))

    return dataclasses.replace(
        compared,
        chosen=with_time(compared.chosen) if compared.chosen else None,
        others=tuple(with_time(other) for other in compared.others),
    )


def _design(config: NetworkConfig, side: int) -> Design:
    return Design(config, _name(config), counted(config, side))


def _name(config: NetworkConfig) -> str:
    return attention_title(config.attention, config.attention_options)
