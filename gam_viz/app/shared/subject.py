"""What the page is about, in one line: the picture, and what each network says of it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from gam_viz.app.shared.columns import Column, View
from gam_viz.app.shared.words import class_title, text
from gam_viz.figures.style import enlarged


def subject_row(view: View) -> None:
    """Draw the line."""
    selection = view.selection
    with st.container(horizontal=True, gap="medium", vertical_alignment="center"):
        seen = view.columns[0].seen
        st.image(
            enlarged(seen, 144),
            width=72,
            alt=text("common.prediction.seen_alt", name=selection.title, size=seen.shape[0]),
        )
        for column in view.columns:
            with st.container(width="content", gap=None):
                column.heading()
                st.caption(_answer(column, selection.classes))
    if selection.medical:
        trained = any(explanation.card.domain == "medical" for explanation in view.explanations)
        st.caption(text("common.prediction.medical_networks") if trained else text("common.prediction.not_medical"))


def _answer(column: Column, classes: Sequence[str]) -> str:
    """What a network says, and what it thinks of the explained class where that is another."""
    explanation, target = column.explanation, column.target
    said = text(
        "evidence.subject",
        predicted=class_title(classes[explanation.predicted]),
        probability=explanation.probabilities[explanation.predicted],
    )
    if target == explanation.predicted:
        return said
    of_target = explanation.probabilities[target]
    return text("evidence.subject_target", said=said, target=class_title(classes[target]), of_target=of_target)
