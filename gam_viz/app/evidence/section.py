"""The section of a measure that has none of its own: what it asks, its options, and what it says of each map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from gam_viz.app.evidence.shared import choose_map, choose_methods, givens, map_title, sentence
from gam_viz.app.shared import measurements
from gam_viz.app.shared.choices import choose_param
from gam_viz.app.shared.columns import View
from gam_viz.app.shared.page import section
from gam_viz.app.shared.words import prose, text, words
from gam_viz.evidence.measure import Measure, MeasureInput, Need
from gam_viz.titles import literal


@section
def measure_section(view: View, measure: Measure) -> None:
    """Draw the section."""
    st.header(measure.title(words()), anchor=False)
    if measure.about_key in words().sentences:
        st.caption(prose(measure.about_key))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        given = givens(view, choose_methods() if measure.needs else [])
        options = {param.key: choose_param(param, f"{measure.key}-{param.key}") for param in measure.params}
    groups = [given] if measure.across else [[each] for each in given]
    results: list[tuple[MeasureInput, Any]] = []
    for group in groups:
        lack = None if measure.across else measure.lacks(group[0])
        if lack is not None:
            st.info(f"{literal(group[0].name)}: {_lacks(lack)}")
            continue
        results.append((group[0], measurements.measured(measure, group, options)))
    if results and measure.sentence_key:
        _sentences(measure, results)
    if rows := [row for each, result in results for row in _rows(measure, each, result)]:
        st.dataframe(rows, hide_index=True, placeholder="–", key=f"measure-{measure.key}")


def _lacks(need: Need) -> str:
    """Why a measure cannot be taken."""
    why = {"gates": text("common.gates.none"), "maps": text("evidence.no_maps"), "truth": text("evidence.no_truth")}
    return why[need]


def _sentences(measure: Measure, results: Sequence[tuple[MeasureInput, Any]]) -> None:
    """What it says of one map, of each network; the reader chooses among those that it judges."""
    judged = [{verdict.key for verdict in measure.verdicts(result)} for _, result in results]
    maps = [[m for m in each.maps if m.key in keys] for (each, _), keys in zip(results, judged, strict=True)]
    chosen = choose_map(maps)
    for (each, result), own in zip(results, maps, strict=True):
        for map_ in own:
            if map_.key == chosen:
                said = sentence(measure, each.card, result, chosen, map_title(map_))
                st.markdown(literal(f"{each.name}: {said}"))


def _rows(measure: Measure, given: MeasureInput, result: Any) -> list[dict[str, Any]]:
    titles = {map_.key: map_title(map_) for map_ in given.maps}
    judged = text(measure.of[0] if measure.of else "compare.region.column.map")
    return [
        {
            text("compare.region.column.network"): given.name,
            judged: measure.name_of(words(), verdict, titles),
            **{q.title(words()): verdict.numbers.get(q.key) for q in measure.quantities},
            **({text("evidence.column.verdict"): measure.verdict_title(words(), verdict)} if measure.tones else {}),
        }
        for verdict in measure.verdicts(result)
    ]
