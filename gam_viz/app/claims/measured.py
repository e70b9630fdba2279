"""What the Claims page counts and measures, once a server: nothing in it depends on who asks."""

from __future__ import annotations

import streamlit as st

from gam_viz.app.shared import networks
from gam_viz.app.shared.session_cache import in_lane
from gam_viz.app.shared.words import text
from gam_viz.claims import Counted, Live, Subject, counted, measure, stand_in
from gam_viz.networks.checkpoints import Checkpoint, CheckpointError

ATTENTION = ("cbam", "gam")
MOST = 8  # pairs of networks that measurements are kept of


@st.cache_resource(show_spinner=False)
def counts() -> Counted:
    """What needs no network with weights."""
    return counted()


def live() -> Live:
    """What was measured on the two networks of the scenes; where one is not there, on one with fresh weights.

    Raises:
        ValueError: their gates cannot be measured; the sentence says why.
    """
    found = {name: _checkpoint(name) for name in ATTENTION}
    key = tuple(of.sha256 if of else "" for of in found.values())
    kept = _kept()
    if key not in kept:
        queue = st.empty()

        def waiting(place: int) -> None:
            queue.info(text("common.waiting", position=place))

        with st.spinner(text("claims.measuring"), show_time=True):
            kept[key] = in_lane(lambda: _measure(found), waiting)
        queue.empty()
        while len(kept) > MOST:
            kept.pop(next(iter(kept)))
    return kept[key]


def again() -> None:
    """Forget what was measured, so that the next look measures anew: times differ from one moment to the next."""
    _kept().clear()


def _measure(found: dict[str, Checkpoint | None]) -> Live:
    cbam, gam = (_subject(name, of) for name, of in found.items())
    return measure(cbam, gam, networks.device())


def _subject(attention: str, checkpoint: Checkpoint | None) -> Subject:
    if checkpoint is not None:
        try:
            return Subject(networks.network(checkpoint.sha256, checkpoint), checkpoint.card, True)
        except CheckpointError:
            pass  # its file was damaged or went away since it was listed: as if it were not there
    fresh = stand_in(attention)
    return Subject(fresh.network.to(networks.device()), fresh.card, False)


def _checkpoint(attention: str) -> Checkpoint | None:
    """The network that ships for the scenes, where it is there."""
    found, _ = networks.checkpoints()
    return next(
        (c for c in found if c.card.name == f"scenes-{attention}" and c.card.config.attention == attention), None
    )


@st.cache_resource(show_spinner=False)
def _kept() -> dict[tuple[str, ...], Live]:
    """The server's, by the networks' digests."""
    return {}
