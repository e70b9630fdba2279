"""What the experiments share: the networks and parts of a layer they are about, what is changed, and the scale."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
import numpy.typing as npt
import streamlit as st

from gam_viz.app.shared.choices import segments
from gam_viz.app.shared.columns import PLOT, View
from gam_viz.app.shared.words import class_title, gate_title, layer_title, prose, text
from gam_viz.explain.interventions import Rearranged, Spread
from gam_viz.figures.changes import change_bar
from gam_viz.titles import literal

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


def first_of(view: View) -> View:
    """The same with its first networks alone."""
    return dataclasses.replace(view, subjects=view.subjects[:MOST], explanations=view.explanations[:MOST])


def parts_of(view: View, index: int, layer: str) -> list[str]:
    """The network's layers with gates that a layer is: itself, or the two modules of a chain; empty for none."""
    return [name for name in view.explanations[index].layers if name == layer or name.startswith(f"{layer}.")]


def shapes_of(view: View, layer: str) -> list[tuple[int, int, int] | None]:
    """(C, H, W) of what each network's gates multiply in a layer; None where it has no gates there."""
    found: list[tuple[int, int, int] | None] = []
    for index, explanation in enumerate(view.explanations):
        parts = parts_of(view, index, layer)
        of_layer = [reading for reading in explanation.readings if parts and reading.layer == parts[0]]
        found.append(of_layer[0].shape if of_layer else None)
    return found


def say_none(layer: str) -> None:
    """None of the networks has gates in the layer."""
    st.info(text("inside.try.none", layer=layer_title(layer)))


def level_choice() -> str:
    """What is changed: the features of the layer, or the picture."""
    return segments("try-level", LEVELS, "features", text("inside.try.level"), "inside.try.level")


def what_is_changed(
    view: View, layer: str
) -> tuple[View, list[tuple[int, int, int] | None], str, tuple[int, int]] | None:
    """How an experiment on a layer begins; None, which is said, where no network has gates there.

    Returns:
        The first networks alone, `shapes_of` them, what is changed, and (rows, columns) of that.
    """
    view = first_of(view)
    shapes = shapes_of(view, layer)
    present = [shape for shape in shapes if shape is not None]
    if not present:
        say_none(layer)
        return None
    level = level_choice()
    height, width = present[0][1:] if level == "features" else view.subjects[0].input.seen.shape[:2]
    return view, shapes, level, (height, width)


def titled(gate: Spread | Rearranged) -> str:
    """A gate's name: its own where a branch has several, else its branch's."""
    return gate_title(gate.name) or text(f"inside.try.gate.{gate.branch}")


def number_choice(key: str, options: Sequence[int], default: int, label: str, **how: Any) -> int:
    """One of a few numbers; `how` is forwarded to the widget."""
    return int(segments(key, [str(option) for option in options], str(default), label, str, **how))


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
    st.markdown(words if part == layer else text("inside.try.of_part", layer=layer_title(part), said=words))


def answer(view: View, before: npt.NDArray[np.float64], after: npt.NDArray[np.float64]) -> str:
    """What became of the class that was predicted before, of (classes,) probabilities."""
    predicted, now = int(before.argmax()), int(after.argmax())
    classes = view.selection.classes
    return prose(
        f"inside.try.answer.{'same' if predicted == now else 'other'}",
        predicted=literal(class_title(classes[predicted])),
        now=literal(class_title(classes[now])),
        before=float(before[predicted]),
        after=float(after[predicted]),
        of_now=float(after[now]),
    )


def table(head: Sequence[str], rows: Sequence[Sequence[str]], *, strong: Sequence[int] = ()) -> None:
    """A table of short numbers that a narrow screen holds; the rows numbered in `strong` are set off."""
    cells = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    body = "".join(
        f"<tr{' class=strong' if place in strong else ''}>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>"
        for place, row in enumerate(rows)
    )
    st.html(f'{_TABLE}<table class="gv-table"><thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table>')
