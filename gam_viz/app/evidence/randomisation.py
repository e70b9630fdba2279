"""Does the map survive random weights? From the head down, and of a network that was never trained."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
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
from gam_viz.app.shared.columns import PLOT, Column, View
from gam_viz.app.shared.page import section
from gam_viz.app.shared.words import layer_title, prose, text, text_or
from gam_viz.evidence.randomisation.cascade import Randomisation
from gam_viz.evidence.registry import MEASURES
from gam_viz.figures.curves import Curve, lines
from gam_viz.titles import literal


@section
def randomised_section(view: View) -> None:
    """Draw the section."""
    answer = answer_place("randomisation")
    st.caption(prose("evidence.randomised.about"))
    controls = st.container(horizontal=True, vertical_alignment="bottom")
    with controls:
        methods = choose_methods()
    results: list[Randomisation] = [
        measurements.measured(MEASURES["randomisation"], [each], {"cascade": True}) for each in givens(view, methods)
    ]
    maps = [tuple(test.heatmap for test in result.maps) for result in results]
    if not any(maps):
        st.info(prose("evidence.no_maps"))
        return
    names = [column.title for column in view.columns]
    say_passed(answer, MEASURES["randomisation"], list(zip(names, results, strict=True)))
    with controls:
        chosen = choose_map(maps)
    for (column, place), result in zip(view.side_by_side(), results, strict=True):
        with place:
            _cascade(column, result, chosen)
    _verdicts(list(zip(view.columns, results, strict=True)))


def _cascade(column: Column, result: Randomisation, chosen: str) -> None:
    column.heading()
    if not result.maps:
        st.caption(prose("evidence.no_maps"))
        return
    titles = {test.heatmap.key: map_title(test.heatmap) for test in result.maps}
    dashes = dashes_of([test.heatmap for test in result.maps])
    drawn = [
        Curve(
            titles[test.heatmap.key],
            column.colour,
            np.array([1.0, *(math.nan if c.rank is None else c.rank for c in test.cascade)]),
            dashes[test.heatmap.key],
            test.heatmap.key == chosen,
        )
        for test in result.maps
    ]
    st.plotly_chart(
        lines(
            [text("evidence.randomised.trained"), *(stage_title(stage) for stage in result.stages)],
            drawn,
            axis=text("evidence.randomised.axis"),
            value=text("evidence.spearman"),
            span=(-1.02, 1.02),
            form=".1f",
            guides=[0.0],
            height=280,
        ),
        config=PLOT,
        key=f"cascade-{column.number}",
        alt=text("evidence.randomised.alt", name=column.title),
    )
    card = column.explanation.card
    st.caption(literal(sentence(MEASURES["randomisation"], card, result, chosen, titles.get(chosen, ""))))


def stage_title(stage: str) -> str:
    """A stage of the cascade for people."""
    return text_or(f"evidence.stage.{stage}", layer_title(stage))


def _verdicts(results: Sequence[tuple[Column, Randomisation]]) -> None:
    rows = []
    for column, result in results:
        for test, verdict in zip(result.maps, MEASURES["randomisation"].verdicts(result), strict=True):
            band = [compared.band.spearman[1] for compared in test.untrained if compared.band is not None]
            rows.append(
                {
                    text("compare.region.column.network"): column.title,
                    text("compare.region.column.map"): map_title(test.heatmap),
                    text("evidence.column.untrained"): test.untrained_rank,
                    text("evidence.column.band"): float(np.median(band)) if band else None,
                    text("evidence.column.spread"): test.spread,
                    text("evidence.column.fresh_spread"): _known(verdict.numbers["untrained_deviation"]),
                    text("evidence.column.verdict"): text(f"evidence.verdict.{test.verdict}"),
                }
            )
    st.dataframe(
        rows,
        column_config={
            **{
                text(f"evidence.column.{name}"): st.column_config.NumberColumn(format="%.2f")
                for name in ("untrained", "band")
            },
            **{
                text(f"evidence.column.{name}"): st.column_config.NumberColumn(format="%.2g")
                for name in ("spread", "fresh_spread")
            },
        },
        hide_index=True,
        placeholder="–",
        key="verdicts",
    )
    kept = {name for _, result in results for name in result.kept}
    if kept:
        st.caption(prose("evidence.randomised.kept", names=", ".join(sorted(kept)[:5])))
    st.caption(prose("evidence.randomised.limits"))


def _known(number: object) -> object:
    """None where there is none: a table draws NaN as a number."""
    return None if number != number else number
