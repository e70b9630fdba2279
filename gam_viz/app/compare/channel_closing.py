"""What a network loses with one channel closed, output by output."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import streamlit as st

from gam_viz.app.shared.columns import Column
from gam_viz.app.shared.words import text
from gam_viz.evidence.channels.closing import ClosedChannels
from gam_viz.figures.map_html import bars_html
from gam_viz.text import signed
from gam_viz.titles import literal

ROWS = 10  # outputs of which it is said what closing does to them
SPAN = 0.1  # of a probability: what the bars reach to at least
LITTLE = 0.005  # of a probability: half a point


def closing_rows(column: Column, closed: ClosedChannels | None, channel: int, kind: str) -> None:
    """What closing it does to each output."""
    row = None if closed is None else closed.of(channel)
    if closed is None or row is None:
        return
    told = column.told
    change = closed.closed_value[row] - closed.value
    there = np.flatnonzero(np.isfinite(change))
    order = there[np.argsort(-np.abs(change[there]), kind="stable")]
    st.markdown(f"**{text('compare.card.closed')}**")
    st.markdown(literal(_closing_sentence(column, closed, row, change, order)))
    bars = [
        (told.names[k], float(change[k]), _written(column, closed, row, int(k), float(change[k]))) for k in order[:ROWS]
    ]
    # Of probabilities, changes of a point or two look as small as they are.
    most = max(SPAN if told.answers.chances else 0.0, *(abs(value) for _, value, _ in bars)) or 1.0
    st.html(bars_html(bars, column.colour, (-most, most), changes=True))
    about = "other" if told.answers.key != "class" else "own" if kind == "audit" else "class"
    st.caption(text(f"compare.card.closed_about_{about}", count=closed.pictures))


def _closing_sentence(
    column: Column, closed: ClosedChannels, row: int, change: npt.NDArray[np.float64], order: npt.NDArray[np.int64]
) -> str:
    told, parts = column.told, []
    if told.answers.key == "class":
        parts.append(text("compare.card.changed", share=float(closed.changed[row])))
    most = int(order[0])
    if told.answers.chances and abs(change[most]) < LITTLE:
        parts.append(text("compare.card.little"))
    else:
        before, after = (told.value(float(each)) for each in (closed.value[most], closed.closed_value[row, most]))
        parts.append(text("compare.card.most", target=told.names[most], before=before, after=after))
    return " ".join(parts)


def _written(column: Column, closed: ClosedChannels, row: int, k: int, change: float) -> str:
    said = column.told.change(change)
    if not column.told.answers.chances:
        return said
    logit = signed(float(closed.closed_score[row, k] - closed.score[k]), "+.2f")
    return text("compare.card.written", change=said, logit=logit)
