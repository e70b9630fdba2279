"""Networks that a program beside this server shows: handed over in memory, seen by whoever has their address."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from gam_viz.images.given import GivenPictures
from gam_viz.networks.live import LiveNetwork

KEY = "show"  # of the address


@dataclass(frozen=True, eq=False)
class Exhibit:
    """What one call of `show` shows.

    Attributes:
        networks: by name, in order.
        pictures: to look at; None where the app's own are.
    """

    networks: Mapping[str, LiveNetwork]
    pictures: GivenPictures | None = None


_exhibits: dict[str, Exhibit] = {}
_lock = threading.Lock()


def put_up(token: str, exhibit: Exhibit) -> None:
    """Show it to whoever has the token, in the place of what was shown there."""
    with _lock:
        before, _exhibits[token] = _exhibits.get(token), exhibit
    _let_go(before)


def take_down(token: str) -> None:
    """Show it no longer, and let go of its networks."""
    with _lock:
        shown = _exhibits.pop(token, None)
    _let_go(shown)


def _let_go(shown: Exhibit | None) -> None:
    for network in shown.networks.values() if shown is not None else ():
        network.let_go()


def exhibits() -> dict[str, Exhibit]:
    """All that is shown now, by token."""
    with _lock:
        return dict(_exhibits)


def exhibit() -> Exhibit | None:
    """What is shown to this session: what its address names, or named when it came."""
    token = str(st.query_params.get(KEY) or st.session_state.get("show-token") or "")
    with _lock:
        shown = _exhibits.get(token)
    if shown is None:
        return None
    st.session_state["show-token"] = token
    if st.query_params.get(KEY) != token:  # Streamlit clears the address when a page is left
        st.query_params[KEY] = token
    return shown


def live_networks() -> tuple[LiveNetwork, ...]:
    """Of this session; none where no program shows it any."""
    shown = exhibit()
    return () if shown is None else tuple(shown.networks.values())


def given() -> GivenPictures | None:
    """The pictures that were handed over with them."""
    shown = exhibit()
    return None if shown is None else shown.pictures
