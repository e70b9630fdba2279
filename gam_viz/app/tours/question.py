"""The question of a stop that asks before it tells: what can be answered, and whether that was right."""

from __future__ import annotations

import streamlit as st

from gam_viz.app.shared.words import prose, text
from gam_viz.app.tours import state
from gam_viz.app.tours.state import CurrentStop


def question(at: CurrentStop, title: str) -> None:
    """Draw it with its answers."""
    st.markdown(f"**{title}** · {prose(f'tours.asks.{at.tour.id}.{at.stop.name}')}")
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        for choice in at.stop.ask:
            st.button(
                text(f"tours.choice.{choice}"),
                key=f"tour-choice-{choice}",
                on_click=state.answer,
                args=(at.tour.id, at.number, choice),
            )
        st.caption(text("tours.asked"), width="content")


def verdict(at: CurrentStop) -> str:
    """What to say of the answer that was given, as Markdown; empty where none was."""
    given = state.given(at)
    if not given or given not in at.stop.ask:
        return ""
    right = text(f"tours.choice.{at.stop.right}")
    if given == at.stop.right:
        return text("tours.answered.right", right=right)
    return text("tours.answered.wrong", given=text(f"tours.choice.{given}"), right=right)
