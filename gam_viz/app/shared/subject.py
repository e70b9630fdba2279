"""What the page is about, in one line: the picture, and what each network says of it."""

from __future__ import annotations

import streamlit as st

from gam_viz.app.shared.columns import Column, View
from gam_viz.app.shared.rendering.facts import note_text
from gam_viz.app.shared.words import text
from gam_viz.figures.style import enlarged
from gam_viz.titles import literal


def subject_row(view: View) -> None:
    """Draw the line."""
    selection = view.selection
    with st.container(horizontal=True, gap="medium", vertical_alignment="center"):
        seen = view.columns[0].seen
        st.image(
            enlarged(seen, 144),
            width=72,
            alt=text("common.prediction.seen_alt", name=selection.title, width=seen.shape[1], height=seen.shape[0]),
        )
        for column in view.columns:
            with st.container(width="content", gap=None):
                column.heading()
                st.caption(literal(answer_of(column)))
    say_notes(view)


def say_notes(view: View) -> None:
    """Draw what must be known of the networks and the picture: what they were given, and that neither is a doctor."""
    say_given(view)
    if view.selection.medical:
        trained = any(explanation.card.domain == "medical" for explanation in view.explanations)
        st.caption(text("common.prediction.medical_networks") if trained else text("common.prediction.not_medical"))


def say_given(view: View) -> None:
    """Draw what the networks were given, where that is not what is seen: all bands of a picture."""
    for said in dict.fromkeys(note_text(note) for column in view.columns for note in column.subject.input.notes):
        st.caption(said)


def answer_of(column: Column) -> str:
    """What a network says, and what it says of the explained answer where that is another."""
    explanation, told = column.explanation, column.told
    said = told.pair(explanation, explanation.predicted)
    if column.target == explanation.predicted:
        return said
    return text("evidence.subject_target", said=said, target=told.pair(explanation, column.target))
