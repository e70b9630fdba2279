"""Every design's parameters beside another of its costs."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from gam_viz.app.design.comparison import Compared, Design
from gam_viz.app.shared.choices import choose
from gam_viz.app.shared.columns import PLOT
from gam_viz.app.shared.words import text
from gam_viz.claims import PROMISED_PARAMETERS
from gam_viz.cost import Latency
from gam_viz.cost.units import added, amount
from gam_viz.figures.costs import Amount, CostPanel, CostRow, costs
from gam_viz.figures.scales import number
from gam_viz.figures.style import look_of

COSTS = ("macs", "peak", "kept", "time", "fused")


def choose_cost() -> str:
    """Which cost stands beside the parameters."""
    return choose("d-against", COSTS, "macs", text("design.against"), "design.cost", width=180)


def plot_row(compared: Compared, against: str) -> None:
    """Draw the row: designs from the cheapest to the dearest."""
    designs = sorted(compared.designs, key=lambda design: design.bill.counts.parameters)
    if not designs:
        return
    if against in ("time", "fused") and not any(design.timing for design in designs):
        st.info(text("design.press_to_time"))
    low, high = designs[0], designs[-1]
    rows = [_row(compared, design, against) for design in designs]
    panels = (
        CostPanel(text("design.axis.parameters"), "added", PROMISED_PARAMETERS, text("design.promised")),
        CostPanel(text(f"design.axis.{against}"), "added" if against == "macs" else "times"),
    )
    alt = text(
        "design.plot_alt",
        count=len(designs),
        network=text(f"design.net.{compared.choice.config.architecture}"),
        cheapest=low.name,
        low=added(compared.shares(low)[0]),
        dearest=high.name,
        high=added(compared.shares(high)[0]),
        cost=text(f"design.cost.{against}"),
    )
    # A chart each, so that on a phone one stands below the other.
    for at, (place, panel) in enumerate(zip(st.columns(2, gap="small"), panels, strict=True)):
        of_panel = [replace(row, amounts=(row.amounts[at],)) for row in rows]
        place.plotly_chart(costs(of_panel, [panel]), config=PLOT, key=f"design-costs-{at}", alt=alt)
    st.caption(text("design.plot_caption"))


def _row(compared: Compared, design: Design, against: str) -> CostRow:
    share = compared.shares(design)[0]
    return CostRow(
        design.name,
        look_of(design.config.attention),
        (Amount(share, added(share)), _second(compared, design, against)),
        design is compared.chosen,
    )


def _second(compared: Compared, design: Design, against: str) -> Amount:
    if against == "macs":
        share = compared.shares(design)[1]
        return Amount(share, added(share))
    if against in ("peak", "kept"):
        mine, base = getattr(design.bill, against), getattr(compared.base.bill, against)
        return Amount(mine / base, amount(mine, "B"))
    if design.timing is None:
        return Amount(None)
    of: Latency = design.timing.plain if against == "time" else design.timing.fused
    return Amount(of.ratio, f"{number(of.ratio)}×", of.low, of.high)
