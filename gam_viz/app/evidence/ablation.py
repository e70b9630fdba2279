"""Do the gates do anything? Each is replaced, and the answer watched; then the reader switches them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from gam_viz.app.evidence import measurements
from gam_viz.app.evidence.shared import refusals
from gam_viz.app.shared import state
from gam_viz.app.shared.choices import choose, segments
from gam_viz.app.shared.columns import PLOT, View, heading, legend
from gam_viz.app.shared.explanations import Subject
from gam_viz.app.shared.explanations import subject as subject_of
from gam_viz.app.shared.words import class_title, layer_title, prose, sample_title, text, words
from gam_viz.evidence.ablation.ablate import Ablation, Ablations
from gam_viz.evidence.ablation.replacements import MODES
from gam_viz.evidence.registry import MEASURES
from gam_viz.explain.heatmaps import place_of
from gam_viz.figures.dots import Dot, dots
from gam_viz.figures.prediction import prediction_bars
from gam_viz.figures.scales import number
from gam_viz.figures.style import marker_of, sign_of
from gam_viz.images import list_samples, load_sample
from gam_viz.text.refusal import said as reason_of

CHANGES = ("probability", "margin")


@st.fragment
@refusals
def gate_section(view: View) -> None:
    """Draw the section."""
    if not any(explanation.readings for explanation in view.explanations):
        st.info(prose("common.gates.none"))
        return
    st.caption(prose("evidence.gates.about"))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        mode = choose("ablate", MODES, "identity", text("evidence.gates.mode"), "evidence.mode")
        measure = segments("moved", CHANGES, "probability", text("evidence.gates.measure"), "evidence.measure")
        others = _other(view) if mode == "other_picture" else [None] * len(view.subjects)
    found = [_ablated(view, index, mode, others[index]) for index in range(len(view.subjects))]
    if any(of is None for of in found):
        st.info(text("evidence.gates.no_mean"))
        return
    known = [of for of in found if of is not None]
    if not any(of.results for of in known):
        st.info(text("evidence.gates.nothing"))
        return
    st.caption("  \n".join(_sentence(view.titles()[index], of, mode) for index, of in enumerate(known)))
    _chart(view, known, measure)
    _switches(view, mode, others)


def _ablated(view: View, index: int, mode: str, other: Subject | None) -> Ablations | None:
    """None where the mean over the data set is asked for and its pictures are not here."""
    if mode == "data_mean" and measurements.mean_of_gates(view.subjects[index].checkpoint) is None:
        return None
    given = measurements.given_of(view, index, mode=mode, other=other)
    result: Ablations = measurements.measured(MEASURES["ablation"], [given], {"mode": mode})
    return result


def _other(view: View) -> list[Subject | None]:
    """The picture whose gates are borrowed, as each network sees it."""
    samples = {sample.id: sample for sample in list_samples()}
    here = view.selection.picture.sha256
    default = next((name for name in samples if load_sample(name).sha256 != here), next(iter(samples)))
    state.restore("other", list(samples), default)
    st.selectbox(
        text("evidence.gates.other"), list(samples), format_func=lambda name: sample_title(samples[name]), key="other"
    )
    state.publish("other", default)
    picture = load_sample(st.session_state["other"])
    return [subject_of(subject.checkpoint, picture, view.selection.fit) for subject in view.subjects]


def _chart(view: View, found: Sequence[Ablations], measure: str) -> None:
    titles, colours = view.titles(), view.colours()
    modules = [e.card.config.attention for e in view.explanations]
    by_place: list[dict[tuple[str, str], Ablation]] = [
        {(one.place, one.branch): one for one in of.results} for of in found
    ]
    branches = ("channel", "spatial", "both")
    rows = []
    for layer in dict.fromkeys(one.place for of in found for one in of.results):
        for branch in branches:
            marks = []
            for index, of in enumerate(by_place):
                one = of.get((layer, branch))
                if one is not None:
                    change = getattr(one, measure)
                    drawn = one.draws > 1
                    marks.append(
                        Dot(
                            titles[index],
                            colours[index],
                            change.value,
                            change.low if drawn else None,
                            change.high if drawn else None,
                            filled=one.flips > 0,
                            told="%{x:+.3f}" if measure == "margin" else "%{x:+.1%}",
                            marker=marker_of(modules[index]),
                        )
                    )
            if marks:
                name = text("evidence.gates.row", layer=layer_title(layer), branch=text(f"evidence.branch.{branch}"))
                rows.append((name, marks))
    ends = [x for _, marks in rows for m in marks for x in (m.value, m.low, m.high) if x is not None]
    reach = max(0.05 if measure == "probability" else 0.5, *(abs(x) for x in ends)) * 1.08
    span = (-min(reach, 1.0), min(reach, 1.0)) if measure == "probability" else (-reach, reach)
    st.html(
        legend(
            [
                *zip(map(sign_of, modules), colours, titles, strict=True),
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


def _sentence(name: str, found: Ablations, mode: str) -> str:
    """The largest change in one sentence, generated from the numbers."""
    if not found.results:
        return text("evidence.gates.none_of", name=name)
    worst: Ablation = max(found.results, key=lambda one: abs(one.probability.value))
    flips = sum(one.flips > 0 for one in found.results)
    return text(
        "evidence.gates.sentence",
        name=name,
        mode=text(f"evidence.mode.{mode}"),
        layer=layer_title(worst.place),
        branch=text(f"evidence.branch.{worst.branch}"),
        change=worst.probability.value,
        before=found.probability,
        after=found.probability + worst.probability.value,
        flips=flips,
        count=len(found.results),
    )


def _switches(view: View, mode: str, others: Sequence[Subject | None]) -> None:
    """Several gates at once, by the reader's hand; the answer before and after."""
    st.subheader(text("evidence.gates.switches"), anchor=False)
    st.caption(text("evidence.gates.switches_about", mode=text(f"evidence.mode.{mode}")))
    names = [class_title(name) for name in view.selection.classes]
    for index, column in enumerate(st.columns(len(view.subjects), gap="medium")):
        with column:
            st.html(heading(view.titles()[index], view.colours()[index]))
            _switch_column(view, index, mode, others[index], names)


def _switch_column(view: View, index: int, mode: str, other: Subject | None, names: Sequence[str]) -> None:
    explanation, subject = view.explanations[index], view.subjects[index]
    paths = {
        reading.module: text(
            "evidence.gates.row",
            layer=layer_title(place_of(explanation, reading)),
            branch=text(f"evidence.branch.{reading.branch}"),
        )
        for reading in explanation.readings
    }
    if not paths:
        st.caption(text("evidence.gates.none_of", name=view.titles()[index]))
        return
    key = f"switched-{index}"
    with st.container(horizontal=True):
        for which in ("all", "channel", "spatial", "none"):
            wanted = [r.module for r in explanation.readings if which in ("all", r.branch)]
            st.button(
                text(f"evidence.gates.pick.{which}"),
                key=f"{key}-{which}",
                type="tertiary",
                on_click=_pick,
                args=(key, wanted),
            )
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
            probabilities = np.asarray(measurements.switched(subject, dict.fromkeys(chosen, mode), other), np.float64)
        except ValueError as error:
            st.warning(text("evidence.gates.cannot", reason=reason_of(error, words())))
            return
    predicted = int(probabilities.argmax())
    st.plotly_chart(
        prediction_bars(probabilities, names, view.colours()[index], target=view.targets()[index]),
        config=PLOT,
        key=f"switched-bars-{index}",
        alt=text(
            "common.prediction.alt",
            name=view.titles()[index],
            predicted=names[predicted],
            probability=probabilities.max(),
        ),
    )
    target = view.targets()[index]
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
