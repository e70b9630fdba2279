"""Times on this machine: measured where a button asks for it, and kept for the session."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st

from gam_viz.app.design.comparison import Compared, Design, key_of, timed
from gam_viz.app.shared.device import device, device_name
from gam_viz.app.shared.session_cache import cached_with_progress, recall
from gam_viz.app.shared.words import prose, text
from gam_viz.cost import MOST_MACS, MOST_PARAMETERS, Timing, timeable, timing
from gam_viz.cost.units import amount
from gam_viz.runtime.progress import Progress

SECONDS = 3.0  # about, of one design's rounds
STORE = "timing"


def with_times(compared: Compared) -> Compared:
    """The same with the times that this session has."""
    times = {key_of(design.config): recall(STORE, _key(compared, design)) for design in compared.designs}
    return timed(compared, {config: known for config, known in times.items() if known is not None})


def timing_buttons(compared: Compared) -> tuple[Design, ...]:
    """Draw the buttons; the designs that one of them asks to be timed."""
    help_ = text("design.time_help", device=device_name(), seconds=round(SECONDS))
    possible = tuple(design for design in compared.designs if _timeable(compared, design))
    mine = tuple(design for design in possible if design is compared.chosen)
    one = st.button(
        text("design.time_chosen"), key="design-time-chosen", icon=":material/timer:", help=help_, disabled=not mine
    )
    every = st.button(
        text("design.time_all"), key="design-time-all", icon=":material/timer:", help=help_, disabled=not possible
    )
    return possible if every else mine if one else ()


def measured(compared: Compared, asked: Sequence[Design]) -> Compared:
    """Time what is asked for, one design after the other; the same with all times that this session has then."""
    for number, design in enumerate(asked, start=1):
        said = text("design.timing", name=design.name, number=number, count=len(asked))
        cached_with_progress(STORE, _key(compared, design), partial(_time, compared, design), said)
    return with_times(compared)


def timing_captions(compared: Compared) -> None:
    """How what is shown was timed, and why some of it was not."""
    timings = [design.timing for design in compared.designs if design.timing]
    if timings:
        rounds = sorted({of.plain.rounds for of in timings})
        st.caption(
            prose(
                "design.timed",
                device=device_name(),
                rounds=str(rounds[0]) if len(rounds) == 1 else f"{rounds[0]}–{rounds[-1]}",
            )
        )
    large = [design.name for design in compared.designs if not _timeable(compared, design)]
    if large:
        names = text("design.semicolon").join(large)
        st.caption(text("design.too_large", names=names, parameters=amount(MOST_PARAMETERS), macs=amount(MOST_MACS)))


def _timeable(compared: Compared, design: Design) -> bool:
    """Both networks must be built."""
    return timeable(design.bill.counts) and timeable(compared.base.bill.counts)


def _key(compared: Compared, design: Design) -> tuple[str, int]:
    return key_of(design.config), compared.choice.side


def _time(compared: Compared, design: Design, progress: Progress) -> Timing:
    side, base = compared.choice.side, compared.base.config

    def told(share: float) -> None:
        progress(share, design.name)

    return timing(design.config, base, side, device(), seconds=SECONDS, progress=told)
