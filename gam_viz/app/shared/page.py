"""How a page about networks and a picture begins, and its sections."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import ParamSpec

import streamlit as st

from gam_viz.app.shared.columns import Shown, View, page_style
from gam_viz.app.shared.explanations import answered, subject
from gam_viz.app.shared.rendering.bar import look_bar
from gam_viz.app.shared.sidebar import sidebar
from gam_viz.app.shared.subject import subject_row
from gam_viz.app.shared.words import reason, text

P = ParamSpec("P")


def section(draw: Callable[P, None]) -> Callable[P, None]:
    """A part of a page that its own controls rerun alone. What the library refuses, as a network that answers NaN, it
    says in a sentence; the page goes on."""

    @wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            draw(*args, **kwargs)
        except ValueError as error:
            st.warning(text("evidence.cannot", reason=reason(error)))

    return st.fragment(drawn)


def opened_view(title: str) -> View:
    """Draw the title, the sidebar, how the picture is looked at, and the line that says what the page is about.

    Where nothing is chosen yet the page says so and ends here.
    """
    page_style()
    st.header(title, anchor=False)
    selection = sidebar()
    if selection is None:
        st.info(text("compare.nothing"))
        st.stop()
    look_bar(selection.source, selection.picture, selection.title)
    subjects = tuple(subject(checkpoint, selection.picture, selection.fit) for checkpoint in selection.networks)
    subjects, explanations = answered(subjects)
    selection = replace(selection, networks=tuple(subject.checkpoint for subject in subjects))
    view = View(selection, subjects, explanations, Shown())
    subject_row(view)
    return view
