"""Does the prediction depend on what a map marks? Deletion and insertion, for every map, gates included."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import streamlit as st

from gam_viz.app.evidence.shared import (
    answer_place,
    choose_map,
    choose_methods,
    dashes_of,
    givens,
    map_title,
    say_passed,
    sentence,
)
from gam_viz.app.shared import measurements
from gam_viz.app.shared.choices import choose_number, chosen, chosen_number, segments
from gam_viz.app.shared.columns import PLOT, Column, View
from gam_viz.app.shared.page import section
from gam_viz.app.shared.words import prose, text, words
from gam_viz.evidence.faithfulness import BASELINES, Faithfulness, Settings, Standing
from gam_viz.evidence.measure import MeasureInput, Options
from gam_viz.evidence.registry import MEASURES
from gam_viz.explain.answer_words import AnswerWords, spans
from gam_viz.figures.curves import Curve, lines
from gam_viz.titles import literal

KINDS = ("deletion", "insertion")

#: Of steps and of random orders: least, most, and where they begin.
STEPS, ORDERS = (8, 64, Settings().steps), (0, 800, Settings().orders)


@section
def faithful_section(view: View) -> None:
    """Draw the section."""
    answer = answer_place("faithfulness")
    st.caption(prose("evidence.faithful.about"))
    controls = st.container(horizontal=True, vertical_alignment="bottom")
    with controls:
        methods = choose_methods()
        baseline = segments(
            "baseline", BASELINES, BASELINES[0], text("evidence.faithful.baseline"), "evidence.baseline"
        )
        with st.expander(text("compare.attributions.settings"), type="compact"):
            settings = _settings(baseline)
            shaken = st.toggle(
                text("evidence.faithful.sensitivity"), key="shaken", help=text("evidence.faithful.sensitivity_help")
            )
    given = givens(view, methods)
    if not any(each.maps for each in given):
        st.info(prose("evidence.no_maps"))
        return
    measure = MEASURES["faithfulness"]
    judged: list[tuple[MeasureInput, Faithfulness]] = [
        (each, measurements.measured(measure, [each], settings)) for each in given
    ]
    say_passed(answer, measure, [(each.name, result) for each, result in judged])
    with controls:
        highlighted = choose_map([each.maps for each in given])
    for (column, place), (each, result) in zip(view.side_by_side(), judged, strict=True):
        with place:
            _curves(column, each, result, highlighted)
    _ranking(judged, shaken=shaken)


def _settings(baseline: str) -> Options:
    steps = choose_number("steps", *STEPS, text("evidence.faithful.steps"), step=8)
    orders = choose_number("orders", *ORDERS, text("evidence.faithful.orders"), step=20)
    return {"baseline": baseline, "steps": steps, "orders": orders}


def chosen_settings() -> Settings:
    """As the section says, whether it is drawn or not."""
    baseline = chosen("baseline", BASELINES, BASELINES[0])
    return Settings(baseline, steps=chosen_number("steps", *STEPS), orders=chosen_number("orders", *ORDERS))


def _curves(column: Column, given: MeasureInput, result: Faithfulness, chosen: str) -> None:
    column.heading()
    told = column.told
    reached = [end for c in (*result.curves, *result.pools) for k in KINDS for end in _ends(getattr(c, k))]
    span = (0.0, 1.02) if told.answers.chances else spans(reached, chances=False)
    titles, dashes = {map_.key: map_title(map_) for map_ in given.maps}, dashes_of(given.maps)
    grain = next((c.grain for c in result.curves if c.key == chosen), result.pools[0].grain)
    for kind in KINDS:
        low, high = result.band(kind, grain)
        places = result.removed if kind == "deletion" else result.inserted
        drawn = [
            Curve(titles[c.key], column.colour, getattr(c, kind), dashes[c.key], c.key == chosen) for c in result.curves
        ]
        st.plotly_chart(
            lines(
                places.tolist(),
                drawn,
                axis=text(f"evidence.faithful.axis.{kind}"),
                value=told.of(result.target),
                span=span,
                form=".0%" if told.answers.chances else ".3~g",
                band=(low, high),
                height=220,
            ),
            config=PLOT,
            key=f"{kind}-{column.number}",
            alt=text(
                f"evidence.faithful.alt.{kind}", name=column.title, measured=told.measured, map=titles.get(chosen, "")
            ),
        )
    st.caption(literal(sentence(MEASURES["faithfulness"], given.card, result, chosen, titles.get(chosen, ""))))
    for refused in result.refused:
        st.caption(prose("evidence.refused", map=titles[refused.key], reason=refused.reason.sentence(words())))


def _ends(curves: npt.NDArray[np.floating]) -> tuple[float, float]:
    return float(curves.min()), float(curves.max())


def _ranking(judged: Sequence[tuple[MeasureInput, Faithfulness]], *, shaken: bool) -> None:
    """The table of all maps, with what each measure says of it."""
    beside = [MEASURES["infidelity"], *([MEASURES["sensitivity"]] if shaken else [])]
    rows: list[tuple[str, str, Standing, dict[str, object], int]] = []
    for given, result in judged:
        titles = {map_.key: map_title(map_) for map_ in given.maps}
        numbers: dict[str, dict[str, object]] = {key: {} for key in titles}
        for measure in beside:
            for verdict in measure.verdicts(measurements.measured(measure, [given])):
                numbers[verdict.key] |= verdict.numbers
        rows += [(given.name, titles[s.key], s, numbers[s.key], result.orders) for s in result.standings()]
    rows.sort(key=lambda row: -row[2].difference)
    st.header(text("evidence.faithful.ranking"), anchor=False)
    st.dataframe(
        [
            {
                text("compare.region.column.network"): name,
                text("compare.region.column.map"): title,
                text("evidence.column.verdict"): text(f"evidence.verdict.{s.outcome}"),
                text("evidence.column.deletion"): s.deletion,
                text("evidence.column.insertion"): s.insertion,
                text("evidence.column.difference"): s.difference,
                text("evidence.column.beats"): text("evidence.beats", beats=round(s.beats * orders), orders=orders),
                text("evidence.column.p"): s.adjusted,
                **{text(q.title_key): beside_it.get(q.key) for measure in beside for q in measure.quantities},
            }
            for name, title, s, beside_it, orders in rows
        ],
        column_config={
            **{
                text(f"evidence.column.{name}"): st.column_config.NumberColumn(format="%.3f")
                for name in (
                    "deletion",
                    "insertion",
                    "difference",
                    "p",
                    "infidelity",
                    "infidelity_constant",
                    "sensitivity",
                )
            },
        },
        hide_index=True,
        placeholder="–",
        key="ranking",
    )
    least = AnswerWords(words(), judged[0][0].card).least
    st.caption(prose("evidence.faithful.limits", orders=judged[0][1].orders, least=least))
