"""Do the gates do anything? Each is replaced, and the answer watched; then the reader switches them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st

from gam_viz.app.evidence.shared import answer_place
from gam_viz.app.shared import measurements
from gam_viz.app.shared.choices import choose, segments
from gam_viz.app.shared.columns import PLOT, Column, View, legend
from gam_viz.app.shared.explanations import Subject, subject
from gam_viz.app.shared.page import section
from gam_viz.app.shared.public import published
from gam_viz.app.shared.words import layer_title, prose, reason, sample_title, text
from gam_viz.evidence.ablation.ablate import Ablation, Ablations
from gam_viz.evidence.ablation.replacements import MODES
from gam_viz.evidence.registry import MEASURES
from gam_viz.explain import Explanation
from gam_viz.explain.answer_words import AnswerWords
from gam_viz.explain.heatmaps import place_of
from gam_viz.figures.dots import Dot, dots
from gam_viz.figures.signs import mark_sign
from gam_viz.figures.style import GUIDE
from gam_viz.images import list_samples, load_sample
from gam_viz.titles import literal

CHANGES = ("probability", "margin")


@dataclass(frozen=True)
class Replacement:
    """What a network's gates are replaced by: a mode, and for "other_picture" that picture as the network sees it."""

    mode: str
    other: Subject | None = None


Ablated = list[tuple[Column, Ablations]]


@section
def gate_section(view: View) -> None:
    """Draw the section."""
    if not any(explanation.readings for explanation in view.explanations):
        st.info(prose("common.gates.none"))
        return
    answer = answer_place("ablation")
    st.caption(prose("evidence.gates.about"))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        mode = choose("ablate", MODES, "identity", text("evidence.gates.mode"), "evidence.mode")
        measure = _measure(view)
        replacements = _replacements(view, mode)
    if mode == "data_mean" and any(measurements.mean_of_gates(s.checkpoint) is None for s in view.subjects):
        st.info(text("evidence.gates.no_mean"))
        return
    results = [(c, _ablations(c, by)) for c, by in zip(view.columns, replacements, strict=True)]
    if not any(result.results for _, result in results):
        st.info(text("evidence.gates.nothing"))
        return
    answer.markdown("  \n".join(literal(_sentence(column, result, mode)) for column, result in results))
    _chart(results, measure)
    if mode == "shuffled":
        st.caption(
            text("evidence.gates.shuffled", draws=max(one.draws for _, found in results for one in found.results))
        )
    st.header(text("evidence.gates.switches"), anchor=False)
    st.caption(text("evidence.gates.switches_about", mode=text(f"evidence.mode.{mode}")))
    for (column, place), by in zip(view.side_by_side(), replacements, strict=True):
        with place:
            _switches(column, by)


def _measure(view: View) -> str:
    """What the chart is about, of two numbers where something is decided: the target, or its distance from another
    decision."""
    answers = view.columns[0].told.answers
    if answers.margin is None:
        return "answer"
    label = text("evidence.gates.measure")
    near = "margin" if answers.key == "class" else "logit"

    def named(option: str) -> str:
        return text(f"evidence.measure.{near if option == 'margin' else option}")

    return "answer" if segments("moved", CHANGES, "probability", label, named) == "probability" else "margin"


def _replacements(view: View, mode: str) -> list[Replacement]:
    """One a network; where gates are borrowed, the reader chooses whose."""
    if mode != "other_picture":
        return [Replacement(mode)] * len(view.subjects)
    samples = {sample.id: sample for sample in list_samples()}
    here = view.selection.picture.sha256
    default = next((name for name in samples if load_sample(name).sha256 != here), next(iter(samples)))
    label = text("evidence.gates.other")
    chosen = choose("other", list(samples), default, label, lambda name: sample_title(samples[name]))
    picture = published(load_sample(chosen))
    return [Replacement(mode, subject(each.checkpoint, picture, view.selection.fit)) for each in view.subjects]


def _ablations(column: Column, by: Replacement) -> Ablations:
    given = measurements.given_of(column, mode=by.mode, other=by.other)
    result: Ablations = measurements.measured(MEASURES["ablation"], [given], {"mode": by.mode})
    return result


def _chart(results: Ablated, measure: str) -> None:
    rows = []
    for layer in dict.fromkeys(one.place for _, result in results for one in result.results):
        for branch in ("channel", "spatial", "both"):
            marks = [
                _mark(column, one, measure)
                for column, result in results
                for one in result.results
                if (one.place, one.branch) == (layer, branch)
            ]
            if marks:
                rows.append((_gate_row(layer, branch), marks))
    told = results[0][0].told
    chances = measure == "answer" and told.answers.chances
    ends = [0.0, *(x for _, marks in rows for m in marks for x in (m.value, m.low, m.high) if x is not None)]
    low, high = min(ends), max(ends)
    reach = max(high - low, 5.0 if chances else 0.5 if measure == "margin" else 1e-6)
    span = low - 0.06 * reach, max(high, low + reach) + 0.06 * reach
    decides = told.answers.decide is not None
    st.html(
        legend(
            [
                *((mark_sign(column.look.marker, column.colour), column.title) for column, _ in results),
                *(
                    [
                        (mark_sign("circle", GUIDE), text("evidence.gates.flips")),
                        (mark_sign("circle", GUIDE, filled=False), text("evidence.gates.stays")),
                    ]
                    if decides
                    else []
                ),
            ]
        )
    )
    st.plotly_chart(
        dots(
            rows,
            axis=_axis(told, measure),
            span=span,
            form=".3~g",
            guides=[(0.0, "")],
            row=26,
        ),
        config=PLOT,
        key="ablation-chart",
        alt=text("evidence.gates.alt", gates=len(rows)),
    )


def _axis(told: AnswerWords, measure: str) -> str:
    if measure == "answer":
        return told.in_unit(text(f"evidence.gates.axis.{told.answers.measured}"))
    return text(f"evidence.gates.axis.{'margin' if told.answers.key == 'class' else 'logit'}")


def _mark(column: Column, one: Ablation, measure: str) -> Dot:
    change, answers = getattr(one, measure), column.told.answers
    points = measure != "margin" and answers.chances
    drawn, unit = one.draws > 1, 100 if points else 1
    return Dot(
        column.title,
        column.look,
        unit * change.value,
        unit * change.low if drawn else None,
        unit * change.high if drawn else None,
        filled=one.flips > 0 or answers.decide is None,
        form="+.3f" if measure == "margin" else "+.1f" if points else "+.4g",
    )


def _gate_row(layer: str, branch: str) -> str:
    return text("evidence.gates.row", layer=layer_title(layer), branch=text(f"evidence.branch.{branch}"))


def _sentence(column: Column, result: Ablations, mode: str) -> str:
    """The largest change in one sentence, generated from the numbers."""
    if not result.results:
        return prose("evidence.gates.none_of", name=column.title)
    worst: Ablation = max(result.results, key=lambda one: abs(one.answer.value))
    told = column.told
    return text(
        f"evidence.gates.sentence{'_plain' if told.answers.decide is None else ''}",
        name=column.title,
        mode=text(f"evidence.mode.{mode}"),
        layer=layer_title(worst.place),
        branch=text(f"evidence.branch.{worst.branch}"),
        before=told.value(result.answer),
        after=told.value(result.answer + worst.answer.value),
        flips=sum(one.flips > 0 for one in result.results),
        count=len(result.results),
    )


def _switches(column: Column, by: Replacement) -> None:
    """Several gates of a network at once, by the reader's hand; the answer before and after."""
    column.heading()
    explanation, target, told = column.explanation, column.target, column.told
    readings = explanation.readings
    if not readings:
        st.caption(prose("evidence.gates.none_of", name=column.title))
        return
    paths = {reading.module: _gate_row(place_of(explanation, reading), reading.branch) for reading in readings}
    key = f"switched-{column.number}"
    with st.container(horizontal=True):
        for which in ("all", "channel", "spatial", "none"):
            wanted = [reading.module for reading in readings if which in ("all", reading.branch)]
            label = text(f"evidence.gates.pick.{which}")
            st.button(label, key=f"{key}-{which}", type="tertiary", on_click=_pick, args=(key, wanted))
    chosen = st.pills(
        text("evidence.gates.replaced"),
        list(paths),
        selection_mode="multi",
        format_func=lambda path: literal(paths[path]),
        key=key,
        wrap=True,
    )
    now = explanation
    if chosen:
        try:
            switched = measurements.switched(column.subject, dict.fromkeys(chosen, by.mode), by.other)
        except ValueError as error:
            st.warning(prose("evidence.gates.cannot", reason=reason(error)))
            return
        now = Explanation(explanation.card, np.asarray(switched, np.float32), ())
    st.plotly_chart(
        column.bars(now.values, target=target),
        config=PLOT,
        key=f"switched-bars-{column.number}",
        alt=told.says(now, column.title),
    )
    before, after = float(explanation.values[target]), float(now.values[target])
    numbers = {"before": told.value(before), "after": told.value(after), "change": told.change(after - before)}
    st.caption(literal(text("evidence.gates.now", target=told.names[target], **numbers)))


def _pick(key: str, paths: list[str]) -> None:
    st.session_state[key] = paths
