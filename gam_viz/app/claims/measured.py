"""What the Claims page counts and measures, once a server: nothing in it depends on who asks."""

from __future__ import annotations

from contextlib import suppress

import streamlit as st

from gam_viz.app.shared.device import device
from gam_viz.app.shared.networks import checkpoints, network
from gam_viz.app.shared.session_cache import cached_with_spinner, clear
from gam_viz.app.shared.words import text
from gam_viz.claims import Counted, Live, MeasuredNetwork, counted, measure, stand_in
from gam_viz.networks.checkpoints import Checkpoint, CheckpointError

ATTENTION = ("cbam", "gam")
STORE, MOST = "claims", 8  # pairs of networks that measurements are kept of


@st.cache_resource(show_spinner=False)
def counts() -> Counted:
    """What needs no network with weights."""
    return counted()


def live() -> Live:
    """What was measured on the two networks of the scenes; where one is not there, on one with fresh weights.

    Raises:
        ValueError: their gates cannot be measured; the sentence says why.
    """
    shipped = {name: _checkpoint(name) for name in ATTENTION}
    key = tuple(checkpoint.sha256 if checkpoint else "" for checkpoint in shipped.values())
    said = text("claims.measuring")
    return cached_with_spinner(STORE, key, lambda: _measure(shipped), said=said, most=MOST, shared=True)


def again() -> None:
    """Measure anew, here, where it was asked for: times differ from one moment to the next."""
    clear(STORE, shared=True)
    with suppress(ValueError):  # the page says why as it is drawn anew
        live()


def _measure(shipped: dict[str, Checkpoint | None]) -> Live:
    cbam, gam = (_subject(name, checkpoint) for name, checkpoint in shipped.items())
    return measure(cbam, gam, device())


def _subject(attention: str, checkpoint: Checkpoint | None) -> MeasuredNetwork:
    if checkpoint is not None:
        try:
            return MeasuredNetwork(network(checkpoint), checkpoint.card, True)
        except CheckpointError:
            pass  # its file was damaged or went away since it was listed: as if it were not there
    fresh = stand_in(attention)
    return MeasuredNetwork(fresh.network.to(device()), fresh.card, False)


def _checkpoint(attention: str) -> Checkpoint | None:
    """The network that ships for the scenes, where it is there."""
    shipped, _ = checkpoints()
    return next(
        (c for c in shipped if c.card.name == f"scenes-{attention}" and c.card.config.attention == attention), None
    )
