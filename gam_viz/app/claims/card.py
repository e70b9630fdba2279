"""One statement: its verdict, what is said, why in a sentence, one figure; what that rests on is folded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from gam_viz.app.claims.figures import draw_figure, draw_table
from gam_viz.app.claims.measured import again
from gam_viz.app.claims.weighing import difference_line, draw_differences, draw_weights
from gam_viz.app.shared.device import device_name
from gam_viz.app.shared.words import language, prose, text
from gam_viz.claims import SECTIONS, SNIPPETS, Claim, Counted, Live

COLOURS = {"seen": "green", "partly": "blue", "not_seen": "orange", "open": "gray", "untested": "gray"}
ICONS = {
    "seen": ":material/check:",
    "partly": ":material/contrast:",
    "not_seen": ":material/close:",
    "open": ":material/question_mark:",
    "untested": ":material/hourglass_empty:",
}
FEW = 1  # differences of accuracy that a line says; more are drawn


def draw_card(claim: Claim, counted: Counted, live: Live, *, linked: bool) -> None:
    """Draw it; `linked` says that the page was opened for it."""
    with st.container(border=True, key=f"claim-{claim.key}", gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
            verdict_badge(claim.verdict)
            st.caption(text("claims.where", section=SECTIONS[claim.key]), width="content")
            address = f"?claim={claim.key}&amp;lang={language()}"
            st.html(f'<a class="gv-copy" href="{address}" target="_self">{text("claims.copy")}</a>', width="content")
        st.header(text(f"claims.said.{claim.key}"), anchor=False)
        st.markdown(prose(f"claims.why.{claim.key}.{claim.reason}"))
        shown = (*claim.measured, *claim.beside)
        if len(shown) > FEW:
            draw_differences(claim)
        else:
            draw_figure(claim.key, counted, live)
        _behind(claim, linked)


def _behind(claim: Claim, linked: bool) -> None:
    """What the verdict rests on: figures, which data sets count, tables, and how to measure it; folded."""
    lines = [_fact(claim.key, name, values) for name, values in claim.facts.items()]
    shown = (*claim.measured, *claim.beside)
    if len(shown) <= FEW:
        lines += [difference_line(measured) for measured in shown]
    snippet = SNIPPETS[claim.key]
    if not (lines or claim.measured or claim.table or snippet.python or snippet.shell):
        return
    with st.expander(text("claims.behind"), expanded=linked, type="compact"):
        if lines:
            st.markdown("\n".join(f"- {line}" for line in lines))
        draw_weights(claim)
        draw_table(claim)
        if claim.key == "folding" and st.button(text("claims.again"), icon=":material/refresh:", key="claims-again"):
            again()
            st.rerun()
        if snippet.python or snippet.shell:
            st.caption(text("claims.how"))
        if snippet.python:
            st.code(snippet.python.rstrip(), language="python", wrap_lines=True)
        if snippet.shell:
            st.caption(text("claims.trains"))
            st.code(snippet.shell, language="bash", wrap_lines=True)


def verdict_badge(verdict: str, count: int | None = None) -> None:
    """A verdict in its colour, with how many there are of it."""
    name = text(f"claims.verdict.{verdict}")
    words = name if count is None else text("claims.count", count=count, verdict=name)
    st.badge(words, icon=ICONS[verdict], color=COLOURS[verdict])  # type: ignore[arg-type]


def _fact(key: str, name: str, values: Mapping[str, Any]) -> str:
    """A sentence with its figures."""
    if "device" in values:
        values = {**values, "device": device_name()}  # in the reader's language
    return prose(f"claims.fact.{key}.{name}", **values)
