"""What the experiments share: the networks and parts of a layer they are about, what is changed, and the scale."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from html import escape
from typing import Any, Generic, TypeVar

import numpy as np
import streamlit as st
import torch

from gam_viz.app.shared.choices import segments
from gam_viz.app.shared.columns import PLOT, Column, View
from gam_viz.app.shared.subject import answer_of
from gam_viz.app.shared.words import gate_title, layer_title, prose, reason, text, words
from gam_viz.explain import Explanation
from gam_viz.explain.answer_words import AnswerWords
from gam_viz.explain.interventions import Effect, Rearranged, Spread
from gam_viz.figures.changes import change_bar
from gam_viz.networks.adapters import NetworkFailedError
from gam_viz.titles import literal

T = TypeVar("T")
Shape = tuple[int, int, int]
MOST = 3  # networks side by side
LEVELS = ("features", "picture")
_TABLE = """<style>
.gv-table {border-collapse: collapse; font-size: .88rem; line-height: 1.3; font-variant-numeric: tabular-nums}
.gv-table th, .gv-table td {padding: .22rem .5rem; border-bottom: 1px solid #8a8a8a40; text-align: right}
.gv-table th:first-child, .gv-table td:first-child {text-align: left; padding-left: 0}
.gv-table td:not(:first-child) {white-space: nowrap}
.gv-table th {font-weight: 600; vertical-align: bottom}
.gv-table tr.strong td {font-weight: 600}
@media (max-width: 640px) {
    .gv-table {font-size: .8rem} .gv-table th, .gv-table td {padding: .22rem .3rem}
}
</style>"""
ROUNDING = 1e-9  # differences below are sums of the same numbers in another order


def parts_of(explanation: Explanation, layer: str) -> list[str]:
    """The network's layers with gates that a layer is: itself, or the two modules of a chain; empty for none."""
    return [name for name in explanation.layers if name == layer or name.startswith(f"{layer}.")]


def shape_of(explanation: Explanation, layer: str) -> Shape | None:
    """(C, H, W) of what a network's gates multiply in a layer; None where it has no gates there."""
    part = next(iter(parts_of(explanation, layer)), None)
    return next((reading.shape for reading in explanation.readings if reading.layer == part), None)


def say_none(layer: str) -> None:
    """None of the networks has gates in the layer."""
    st.info(prose("inside.try.none", layer=layer_title(layer)))


def what_is_changed(view: View, layer: str, *, colours: bool = False) -> tuple[View, str, tuple[int, int]] | None:
    """How an experiment on a layer begins; None, which is said, where no network has gates there.

    Args:
        view: the page's.
        layer: of the row.
        colours: whether the picture is changed by colours, which a network of other channels does not see.

    Returns:
        The first networks alone, what is changed, and (rows, columns) of that.
    """
    view = dataclasses.replace(view, subjects=view.subjects[:MOST], explanations=view.explanations[:MOST])
    shape = next((s for e in view.explanations if (s := shape_of(e, layer)) is not None), None)
    if shape is None:
        say_none(layer)
        return None
    # The features of the layer, or the picture.
    bands = colours and any(column.subject.card.channels not in (1, 3) for column in view.columns)
    if bands:
        st.caption(text("inside.try.bands"))
    levels = LEVELS[:1] if bands else LEVELS
    level = segments("try-level", levels, "features", text("inside.try.level"), "inside.try.level")
    height, width = shape[1:] if level == "features" else view.columns[0].seen.shape[:2]
    return view, level, (height, width)


@dataclasses.dataclass(frozen=True)
class OfParts(Generic[T]):
    """What an experiment found in each part of a network's layer, or why it cannot be done on this network."""

    parts: dict[str, T]
    refused: Exception | None = None


def measured(column: Column, layer: str, measure: Callable[[str], T]) -> OfParts[T]:
    """Of each part of the layer; what one network refuses costs the others nothing."""
    try:
        return OfParts({part: measure(part) for part in parts_of(column.explanation, layer)})
    except (ValueError, NetworkFailedError) as error:
        return OfParts({}, error)


def column_heading(column: Column, found: OfParts[Any], layer: str) -> None:
    """Over what an experiment shows of a network; where there is nothing to show, why not."""
    column.heading(answer_of(column))
    if found.refused is not None:
        st.warning(prose("evidence.cannot", reason=reason(found.refused)))
    elif not found.parts:
        st.caption(prose("inside.try.absent", name=column.title, layer=layer_title(layer)))


def titled(gate: Spread | Rearranged) -> str:
    """A gate's name: its own where a branch has several, else its branch's."""
    return gate_title(gate.name) or text(f"inside.try.gate.{gate.branch}")


def print_changes(top: int, key: str) -> None:
    """The scale of changes, once, with what it means."""
    st.plotly_chart(change_bar(top), config=PLOT, key=key, alt=text("inside.try.scale_alt", top=10.0**top))
    st.caption(prose("inside.try.scale"))


def joined(sentences: Sequence[str]) -> str:
    """One after the other; a full-width stop needs no space after it."""
    return " ".join(sentences).replace("。 ", "。")


def say(part: str, layer: str, said: Sequence[str]) -> None:
    """What happened in a network's layer, under its maps; a part of a chain is named."""
    words = joined(said)
    st.markdown(words if part == layer else text("inside.try.of_part", layer=literal(layer_title(part)), said=words))


def answer(view: View, effect: Effect[Any]) -> list[str]:
    """What became of the class that was predicted before; nothing where the features alone were changed."""
    if effect.before is None or effect.after is None:
        return []
    told = AnswerWords(words(), view.explanations[0].card)
    scores = torch.from_numpy(np.stack([effect.before, effect.after]))
    before, after = told.answers.read(scores)
    predicted, now = told.answers.pick(scores[0]), told.answers.pick(scores[1])
    if told.answers.key != "class":  # nothing to choose among: the same one, before and after
        now = predicted
    if not told.answers.chances:
        names = told.names
        numbers = {"before": told.value(float(before[predicted])), "after": told.value(float(after[predicted]))}
        return [prose("inside.try.answer.value", predicted=names[predicted], **numbers)]
    said = prose(
        f"inside.try.answer.{'same' if predicted == now else 'other'}",
        predicted=told.names[predicted],
        now=told.names[now],
        before=float(before[predicted]),
        after=float(after[predicted]),
        of_now=float(after[now]),
    )
    return [said]


def table(head: Sequence[str], rows: Sequence[Sequence[str]], *, strong: Sequence[int] = ()) -> None:
    """A table of short numbers that a narrow screen holds; the rows numbered in `strong` are set off."""
    cells = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    body = "".join(
        f"<tr{' class=strong' if place in strong else ''}>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>"
        for place, row in enumerate(rows)
    )
    st.html(f'{_TABLE}<table class="gv-table"><thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table>')
