"""How a page about networks and a picture begins, and its sections."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import wraps
from typing import ParamSpec

import streamlit as st

from gam_viz.app.shared.columns import Shown, View
from gam_viz.app.shared.device import making_room
from gam_viz.app.shared.doors import draw_doors
from gam_viz.app.shared.explanations import Subject, answered, explained, subject
from gam_viz.app.shared.nothing_chosen import stop_without_selection
from gam_viz.app.shared.rendering.bar import look_bar
from gam_viz.app.shared.selection import Selection
from gam_viz.app.shared.sidebar import sidebar
from gam_viz.app.shared.words import network_title, picture_sentence, prose, reason
from gam_viz.images import PictureError
from gam_viz.networks.adapters import NetworkFailedError
from gam_viz.networks.opened import OpenedNetwork
from gam_viz.text.refusal import RefusalError
from gam_viz.titles import literal

P = ParamSpec("P")


def fragment(draw: Callable[P, None]) -> Callable[P, None]:
    """A part of a page that its own controls rerun alone, out of reach of what the page does where memory does not
    suffice."""
    return st.fragment(making_room()(draw))


def section(draw: Callable[P, None]) -> Callable[P, None]:
    """The same. What the library refuses, as a network that answers NaN, it says in a sentence; the page goes on."""

    @wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            draw(*args, **kwargs)
        except (ValueError, NetworkFailedError) as error:
            st.warning(prose("evidence.cannot", reason=reason(error)))

    return fragment(drawn)


def opened_view() -> View:
    """Draw the sidebar and how the picture is looked at.

    Where nothing is chosen yet the page says so and ends here.
    """
    return view_of(opened_selection())


def opened_selection() -> Selection:
    """Draw the sidebar, the doors that the picture asks for, and how it is looked at."""
    selection = sidebar()
    if selection is None:
        stop_without_selection()
    draw_doors(selection)
    look_bar(selection.source, selection.picture, selection.title)
    return selection


def view_of(selection: Selection, frames: Sequence[Sequence[OpenedNetwork]] = ()) -> View:
    """What the networks make of the picture, without those that give no answer; the page names them.

    Args:
        selection: what was chosen.
        frames: the same networks after each epoch of a film; left out where a network is.
    """
    subjects, explanations = answered(_seen(selection))
    whole = len(subjects) == len(selection.networks)
    over_time = explained(_seen_by(each, selection) for frame in frames if whole for each in frame)
    selection = replace(selection, networks=tuple(each.checkpoint for each in subjects))
    return View(selection, subjects, explanations, Shown(), over_time)


def _seen(selection: Selection) -> list[Subject]:
    """Each network with the picture as it sees it; one that cannot see it, as for its bands or its sides, is named."""
    seen = []
    for each in selection.networks:
        try:
            seen.append(_seen_by(each, selection))
        except (RefusalError, PictureError) as error:
            why = picture_sentence(error) if isinstance(error, PictureError) else reason(error)
            st.error(f"**{literal(network_title(each.card))}** · {literal(why)}")
    if not seen:
        st.stop()
    return seen


def _seen_by(checkpoint: OpenedNetwork, selection: Selection) -> Subject:
    return subject(checkpoint, selection.picture, selection.fit)
