"""How gates form: a slider over the epochs after which copies of the networks were kept, and a button that plays it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import streamlit as st

from gam_viz.app.shared.choices import chosen, switch
from gam_viz.app.shared.networks import snapshots_of
from gam_viz.app.shared.playing import player, stop
from gam_viz.app.shared.selection import Selection
from gam_viz.app.shared.words import prose, text
from gam_viz.networks.opened import OpenedNetwork


@dataclass(frozen=True)
class Film:
    """The networks over their training.

    Attributes:
        selection: with the networks as they were after the chosen epoch.
        frames: the chosen networks after every epoch that can be chosen; empty where the film is not wanted. Scales
            span all of them, so that a gate does not seem to change when only its scale does.
        epochs: of the frames, in order.
        offered: whether there is a film of these networks.
    """

    selection: Selection
    frames: tuple[tuple[OpenedNetwork, ...], ...] = ()
    epochs: tuple[int, ...] = ()
    offered: bool = False


def film_switch(made: Film) -> None:
    """Draw the choice whether the film is shown, where one of the networks has copies of earlier epochs."""
    if made.offered:
        labels = (text("compare.film.show"), text("compare.film.hide"))
        switch("film", labels, ":material/movie:", text("compare.film.help"), then=partial(stop, "epoch"), whole=True)


def film(selection: Selection) -> Film:
    """Draw the film's controls, where it was asked for."""
    copies = [snapshots_of(checkpoint) for checkpoint in selection.networks]
    epochs = _epochs(copies)
    if len(epochs) < 2:
        return Film(selection)
    if chosen("film", ["on", "off"], "off") == "off":
        return Film(selection, offered=True)
    names = [str(epoch) for epoch in epochs]
    epoch = player(
        "epoch",
        names,
        text("compare.film.epoch"),
        lambda name: text("compare.film.untrained") if name == "0" else text("compare.film.after", epoch=name),
    )
    frames = tuple(_networks_at(after, selection.networks, copies) for after in epochs)
    lacking = [checkpoint.card.name for checkpoint, of in zip(selection.networks, copies, strict=True) if not of]
    if lacking:
        st.caption(prose("compare.film.lacking", names=", ".join(lacking)))
    shown = frames[names.index(epoch)]
    return Film(dataclasses.replace(selection, networks=shown), frames, tuple(epochs), True)


def _epochs(copies: Sequence[Mapping[int, OpenedNetwork]]) -> list[int]:
    """Those after which one of the networks was kept, in order."""
    return sorted({epoch for of in copies for epoch in of})


def _networks_at(
    epoch: int, networks: tuple[OpenedNetwork, ...], copies: list[Mapping[int, OpenedNetwork]]
) -> tuple[OpenedNetwork, ...]:
    """Each network after `epoch`, or as it ships where it has no copy of that epoch."""
    return tuple(of.get(epoch, checkpoint) for checkpoint, of in zip(networks, copies, strict=True))
