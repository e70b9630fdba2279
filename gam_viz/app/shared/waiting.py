"""Waiting, said on the page: what is computed, how far it is, what comes first and how long that takes, about."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import TypeVar

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from gam_viz.app.shared.device import device
from gam_viz.app.shared.words import prose, text
from gam_viz.runtime.device_queue import lane, lane_of
from gam_viz.runtime.door import Door
from gam_viz.runtime.flights import Flights
from gam_viz.runtime.progress import Progress
from gam_viz.runtime.visit import OnWait, Visit, Waiting
from gam_viz.titles import literal

T = TypeVar("T")
#: What is computed: a name, or the sentence for a share and what is at work.
Say = str | Callable[[float, str], str]

PAGES = 2  # drawn at a time: one computes while the other is drawn
TELLING = 0.05  # share that must be done before it tells how long the rest takes
VISIT = "lane-visit"


@dataclass(frozen=True)
class ProgressLine:
    """Where a computation says how far it is; both may raise to leave it, when the reader went on.

    Attributes:
        progress: told the share that is done, 0..1, and what is at work.
        on_wait: told what comes first, in the device's queue.
    """

    progress: Progress
    on_wait: OnWait


@contextmanager
def progress_line(say: Say = "") -> Iterator[ProgressLine]:
    """A line that says how far a computation is, and is gone when it is done."""
    place = st.empty()  # always, so that what is below stays the element that it is
    began, said = time.monotonic(), "" if callable(say) or not say else prose("evidence.computing", name=say, share=0)

    def progress(share: float, at: str = "") -> None:
        nonlocal said
        share = min(max(share, 0.0), 1.0)
        said = literal(say(share, at)) if callable(say) else prose("evidence.computing", name=say, share=share)
        left = (time.monotonic() - began) * (1 / share - 1) if share >= TELLING else 0.0
        place.progress(share, f"{said} {text('common.left', seconds=left)}" if left >= 1 else said)

    def waiting(before: Waiting) -> None:
        if before.seconds is None:
            sentence = text("common.waiting_same")
        else:
            sentence = text("common.waiting", position=before.position, seconds=max(1.0, before.seconds))
        place.info(f"{said} {sentence}".strip())

    try:
        yield ProgressLine(progress, waiting)
    finally:
        place.empty()


@contextmanager
def spinner(said: str) -> Iterator[ProgressLine]:
    """The same for what takes moments: it says that it computes and for how long, or what comes first."""
    with progress_line() as line, st.spinner(said, show_time=True):
        yield line


def in_queue(make: Callable[[], T], on_wait: OnWait | None = None) -> T:
    """What `make` computes in this session's turns on the device; see `device_queue`."""
    with lane(device(), on_wait, _visit()):
        return make()


@contextmanager
def in_turn() -> Iterator[None]:
    """Draw a page while few others are drawn; see `Door`. Where others come first, it says so."""
    with progress_line() as line, _door().inside(line.on_wait), lane_of(device()).expecting(_visit()):
        yield


def made_once(key: Hashable, on_wait: OnWait) -> AbstractContextManager[None]:
    """Be the only session that makes what has that key; see `Flights.alone`."""
    return _flights().alone(key, on_wait)


def _visit() -> Visit:
    """This run of the page, as the device's queue knows it."""
    context = get_script_run_ctx()
    if context is None:
        return Visit(object())
    # Streamlit gives its runs no name; each has new cursors.
    run, visit = st.session_state.get(VISIT, (None, None))
    if visit is None or run is not context.cursors:
        visit = Visit(context.session_id)
        st.session_state[VISIT] = (context.cursors, visit)
    return visit


@st.cache_resource(show_spinner=False)
def _door() -> Door:
    return Door(PAGES)


@st.cache_resource(show_spinner=False)
def _flights() -> Flights:
    return Flights()
