"""All figures of all designs, to be sorted, and to be taken home as CSV."""

from __future__ import annotations

from typing import Any

import streamlit as st

from gam_viz.app.design.comparison import Compared, Design
from gam_viz.app.design.timing import timing_captions
from gam_viz.app.shared.tables import figure_columns
from gam_viz.app.shared.words import prose, text
from gam_viz.cost import Latency, Row, records, to_csv


def table_row(compared: Compared) -> None:
    """Draw the row: the chosen design, the network without attention, then the others."""
    designs = [*([compared.chosen] if compared.chosen else []), compared.base, *compared.others]
    numbers = st.column_config.NumberColumn
    st.dataframe(
        [_cells(compared, design) for design in designs],
        hide_index=True,
        width="stretch",
        height=35 * (len(designs) + 1) + 3,
        column_config={
            **figure_columns([text(f"design.column.{name}") for name in ("design", "time", "fused")]),
            text("design.column.parameters"): numbers(format="localized"),
            text("design.column.added"): numbers(format="%+.1f"),
            text("design.column.macs"): numbers(format="localized"),
            text("design.column.macs_more"): numbers(format="%+.2f"),
            text("design.column.peak"): numbers(format="%.2f"),
            text("design.column.kept"): numbers(format="%.2f"),
        },
        key="design-table",
    )
    st.caption(prose("design.table_caption"))
    timing_captions(compared)
    why: dict[str, list[str]] = {}
    for name, reason in compared.left_out:
        why.setdefault(reason, []).append(name)
    for reason, names in why.items():
        st.caption(text("design.left_out", name=text("design.semicolon").join(names), reason=reason))
    rows = [Row(design.config, design.bill, design.timing) for design in designs]
    st.download_button(
        text("design.csv"),
        to_csv(records(rows, compared.base.bill, compared.choice.side)),
        file_name=f"{compared.choice.config.architecture}-attention.csv",
        mime="text/csv",
        icon=":material/download:",
        key="design-csv",
        on_click="ignore",
    )


def _cells(compared: Compared, design: Design) -> dict[str, Any]:
    counts = design.bill.counts
    parameters, macs = compared.shares(design)
    cells: dict[str, Any] = {
        text("design.column.design"): compared.name_of(design),
        text("design.column.added"): 100 * parameters,
        text("design.column.parameters"): counts.parameters,
        text("design.column.macs_more"): 100 * macs,
        text("design.column.macs"): float(f"{counts.macs / 1e6:.4g}"),
        text("design.column.peak"): design.bill.peak / 1e6,
        text("design.column.kept"): design.bill.kept / 1e6,
    }
    if any(each.timing for each in compared.designs):
        timing = design.timing
        cells[text("design.column.time")] = _time(timing.plain) if timing else ""
        cells[text("design.column.fused")] = _time(timing.fused) if timing else ""
    return cells


def _time(of: Latency) -> str:
    return f"{of.ratio:.2f}× ({of.low:.2f}–{of.high:.2f})"
