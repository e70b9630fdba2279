"""Do the gates depend on the picture? How each varies over the test set, and what is lost with it as a constant."""

from __future__ import annotations

import math
from functools import partial

import streamlit as st

from gam_viz.app.evidence.shared import answer_place
from gam_viz.app.shared.columns import PLOT, Column, View, legend
from gam_viz.app.shared.evaluation_set import pictures_of
from gam_viz.app.shared.missing_data import dataset_error, is_known
from gam_viz.app.shared.networks import network
from gam_viz.app.shared.page import section
from gam_viz.app.shared.session_cache import SHORT, cached_with_progress, recall
from gam_viz.app.shared.words import prose, text, words
from gam_viz.app.shared.zoo_results import points
from gam_viz.datasets import DatasetError
from gam_viz.evidence.dependence.measure import dependence
from gam_viz.evidence.dependence.store import known_dependence
from gam_viz.evidence.dependence.verdict import Dependence
from gam_viz.evidence.dependence.words import gate_name, sentence, share_between
from gam_viz.figures.dots import Dot, dots
from gam_viz.figures.signs import mark_sign
from gam_viz.runtime.progress import Progress
from gam_viz.titles import literal

STORE, MOST = "dependence", 16


@section
def dependence_section(view: View) -> None:
    """Draw the section."""
    answer = answer_place("dependence")
    st.caption(prose("evidence.depend.about"))
    found = [(column, _of(column)) for column in view.columns]
    shown = [(column, each) for column, each in found if each]
    for column, each in found:
        said = sentence(words(), each) if each else text("evidence.depend.unknown")
        answer.markdown(literal(text("evidence.answer_of", name=column.title, answer=said)))
    if not shown:
        return
    st.html(legend([(mark_sign(column.look.marker, column.look.colour), column.title) for column, _ in shown]))
    _plot(shown)
    st.caption(prose("evidence.depend.plot"))
    with st.expander(text("compare.region.table")):
        st.dataframe(
            [_cells(column, each) for column, gates in shown for each in gates], hide_index=True, key="depend-table"
        )


def _of(column: Column) -> tuple[Dependence, ...] | None:
    """What came with the network; else, where its test pictures are here, computed on a press."""
    opened = column.subject.checkpoint
    if not column.explanation.readings:
        return None
    stored = known_dependence(opened)
    if stored is not None:
        return stored
    if not is_known(opened.card):
        st.info(prose("evidence.depend.own"))
        return None
    try:
        pictures = pictures_of(opened.card)
    except DatasetError as error:
        st.info(dataset_error(error))
        return None
    key = (opened.sha256, pictures.digest)
    if recall(STORE, key) is None:
        many = prose("evidence.depend.measure", name=column.title, n=len(pictures.data))
        if not st.button(many, key=f"depend-{opened.sha256[:SHORT]}", icon=":material/play_arrow:"):
            return None

    def make(progress: Progress) -> tuple[Dependence, ...]:
        return dependence(network(opened), opened.card, pictures.data, None, progress)

    say = partial(_progress, column.title)
    return cached_with_progress(STORE, key, make, say, most=MOST)


def _progress(name: str, share: float, at: str) -> str:
    return text("test_pictures.computing", name=name, share=share)


def _plot(shown: list[tuple[Column, tuple[Dependence, ...]]]) -> None:
    rows: dict[str, list[Dot]] = {}
    for column, found in shown:
        for each in found:
            share = each.statistics.between_pictures
            told = text("evidence.depend.told", spread=each.statistics.spread, mean=each.statistics.mean, share=share)
            needed = each.verdict.startswith("needed")
            dot = Dot(column.title, column.look, share_between(each), filled=needed, told=told)
            rows.setdefault(gate_name(words(), each), []).append(dot)
    st.plotly_chart(
        dots(list(rows.items()), axis=text("evidence.depend.axis"), span=(0, 1)),
        config=PLOT,
        key="depend-plot",
        alt=text("evidence.depend.alt", rows=len(rows), networks=len(shown)),
    )


def _cells(column: Column, each: Dependence) -> dict[str, object]:
    of = each.statistics
    cells: dict[str, object] = {
        text("compare.region.column.network"): column.title,
        text("evidence.depend.column.gate"): gate_name(words(), each),
        text("evidence.depend.column.verdict"): text(f"evidence.depend.verdict.{each.verdict}"),
        text("evidence.depend.column.change"): points(each.change),
        text("evidence.depend.column.mean"): f"{of.mean:.3f} ± {of.spread:.3f}",
    }
    shares = {
        "pictures": of.between_pictures,
        "class": of.by_class,
        "channels": of.between_channels,
        "positions": of.between_positions,
    }
    cells |= {
        text(f"evidence.depend.column.{name}"): "" if math.isnan(share) else f"{share:.0%}"
        for name, share in shares.items()
    }
    if of.bounds == (0.0, 1.0):
        cells[text("evidence.depend.column.closed")] = str(of.closed)
        cells[text("evidence.depend.column.open")] = str(of.open)
    if of.shape[0] > 1:
        cells[text("evidence.depend.column.effective")] = f"{of.effective:.1f} / {of.shape[0]}"
    return cells
