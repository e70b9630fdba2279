"""What a budget of parameters allows: of each family of modules the largest that fits."""

from __future__ import annotations

import dataclasses
import json

import streamlit as st

from gam_viz.app.design.comparison import key_of
from gam_viz.app.design.controls import Choice
from gam_viz.app.shared.choices import choose_number
from gam_viz.app.shared.tables import figure_columns
from gam_viz.app.shared.words import attention_title, text
from gam_viz.claims import PROMISED_PARAMETERS
from gam_viz.cost import Fit, fits
from gam_viz.cost.units import added
from gam_viz.networks import NetworkConfig

PERCENT = round(100 * PROMISED_PARAMETERS)


def budget_row(choice: Choice) -> None:
    """Draw the row: the budget, and a line a family."""
    st.header(text("design.budget.title"), anchor=False)
    percent = choose_number("d-budget", 0, 10_000, PERCENT, text("design.budget"), width=260)
    # The stages alone matter, not what stands in them now.
    stages = dataclasses.replace(choice.config, attention="none", attention_options={})
    with st.spinner(text("design.counting")):
        found = _fits(key_of(stages), choice.side, percent)
    rows = [_cells(fit) for fit in found]
    columns = figure_columns(list(rows[0]))
    st.dataframe(rows, hide_index=True, width="stretch", column_config=columns, key="design-budget")
    st.caption(text("design.budget.caption", fitting=sum(fit.within for fit in found), count=len(found)))


@st.cache_data(show_spinner=False, max_entries=500)
def _fits(config: str, side: int, percent: int) -> list[Fit]:
    return fits(NetworkConfig.from_dict(json.loads(config)), side, percent / 100)


def _cells(fit: Fit) -> dict[str, str]:
    if fit.within:
        reduction, adds = str(fit.reduction), added(fit.added)
    elif fit.reduction:
        reduction = text("design.budget.none")
        adds = text("design.budget.even", added=added(fit.added), reduction=fit.reduction)
    else:
        reduction, adds = text("design.budget.none"), text("design.budget.never")
    return {
        text("design.budget.family"): attention_title(fit.attention, fit.options),
        text("design.budget.added"): adds,
        text("design.budget.reduction"): reduction,
    }
