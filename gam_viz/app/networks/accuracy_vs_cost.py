"""One data set: accuracy against what attention adds, as a plot and as a table."""

from __future__ import annotations

import streamlit as st

from gam_viz.app.shared.choices import choose
from gam_viz.app.shared.columns import PLOT, legend
from gam_viz.app.shared.tables import figure_columns
from gam_viz.app.shared.words import attention_title, prose, text, text_or
from gam_viz.app.shared.zoo_results import points
from gam_viz.claims import PROMISED_PARAMETERS
from gam_viz.evaluation.intervals import Estimate
from gam_viz.evidence.leaderboard.pictures import TAGGED
from gam_viz.figures.accuracy_vs_cost import Point, markers, worth
from gam_viz.figures.style import look_of
from gam_viz.text import signed
from gam_viz.zoo.results import AttentionResults, SetResults

COSTS = ("parameters", "macs")


def cost_row(results: SetResults) -> None:
    """Draw the row."""
    first, second = st.columns([1.0, 3.5], gap="medium")
    with first:
        st.header(text_or(f"data.{results.data}", results.title), anchor=False)
        cost = choose("cost", COSTS, "parameters", text("networks.against"), "networks.cost")
        st.caption(_setting(results))
        if TAGGED.get(results.data, False):
            st.caption(text("networks.shortcut"))
        if results.published:
            st.caption(_published(results))
        if results.domain == "medical":
            st.caption(text("common.prediction.medical_networks"))
    with second:
        _plot(results, cost)
        st.caption(prose("networks.plot_caption"))
    _table(results)


def _plot(results: SetResults, cost: str) -> None:
    none = results.row("none")
    points = [
        _point(row, getattr(row, cost) / getattr(none, cost) - 1)
        for row in results.rows
        if none is not None and row is not none
    ]
    if none is None or not points:
        st.info(text("networks.too_few"))
        return
    base = _point(none, 1.0)
    st.html(legend(markers(points, base)))
    best = max(results.rows, key=lambda row: row.accuracy.value)
    st.plotly_chart(
        worth(
            points,
            base,
            added_title=text(f"networks.added.{cost}"),
            accuracy_title=text("networks.accuracy"),
            promised=PROMISED_PARAMETERS if cost == "parameters" else None,
            promised_title=text("networks.promised"),
        ),
        config=PLOT,
        key=f"worth-{results.name}-{cost}",
        alt=text(
            "networks.plot_alt",
            count=len(results.rows),
            best=attention_title(best.module, best.options, best.stages),
            accuracy=best.accuracy.value,
        ),
    )


def _point(row: AttentionResults, added: float) -> Point:
    of = row.accuracy
    name = attention_title(row.module, row.options, row.stages)
    return Point(name, look_of(row.module), added, of.value, of.low, of.high)


def _setting(results: SetResults) -> str:
    """Architecture, size, recipe and seeds in a sentence or two."""
    counts = sorted({len(row.seeds) for row in results.rows})
    seeds = str(counts[0]) if len(counts) == 1 else f"{counts[0]}–{counts[-1]}"
    sentence = prose(
        "networks.setting",
        network=results.network,
        width=results.width,
        size=results.size,
        classes=results.classes,
        pictures=results.test_count,
        epochs=results.rows[0].epochs,
        seeds=seeds,
    )
    return sentence + (" " + text("networks.setting_start", start=results.start) if results.start else "")


def _published(results: SetResults) -> str:
    other = results.published
    said = {"network": other["network"], "accuracy": other["accuracy"], "source": other["source"]}
    return (
        text("networks.published_auc", auc=other["auc"], **said)
        if "auc" in other
        else text("networks.published", **said)
    )


def _table(results: SetResults) -> None:
    """Every figure of the plot, and those that it leaves out."""
    none = results.row("none")
    rows = []
    for row in results.rows:
        cells = {
            text("networks.column.attention"): attention_title(row.module, row.options, row.stages),
            text("networks.column.accuracy"): _accuracy(row.accuracy),
        }
        if any(other.auc is not None for other in results.rows):
            cells["AUC"] = f"{row.auc:.3f}" if row.auc is not None else ""
        cells |= {
            text("networks.column.difference"): points(row.differences.get("none")),
            text("networks.column.difference_cbam"): points(row.differences.get("cbam")),
            text("networks.column.parameters"): _counted(row.parameters, none.parameters if none else 0, 1e3, "k"),
            text("networks.column.macs"): _counted(row.macs, none.macs if none else 0, 1e6, "M"),
            text("networks.column.latency"): f"{row.latency.ratio:.1f}× ({row.latency.low:.1f}–{row.latency.high:.1f})"
            if row.latency
            else "",
            text("networks.column.seeds"): str(len(row.seeds)),
        }
        rows.append(cells)
    columns = figure_columns(list(rows[0])) if rows else {}
    st.dataframe(rows, hide_index=True, width="stretch", column_config=columns, key=f"table-{results.name}")
    basis = {row.accuracy.basis for row in results.rows}
    sentences = [prose(f"networks.basis.{name}") for name in ("seeds", "pictures") if name in basis]
    latencies = [row.latency for row in results.rows if row.latency]
    if latencies:
        sentences.append(prose("networks.latency", device=latencies[0].device, rounds=latencies[0].rounds))
    st.caption(" ".join(sentences))


def _counted(value: int, base: int, unit: float, suffix: str) -> str:
    added = f" ({signed(value / base - 1, '+.0%')})" if base and value != base else ""
    return f"{value / unit:,.1f} {suffix}{added}"


def _accuracy(of: Estimate) -> str:
    return f"{of.value * 100:.1f} ({of.low * 100:.1f}–{of.high * 100:.1f})"
