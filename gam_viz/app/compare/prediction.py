"""The first row: the picture, what the networks saw, and what each made of it."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from gam_viz.app.shared.columns import PLOT, Column, View, legend
from gam_viz.app.shared.rendering.facts import facts_of, notes_of
from gam_viz.app.shared.subject import say_given
from gam_viz.app.shared.words import prose, text
from gam_viz.explain.place_words import box_labels, class_shares, located_alt, located_caption
from gam_viz.figures.located import class_colours, located
from gam_viz.figures.overlay import SIDE
from gam_viz.figures.pixels import thumbnail
from gam_viz.figures.signs import mark_sign
from gam_viz.figures.style import enlarged
from gam_viz.networks.adapters import SegmentedMask
from gam_viz.networks.checkpoints import Card
from gam_viz.titles import literal


def prediction_row(view: View) -> None:
    """Draw the row."""
    first, columns = view.row()
    selection = view.selection
    seen = view.columns[0].seen
    with first, st.container(horizontal=True, gap="small"):
        original = selection.picture.pixels
        st.image(
            thumbnail(original),
            width=80,
            caption=text("common.prediction.original", width=original.shape[1], height=original.shape[0]),
            alt=text("common.prediction.original_alt", name=selection.title),
        )
        st.image(
            enlarged(seen, 192),
            width=80,
            caption=text("common.prediction.seen", width=seen.shape[1], height=seen.shape[0]),
            alt=text("common.prediction.seen_alt", name=selection.title, width=seen.shape[1], height=seen.shape[0]),
        )
    truth = None
    if selection.label in selection.classes:
        truth = selection.classes.index(selection.label)
    kind = view.columns[0].told.answers.key
    colours = class_colours(explanation.places for explanation in view.explanations)
    for column, place in columns:
        explanation = column.explanation
        with place:
            column.heading()
            st.plotly_chart(
                column.bars(explanation.values, target=selection.target, truth=truth),
                config=PLOT,
                key=f"prediction-{column.number}",
                alt=column.told.says(explanation, column.title),
            )
            _located(column, colours)
            st.caption(literal(_verdict(column, truth)) + " " + _tested(explanation.card))
            if familiar := column.told.familiar(explanation):
                st.caption(literal(familiar))
    with first:
        facts = facts_of(selection.source) if selection.source else []
        notes = notes_of(selection.picture)
        if selection.credit or facts or notes:
            with st.popover(text("common.prediction.about"), type="tertiary"):
                st.caption(literal(selection.title))
                if selection.credit:
                    st.caption(selection.credit)
                for group in (facts, notes):
                    if group:
                        st.caption("  \n".join(group))  # a line each
    say_given(view)
    if selection.medical:
        trained = any(explanation.card.domain == "medical" for explanation in view.explanations)
        st.caption(text("common.prediction.medical_networks") if trained else text("common.prediction.not_medical"))
    if truth is None and kind in ("class", "multilabel"):
        of = "" if kind == "class" else "_of_labels"
        st.caption(literal(text(f"common.prediction.no_truth{of}", classes=_some(view.columns[0].told.names))))


def _located(column: Column, colours: Mapping[int, str]) -> None:
    """The mask or the boxes that the network predicts, where its answer has a place."""
    found, told, card = column.explanation.places, column.told, column.explanation.card
    if found is None:
        return
    labels = [] if isinstance(found, SegmentedMask) else box_labels(told, found)
    st.image(
        located(found, column.seen, colours, labels, card.region),
        width=SIDE,
        alt=located_alt(told, found, column.title),
    )
    if isinstance(found, SegmentedMask):
        st.html(legend([(mark_sign("square", colours[index]), said) for index, said in class_shares(told, found)]))
    st.caption(literal(located_caption(told, column.explanation)))


def _some(names: list[str], most: int = 20) -> str:
    rest = len(names) - most
    return ", ".join(names[:most]) + (" " + text("common.prediction.more_classes", count=rest) if rest > 0 else "")


def _verdict(column: Column, truth: int | None) -> str:
    told, predicted = column.told, column.explanation.predicted
    names = told.names
    if told.answers.key != "class":
        return told.under(column.explanation)
    if truth is None:
        return text("common.prediction.unknown", predicted=names[predicted])
    if predicted == truth:
        return text("common.prediction.right", truth=names[truth])
    return text("common.prediction.wrong", truth=names[truth], predicted=names[predicted])


def _tested(card: Card) -> str:
    if not card.test and card.validation:
        return prose("common.prediction.validated", epochs=card.epochs, accuracy=card.validation["accuracy"])
    if not card.test:
        return text("common.prediction.untested")
    low, high = card.test["interval"]
    return prose("common.prediction.tested", accuracy=card.test["accuracy"], low=low, high=high)
