"""What the answers rest on, of the pictures that `gam-viz audit --explain` looked at more closely."""

from __future__ import annotations

import pyarrow as pa
import streamlit as st

from gam_viz.app.audit.download import table_downloads
from gam_viz.app.audit.view import AuditView
from gam_viz.app.shared.words import prose, text
from gam_viz.audit.opened import Audit
from gam_viz.audit.questions import without_a_gate


def explained_part(view: AuditView) -> None:
    """Draw a sentence for each network, and the table."""
    table = view.ask(without_a_gate)
    rows = table.to_pylist()
    for network in view.networks:
        own = [row for row in rows if row["network"] == network]
        if own:
            flips = sum(row["flips"] for row in own) / len(own)
            said = {"network": view.titles[network], "pictures": own[0]["pictures"], "flips": flips}
            gate = view.gates.get(own[0]["key"], own[0]["key"])
            st.markdown(prose("audit.page.explained", **said, gate=gate, most=own[0]["flips"]))
    with st.expander(text("audit.page.explained_table"), type="compact"):
        named = {
            text("audit.column.network"): [view.titles[row["network"]] for row in rows],
            text("audit.column.gate"): [view.gates.get(row["key"], row["key"]) for row in rows],
            text("audit.column.mode"): [text(f"evidence.mode.{row['mode']}") for row in rows],
            text("audit.column.change"): [row["change"] for row in rows],
            text("audit.column.flips"): [row["flips"] for row in rows],
        }
        st.dataframe(named, hide_index=True, key="audit-explained")
        st.caption(text("audit.page.explained_about"))
        table_downloads(view.ask(_all), "explained")


def _all(audit: Audit) -> pa.Table:
    return audit.query("select * from explained")
