"""Results that a session keeps, computed in the device's lane while the page says how far that is."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any, TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from gam_viz.app.shared import networks
from gam_viz.app.shared.words import text
from gam_viz.runtime.device_queue import OnWait, lane
from gam_viz.runtime.progress import Progress

MOST = 60  # results of each kind, kept in one session
T = TypeVar("T")


def remembered(
    store: str, key: tuple[Any, ...], make: Callable[[], T], on_wait: OnWait | None, *, most: int = MOST
) -> T:
    """A result that this session has, else the one that `make` computes now in the device's lane; of its kind, `most`
    are kept.

    Keys begin with a subject's key, so that what is known of an upload can be forgotten with it, see `networks.forget`.
    """
    kept: OrderedDict[Any, T] = st.session_state.setdefault(f"{networks.PROOF}{store}", OrderedDict())
    if key not in kept:
        kept[key] = in_lane(make, on_wait)
    kept.move_to_end(key)
    while len(kept) > most:
        kept.popitem(last=False)
    return kept[key]


def awaited(store: str, key: tuple[Any, ...], make: Callable[[], T], *, most: int = MOST) -> T:
    """The same of what takes moments: the page says that it computes, or how many others come first."""
    place = st.empty()

    def waiting(position: int) -> None:
        place.info(text("common.waiting", position=position))

    try:
        with st.spinner(text("compare.predicting")):
            return remembered(store, key, make, waiting, most=most)
    finally:
        place.empty()


def in_lane(make: Callable[[], T], on_wait: OnWait | None) -> T:
    """What `make` computes, while no other session computes on the device."""
    with lane(networks.device(), on_wait):
        return make()


def told(place: DeltaGenerator, name: str) -> tuple[Progress, Callable[[int], None]]:
    """`progress` and `on_wait` that write into `place` how far the computation for `name` is."""

    def progress(share: float, at: str) -> None:
        place.progress(min(max(share, 0.0), 1.0), text("evidence.computing", name=name, share=share))

    def waiting(position: int) -> None:
        place.info(text("common.waiting", position=position))

    return progress, waiting
