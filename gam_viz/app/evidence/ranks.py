"""Do the measures agree? The rank of each map under each measure, and the maps that one puts first and another last."""

from __future__ import annotations

from typing import Any

import streamlit as st

from gam_viz.app.evidence.shared import answer_place, choose_methods, givens, map_title
from gam_viz.app.shared import measurements
from gam_viz.app.shared.columns import View
from gam_viz.app.shared.page import section
from gam_viz.app.shared.words import prose, reason, text, words
from gam_viz.evidence.measure import MeasureInput
from gam_viz.evidence.ranking import Ranking, ranking
from gam_viz.evidence.registry import MEASURES
from gam_viz.titles import literal

#: Those of all that can rank maps which take no longer than the sections before.
TAKEN = ("faithfulness", "infidelity", "single_deletion", "randomisation", "entropy", "localisation")


@section
def ranks_section(view: View) -> None:
    """Draw the section."""
    answer = answer_place("ranks")
    st.caption(prose("evidence.ranks.about"))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        methods = choose_methods()
    said = []
    for column, each in zip(view.columns, givens(view, methods), strict=True):
        found = ranking([map_.key for map_ in each.finite_maps], _taken(each), MEASURES)
        if not found.columns:
            st.info(prose("evidence.no_maps"))
            continue
        column.heading()
        code, numbers = found.said
        answered = text(f"evidence.ranks.{code}", **numbers)
        said.append(text("evidence.answer_of", name=column.title, answer=answered))
        asked = {
            of.title(words()): st.column_config.Column(help=measure.title(words())) for measure, of in found.columns
        }
        st.dataframe(
            _rows(each, found), hide_index=True, placeholder="–", column_config=asked, key=f"ranks-{column.number}"
        )
    answer.markdown(literal(text("evidence.answers").join(said)))


def _taken(given: MeasureInput) -> dict[str, Any]:
    """What could be measured; what could not is said in its own section, and here in a line."""
    results = {}
    for key in TAKEN:
        measure = MEASURES.get(key)
        if measure is None or measure.lacks(given):
            continue
        try:
            results[key] = measurements.measured(measure, [given])
        except ValueError as error:
            st.caption(literal(f"{measure.title(words())}: {text('evidence.cannot', reason=reason(error))}"))
    return results


def _rows(given: MeasureInput, found: Ranking) -> list[dict[str, Any]]:
    titles = {map_.key: map_title(map_) for map_ in given.maps}
    heads = [quantity.title(words()) for _, quantity in found.columns]
    return [
        {
            text("compare.region.column.map"): titles[key],
            text("evidence.ranks.column"): text(f"evidence.ranks.{'apart' if apart else 'together'}"),
            **{head: None if rank != rank else rank for head, rank in zip(heads, ranks.tolist(), strict=True)},
        }
        for key, ranks, apart in zip(found.maps, found.ranks, found.apart.tolist(), strict=True)
    ]
