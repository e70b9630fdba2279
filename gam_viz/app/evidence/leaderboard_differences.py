"""What the leaderboard's maps score against each other and against what costs nothing, under all measures at once."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from gam_viz.app.shared.words import text, text_or
from gam_viz.app.shared.zoo_results import points
from gam_viz.evidence.leaderboard.aggregate import direction
from gam_viz.evidence.leaderboard.rows import AGAINST, MapRow, Results
from gam_viz.evidence.leaderboard.scoring import scene_scores
from gam_viz.evidence.own_maps import GAIN, KINDS, MASK
from gam_viz.titles import literal

#: Said in a sentence each; all others are in the table.
SAID = ((GAIN, "cbam"), (MASK, "cbam"), (GAIN, "none"))


def draw_differences(results: Results, titles: Mapping[str, str], region: str) -> None:
    """Sentences about each network's gates, and a table of every map of its layers against every reference."""
    rows = [
        (titles[network.name], row)
        for network in results.networks
        for row in network.maps
        if row.region == region and row.key in KINDS
    ]
    lines = [
        _sentence(name, row, reference)
        for name, row in rows
        for kind, reference in SAID
        if row.key == kind and reference in row.against
    ]
    if lines:
        st.caption(text("evidence.board.said"))
        st.markdown("\n".join(f"- {line}" for line in lines))
    with st.expander(text("evidence.board.differences"), type="compact"):
        table = [
            {
                text("evidence.board.network"): literal(name),
                text("evidence.board.map"): map_title(row.key),
                text("evidence.board.minus"): _reference_title(reference),
                **{score_title(measure): points(apart) for measure, apart in row.against[reference].items()},
                text("evidence.board.together"): text(f"evidence.together.{direction(row.against[reference])}"),
            }
            for name, row in rows
            for reference in AGAINST
            if reference in row.against
        ]
        st.table(table, border="horizontal", hide_index=True, alt=text("evidence.board.differences"))
        st.caption(text("evidence.board.differences_about"))


def map_title(key: str) -> str:
    """Of a map of the leaderboard: of a network's layers together, of a method, or without a network."""
    return text(f"evidence.kind.{key}") if key in KINDS else text(f"common.method.{key.partition('.')[0]}")


def score_title(key: str) -> str:
    """Of a measure."""
    known = scene_scores().get(key)
    return text_or(known.title_key, key) if known else key


def _sentence(name: str, row: MapRow, reference: str) -> str:
    apart = row.against[reference]
    figures = [text("evidence.board.figure", measure=score_title(m), points=points(of)) for m, of in apart.items()]
    return text(
        "evidence.board.difference",
        name=name,
        map=map_title(row.key),
        reference=_reference_title(reference),
        figures=text("evidence.board.join").join(figures),
        together=text(f"evidence.together.{direction(apart)}"),
    )


def _reference_title(reference: str) -> str:
    return text(f"evidence.against.{reference}")
