"""Which channels does a gate never open, and which does it never close?"""

from __future__ import annotations

import pyarrow as pa
import streamlit as st

from gam_viz.app.audit.download import table_downloads
from gam_viz.app.audit.view import AuditView
from gam_viz.app.shared.columns import PLOT, legend
from gam_viz.app.shared.page import section
from gam_viz.app.shared.words import prose, text
from gam_viz.audit.questions import channels_at_an_end
from gam_viz.figures.dots import Dot, dots
from gam_viz.figures.signs import mark_sign

ENDS = ("never_open", "never_closed")
NAMED = 12  # channels that a cell lists; a download has all


@section
def channel_section(view: AuditView) -> None:
    """Draw the section."""
    st.header(text("audit.ask.channels"), anchor=False)
    found = {network: view.ask(channels_at_an_end, network).to_pylist() for network in view.networks}
    found = {network: rows for network, rows in found.items() if rows}
    if not found:
        st.info(text("audit.page.no_channels"))
        return
    for network, rows in found.items():
        counts = {end: sum(len(row[end]) for row in rows) for end in ENDS}
        total = sum(row["channels"] for row in rows)
        st.markdown(prose("audit.page.channels", network=view.titles[network], total=total, **counts))
    st.caption(prose("audit.page.channels_about", count=view.audit.manifest.count))
    ends = [end for end in ENDS if any(row[end] for rows in found.values() for row in rows)]
    if ends:
        st.html(legend([(mark_sign(view.looks[n].marker, view.looks[n].colour), view.titles[n]) for n in found]))
    for place, end in zip(st.columns(2, gap="medium"), ends, strict=False):
        with place:
            _chart(view, found, end)
    rows = [{"network": network, **row} for network, of in found.items() for row in of]
    shown = [
        {
            text("audit.column.network"): view.titles[row["network"]],
            text("audit.column.gate"): view.gates[row["gate"]],
            text("audit.column.channels"): row["channels"],
            **{text(f"audit.column.{end}"): _listed(row[end]) for end in ENDS},
        }
        for row in rows
    ]
    st.dataframe(shown, hide_index=True, key="audit-channel-table")
    kinds = {"never_open": pa.list_(pa.int32()), "never_closed": pa.list_(pa.int32())}
    columns = {name: pa.array([row[name] for row in rows], kinds.get(name)) for name in rows[0]}
    table_downloads(pa.table(columns), "channels")


def _listed(channels: list[int]) -> str:
    """How many, and which."""
    if not channels:
        return "0"
    more = " …" if len(channels) > NAMED else ""
    return f"{len(channels)}: {', '.join(map(str, channels[:NAMED]))}{more}"


def _chart(view: AuditView, found: dict[str, list[dict[str, object]]], end: str) -> None:
    shares = {
        (row["gate"], network): len(row[end]) / row["channels"]  # type: ignore[arg-type, operator]
        for network, rows in found.items()
        for row in rows
    }
    rows = [
        (
            title,
            [Dot(view.titles[n], view.looks[n], shares[gate, n]) for n in found if (gate, n) in shares],
        )
        for gate, title in view.gates.items()
        if any((gate, n) in shares for n in found)
    ]
    st.plotly_chart(
        dots(rows, axis=text(f"audit.column.{end}"), span=(-0.02, 1.02), row=28),
        config=PLOT,
        key=f"audit-{end}",
        alt=text("audit.page.channels_alt", end=text(f"audit.column.{end}"), count=len(rows)),
    )
