"""How is a number distributed over the pictures, and which lie in a part of it that the reader brushes?"""

from __future__ import annotations

from functools import partial

import streamlit as st

from gam_viz.app.audit.gates import STATISTICS
from gam_viz.app.audit.rows import MOST, picture_rows
from gam_viz.app.audit.view import AuditView
from gam_viz.app.shared.choices import choose
from gam_viz.app.shared.columns import PLOT
from gam_viz.app.shared.page import section
from gam_viz.app.shared.words import prose, text
from gam_viz.audit.naming import measured
from gam_viz.audit.questions import histogram
from gam_viz.audit.rows import in_between
from gam_viz.figures.histogram import histogram as drawn
from gam_viz.figures.style import GUIDE
from gam_viz.titles import number


@section
def distribution_section(view: AuditView) -> None:
    """Draw the section."""
    st.header(text("audit.ask.spread"), anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        network = view.choose_network()
        columns = _columns(view, network)
        column = choose("number", list(columns), next(iter(columns)), text("audit.page.number"), columns.__getitem__)
    bars = view.ask(histogram, column).to_pylist()
    if not bars:
        st.info(text("audit.page.nothing"))
        return
    ends = [(bar["low"], bar["high"]) for bar in bars]
    low, high = ends[0][0], ends[-1][1]
    key = f"brush-{view.name}-{column}"
    kept = st.session_state.get(key)
    if kept is None or not low <= kept[0] <= kept[1] <= high:
        st.session_state[key] = (low, high)
    chosen = st.session_state[key]
    within = [bar for bar in bars if chosen[0] <= (bar["low"] + bar["high"]) / 2 <= chosen[1]]
    sums = {name: sum(bar[name] for bar in within) for name in ("count", "labelled", "right")}
    total, labelled = sum(bar["count"] for bar in bars), sum(bar["labelled"] for bar in bars)
    said = {"within": sums["count"], "count": total, "low": number(chosen[0]), "high": number(chosen[1])}
    sentence = prose("audit.page.within", of=columns[column], **said)
    if sums["labelled"] and column != "gap":
        of = {"inside": sums["right"] / sums["labelled"], "all": sum(bar["right"] for bar in bars) / labelled}
        sentence += " " + prose("audit.page.within_right", network=view.titles[network], **of)
    st.markdown(sentence)
    st.plotly_chart(
        drawn(
            ends,
            [bar["count"] for bar in bars],
            chosen,
            colour=GUIDE if column == "gap" else view.looks[network].colour,
            axis=columns[column],
            value=text("audit.column.pictures"),
            told=[
                text("audit.page.bar", low=number(bar["low"]), high=number(bar["high"]), count=bar["count"])
                for bar in bars
            ],
        ),
        config=PLOT,
        key=f"audit-histogram-{column}",
        on_select=partial(_brushed, f"audit-histogram-{column}", key, low, high),
        selection_mode="box",
        alt=sentence,
    )
    if high > low:
        st.slider(text("audit.page.brush"), low, high, step=(high - low) / len(bars), key=key, format="%.3g")
    picture_rows(
        view, view.ask(in_between, column, chosen[0], chosen[1], MOST), "part", "value", columns[column], number
    )


def _brushed(chart: str, key: str, low: float, high: float) -> None:
    """A box that was drawn over the bars moves the slider before it is drawn."""
    boxes = st.session_state[chart]["selection"]["box"]
    if boxes:
        left, right = sorted(boxes[-1]["x"])
        st.session_state[key] = (max(low, float(left)), min(high, float(right)))


def _columns(view: AuditView, network: str) -> dict[str, str]:
    """Column -> title of the numbers of a network, those of its answers first."""
    there = view.audit.columns
    answer = measured(view.audit, network)
    found = {f"{network}/{name}": text(f"audit.number.{name}") for name in (answer, "margin", "farther")}
    found["gap"] = text("my_pictures.gap")
    for gate, title in view.gates.items():
        for statistic in STATISTICS:
            name = text(f"audit.statistic.{statistic}")
            found[f"{network}/{gate}/{statistic}"] = text("audit.page.of_gate", gate=title, statistic=name)
    return {column: title for column, title in found.items() if column in there}
