"""What the networks answer: each in one line beside its mask, and in full where one asks."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

import streamlit as st

from gam_viz.app.compare.lead import truth_of
from gam_viz.app.shared.beside import beside, cell
from gam_viz.app.shared.columns import Column, View, legend
from gam_viz.app.shared.rendering.facts import facts_of, notes_of
from gam_viz.app.shared.subject import say_given
from gam_viz.app.shared.words import prose, text
from gam_viz.explain.answer_words import FOREIGN_FROM, spans
from gam_viz.explain.place_words import box_labels, class_shares, located_alt, located_caption
from gam_viz.figures.located import class_colours, located
from gam_viz.figures.map_html import bars_html
from gam_viz.figures.overlay import SIDE
from gam_viz.figures.pixels import thumbnail
from gam_viz.figures.signs import mark_sign
from gam_viz.networks.adapters import SegmentedMask
from gam_viz.networks.checkpoints import Card
from gam_viz.titles import literal

ANSWERS = 4  # that are shown of each network


def answer_line(column: Column, truth: int | None) -> str:
    """Its answer, whether that is right, and whether it knows such pictures, as a line of HTML."""
    explanation, told = column.explanation, column.told
    predicted = explanation.predicted
    said = told.pair(explanation, predicted)
    parts = [f"<b>{escape(said)}</b>"]
    if truth is not None and told.answers.key == "class":
        mark, verdict = ("✓", "right") if predicted == truth else ("✗", "wrong")
        parts[0] += f" {mark} {escape(text(f'compare.answer.{verdict}'))}"
    whole = said
    if (share := explanation.farther) is not None:
        known = "foreign" if share >= FOREIGN_FROM else "familiar"
        parts.append(escape(text(f"compare.answer.{known}")))
        whole += f". {told.familiar(explanation)}"
    return f'<p class="gv-answer" title="{escape(whole)}">{" · ".join(parts)}</p>'


def about_picture(view: View) -> None:
    """Draw what is known of the picture: the original, who made it, what its file says."""
    selection = view.selection
    with st.expander(text("common.prediction.about"), type="compact"):
        original = selection.picture.pixels
        st.image(
            thumbnail(original),
            width=120,
            caption=text("common.prediction.original", width=original.shape[1], height=original.shape[0]),
            alt=text("common.prediction.original_alt", name=selection.title),
        )
        st.caption(literal(selection.title))
        if selection.credit:
            st.caption(selection.credit)
        facts = facts_of(selection.source) if selection.source else []
        for group in (facts, notes_of(selection.picture)):
            if group:
                st.caption("  \n".join(group))  # a line each


def say_limits(view: View) -> None:
    """Draw what has to be said of the picture and the networks beside the answers."""
    selection, told = view.selection, view.columns[0].told
    say_given(view)
    if selection.medical:
        trained = any(explanation.card.domain == "medical" for explanation in view.explanations)
        st.caption(text("common.prediction.medical_networks") if trained else text("common.prediction.not_medical"))
    kind = told.answers.key
    if truth_of(view) is None and kind in ("class", "multilabel"):
        of = "" if kind == "class" else "_of_labels"
        st.caption(literal(text(f"common.prediction.no_truth{of}", classes=_some(told.names))))


def answers_in_full(view: View) -> None:
    """Draw each network's largest answers, how often it is right, and where its answer lies."""
    located_somewhere = any(explanation.places is not None for explanation in view.explanations)
    truth, colours = truth_of(view), class_colours(explanation.places for explanation in view.explanations)
    with st.expander(text("compare.answer.full"), expanded=located_somewhere), beside("answers"):
        for column in view.columns:
            with cell(f"answers-{column.number}"):
                _answers(column, view.selection.target, truth)
                _located(column, colours)
                st.caption(literal(_verdict(column, truth)) + " " + _tested(column.explanation.card))
                if familiar := column.told.familiar(column.explanation):
                    st.caption(literal(familiar))


def _answers(column: Column, target: int | None, truth: int | None) -> None:
    told, explanation = column.told, column.explanation
    shown = explanation.predicted if target is None else target
    bars = told.bars(explanation, shown, ANSWERS)
    known = told.names[truth] if truth is not None else None
    marked = [(f"✓ {name}" if name == known else name, value, written) for name, value, written in bars]
    span = spans([value for _, value, _ in bars], chances=told.answers.chances)
    st.html(column.heading_html() + bars_html(marked, column.colour, span))


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
