"""The figures of a statement: tables, and a picture where it says more."""

from __future__ import annotations

import streamlit as st

from gam_viz.app.shared.columns import PLOT
from gam_viz.app.shared.words import attention_title, text
from gam_viz.claims import PRINTED_RATE, RATE_SIDE, RATE_WIDTH, Claim, ColumnHead, Counted, Live
from gam_viz.figures.bars import bars
from gam_viz.figures.changes import Panel, ceiling, change_bar, panels
from gam_viz.figures.style import colour_of
from gam_viz.text import signed

QUANTITIES = ("parameters", "macs", "hidden")


def draw_table(claim: Claim) -> None:
    """The table of a statement that has one."""
    if claim.table is None:
        return
    heads = [text(f"claims.column.{column.key}", value=column.value) for column in claim.table.columns]
    rows = []
    for line in claim.table.lines:
        values = (_written(value, column) for value, column in zip(line.values, claim.table.columns, strict=True))
        name = attention_title(line.module, line.options)
        rows.append({text("claims.column.module"): name, **dict(zip(heads, values, strict=True))})
    st.table(rows, border="horizontal", hide_index=True, alt=text(f"claims.table.{claim.key}"))
    st.caption(text(f"claims.table.{claim.key}"))


def _written(value: float, column: ColumnHead) -> str:
    return signed(value, "+.1%") if column.form == "share" else f"{value:,.0f}"


def draw_figure(key: str, counted: Counted, live: Live) -> None:
    """The picture of a statement that has one."""
    if key == "crossing":
        _reaches(live)
    elif key == "rate":
        _rates(counted)


def _reaches(live: Live) -> None:
    """Where each gate changes when the features of one position do."""
    shown = [
        Panel(text(f"claims.reach.{attention}.{branch}"), getattr(of, f"{branch}_change"), cell=of.cell)
        for attention, of in (("cbam", live.cbam), ("gam", live.gam))
        for branch in ("channel", "spatial")
    ]
    top = ceiling([panel.values for panel in shown])
    alt = text("claims.reach.alt", rows=shown[-1].values.shape[0], columns=shown[-1].values.shape[1])
    figure = panels(shown, None, top, hover=text("claims.reach.change"), height=180)
    st.plotly_chart(figure, config=PLOT, key="claims-reach", alt=alt)
    scale = text("claims.reach.scale")
    st.plotly_chart(change_bar(top), config=PLOT, key="claims-reach-scale", alt=scale)
    st.caption(scale)


def _rates(counted: Counted) -> None:
    """Parameters at every rate, relative to the printed one, and how far the other quantities are from that."""
    printed = counted.rates[PRINTED_RATE]
    relative = {
        quantity: [getattr(cost, quantity) / getattr(printed, quantity) for cost in counted.rates.values()]
        for quantity in QUANTITIES
    }
    drawn = relative[QUANTITIES[0]]
    apart = max(abs(value / of - 1) for values in relative.values() for value, of in zip(values, drawn, strict=True))
    figure = bars(
        [str(rate) for rate in counted.rates],
        drawn,
        colour_of("gam"),
        axis=text("claims.rate.axis"),
        value=text("claims.rate.value", rate=PRINTED_RATE),
    )
    least, most = min(counted.rates), max(counted.rates)
    alt = text("claims.rate.alt", least=least, most=most, first=drawn[0], last=drawn[-1])
    st.plotly_chart(figure, config=PLOT, key="claims-rates", alt=alt)
    st.caption(text("claims.rate.about", channels=RATE_WIDTH, side=RATE_SIDE, apart=apart))
