"""The tutorial's claims, each with its verdict and the figures that it rests on."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from gam_viz.pages.names import attention_title
from gam_viz.pages.text import text, text_or
from gam_viz.pages.worth.plot import points
from gam_viz.zoo.claims import Claim, Measured, judge
from gam_viz.zoo.results import SetResults

COLOURS = {"seen": "green", "not_seen": "red", "open": "gray"}
ICONS = {"seen": ":material/check:", "not_seen": ":material/close:", "open": ":material/question_mark:"}


def claims_row(results: Sequence[SetResults]) -> None:
    """Draw the row: computed from the results, whatever they are."""
    st.subheader(text("claims.title"), anchor=False, help=text("claims.help"))
    for claim in judge(results):
        with st.container(border=True):
            first, second = st.columns([1.6, 2.4], gap="medium")
            with first:
                st.badge(text(f"claims.{claim.verdict}"), icon=ICONS[claim.verdict], color=COLOURS[claim.verdict])  # type: ignore[arg-type]
                st.markdown(text(f"claims.said.{claim.key}"))
            with second:
                st.caption(text(f"claims.measured.{claim.key}"))
                st.markdown("\n".join(f"- {line}" for line in _lines(claim, results)))


def _lines(claim: Claim, results: Sequence[SetResults]) -> list[str]:
    """A line a data set; what was counted stands in one line, what has an interval in its own."""
    counted = all(measured.estimate is None for measured in claim.measured)
    lines: dict[str, list[str]] = {}
    for measured in claim.measured:
        lines.setdefault(measured.title, []).append(_line(measured, results))
    if not counted:
        return [line for of in lines.values() for line in of]
    names = {each.title: text_or(f"data.{each.data}", each.title) for each in results}
    return [text("claims.line_counted", data=names[title], added="; ".join(of)) for title, of in lines.items()]


def _line(measured: Measured, results: Sequence[SetResults]) -> str:
    each = next(each for each in results if each.title == measured.title)
    data = text_or(f"data.{each.data}", each.title)
    row = each.row(measured.label)
    assert row is not None
    if measured.estimate is None:
        name = attention_title(row.module, row.options)
        return text("claims.line_added", name=name, added=measured.value)
    return text(f"claims.line_{measured.estimate.basis}", data=data, points=points(measured.estimate))
