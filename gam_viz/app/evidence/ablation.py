"""Do the gates do anything? Each is replaced, and the answer watched; then the reader switches them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from gam_viz.app.shared import measurements
from gam_viz.app.shared.choices import choose, segments
from gam_viz.app.shared.columns import PLOT, Column, View, legend
from gam_viz.app.shared.explanations import Subject, subject
from gam_viz.app.shared.page import section
from gam_viz.app.shared.words import class_title, layer_title, prose, reason, sample_title, text
from gam_viz.evidence.ablation.ablate import Ablation, Ablations
from gam_viz.evidence.ablation.replacements import MODES
from gam_viz.evidence.registry import MEASURES
from gam_viz.explain.heatmaps import place_of
from gam_viz.figures.dots import Dot, dots
from gam_viz.figures.prediction import prediction_bars
from gam_viz.figures.scales import number
from gam_viz.figures.style import marker_of, sign_of
from gam_viz.images import list_samples, load_sample

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
    st.caption(prose("evidence.gates.about"))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        mode = choose("ablate", MODES, "identity", text("evidence.gates.mode"), "evidence.mode")
        measure = segments("moved", CHANGES, "probability", text("evidence.gates.measure"), "evidence.measure")
        replacements = _replacements(view, mode)
    if mode == "data_mean" and any(measurements.mean_of_gates(s.checkpoint) is None for s in view.subjects):
        st.info(text("evidence.gates.no_mean"))
        return
    results = [(c, _ablations(c, by)) for c, by in zip(view.columns, replacements, strict=True)]
    if not any(result.results for _, result in results):
        st.info(text("evidence.gates.nothing"))
        return
    st.caption("  \n".join(_sentence(column.title, result, mode) for column, result in results))
    _chart(results, measure)
    if mode == "shuffled":
        st.caption(
            text("evidence.gates.shuffled", draws=max(one.draws for _, found in results for one in found.results))
        )
    st.subheader(text("evidence.gates.switches"), anchor=False)
    st.caption(text("evidence.gates.switches_about", mode=text(f"evidence.mode.{mode}")))
    names = [class_title(name) for name in view.selection.classes]
    for (column, place), by in zip(view.side_by_side(), replacements, strict=True):
        with place:
            _switches(column, by, names)


def _replacements(view: View, mode: str) -> list[Replacement]:
    """One a network; where gates are borrowed, the reader chooses whose."""
    if mode != "other_picture":
        return [Replacement(mode)] * len(view.subjects)
    samples = {sample.id: sample for sample in list_samples()}
    here = view.selection.picture.sha256
    default = next((name for name in samples if load_sample(name).sha256 != here), next(iter(samples)))
    label = text("evidence.gates.other")
    chosen = choose("other", list(samples), default, label, lambda name: sample_title(samples[name]))
    picture = load_sample(chosen)
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
    ends = [x for _, marks in rows for m in marks for x in (m.value, m.low, m.high) if x is not None]
    reach = max(0.05 if measure == "probability" else 0.5, *(abs(x) for x in ends)) * 1.08
    span = (-min(reach, 1.0), min(reach, 1.0)) if measure == "probability" else (-reach, reach)
    st.html(
        legend(
            [
                *((sign_of(column.attention), column.colour, column.title) for column, _ in results),
                ("●", "currentColor", text("evidence.gates.flips")),
                ("○", "currentColor", text("evidence.gates.stays")),
            ]
        )
    )
    st.plotly_chart(
        dots(
            rows,
            axis=text(f"evidence.gates.axis.{measure}"),
            span=span,
            form="+.0%" if measure == "probability" else "+.2~f",
            guides=[(0.0, "")],
            row=26,
        ),
        config=PLOT,
        key="ablation-chart",
        alt=text("evidence.gates.alt", gates=len(rows)),
    )


def _mark(column: Column, one: Ablation, measure: str) -> Dot:
    change = getattr(one, measure)
    drawn = one.draws > 1
    return Dot(
        column.title,
        column.colour,
        change.value,
        change.low if drawn else None,
        change.high if drawn else None,
        filled=one.flips > 0,
        told="%{x:+.3f}" if measure == "margin" else "%{x:+.1%}",
        marker=marker_of(column.attention),
    )


def _gate_row(layer: str, branch: str) -> str:
    return text("evidence.gates.row", layer=layer_title(layer), branch=text(f"evidence.branch.{branch}"))


def _sentence(name: str, result: Ablations, mode: str) -> str:
    """The largest change in one sentence, generated from the numbers."""
    if not result.results:
        return text("evidence.gates.none_of", name=name)
    worst: Ablation = max(result.results, key=lambda one: abs(one.probability.value))
    return text(
        "evidence.gates.sentence",
        name=name,
        mode=text(f"evidence.mode.{mode}"),
        layer=layer_title(worst.place),
        branch=text(f"evidence.branch.{worst.branch}"),
        change=worst.probability.value,
        before=result.probability,
        after=result.probability + worst.probability.value,
        flips=sum(one.flips > 0 for one in result.results),
        count=len(result.results),
    )


def _switches(column: Column, by: Replacement, names: Sequence[str]) -> None:
    """Several gates of a network at once, by the reader's hand; the answer before and after."""
    column.heading()
    explanation, target = column.explanation, column.target
    readings = explanation.readings
    if not readings:
        st.caption(text("evidence.gates.none_of", name=column.title))
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
        format_func=paths.__getitem__,
        key=key,
        wrap=True,
    )
    probabilities = explanation.probabilities
    if chosen:
        try:
            switched = measurements.switched(column.subject, dict.fromkeys(chosen, by.mode), by.other)
        except ValueError as error:
            st.warning(text("evidence.gates.cannot", reason=reason(error)))
            return
        probabilities = np.asarray(switched, np.float64)
    st.plotly_chart(
        prediction_bars(probabilities, names, column.colour, target=target),
        config=PLOT,
        key=f"switched-bars-{column.number}",
        alt=text(
            "common.prediction.alt",
            name=column.title,
            predicted=names[int(probabilities.argmax())],
            probability=probabilities.max(),
        ),
    )
    st.caption(
        text(
            "evidence.gates.now",
            target=names[target],
            before=explanation.probabilities[target],
            after=probabilities[target],
            change=number(float((probabilities - explanation.probabilities)[target] * 100)),
        )
    )


def _pick(key: str, paths: list[str]) -> None:
    st.session_state[key] = paths
