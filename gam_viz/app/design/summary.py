"""The answer: what the chosen design costs, in numbers and in a few sentences."""

from __future__ import annotations

import dataclasses

import streamlit as st

from gam_viz.app.design.comparison import Compared, Design, counted
from gam_viz.app.shared.words import prose, text
from gam_viz.claims import PROMISED_PARAMETERS
from gam_viz.cost import Bill
from gam_viz.cost.units import added, amount
from gam_viz.figures.scales import number

METRIC = 164  # pixels: two stand side by side on a phone


def answer_row(compared: Compared) -> None:
    """Draw the row: five numbers, and what they mean."""
    if compared.refused:
        st.warning(text("design.cannot", reason=compared.refused))
        return
    shown = compared.chosen or compared.base
    _metrics(compared, shown)
    if compared.chosen is None:
        none = compared.choice.config.attention == "none"
        st.markdown(prose("design.answer_none") if none else prose("design.answer_no_stage"))
        return
    st.markdown(_sentence(compared, compared.chosen))
    st.caption(" ".join(_memory(compared, compared.chosen)))


def part_title(name: str) -> str:
    """A part of the network for people."""
    if name in ("stem", "head"):
        return text(f"design.part.{name}")
    return text("design.part.stage", number=name.removeprefix("layer"))


def part_named(name: str) -> str:
    """The same within a sentence."""
    return text(f"design.within.{name}") if name in ("stem", "head") else part_title(name)


def _metrics(compared: Compared, shown: Design) -> None:
    first = shown is compared.base
    parameters, macs = compared.shares(shown)
    mine, base = shown.bill, compared.base.bill
    with st.container(horizontal=True, gap="small", key="design-answer"):
        for label, value, more, help_ in (
            (text("design.parameters"), amount(mine.counts.parameters), added(parameters), None),
            (text("design.macs"), amount(mine.counts.macs), added(macs), None),
            (text("design.peak"), amount(mine.peak, "B"), added(mine.peak / base.peak - 1), text("design.help.peak")),
            (text("design.kept"), amount(mine.kept, "B"), added(mine.kept / base.kept - 1), text("design.help.kept")),
        ):
            st.metric(
                label, value, None if first else more, delta_color="off", delta_arrow="off", help=help_, width=METRIC
            )
        if not first:
            timing = shown.timing
            st.metric(
                text("design.time"),
                f"{timing.plain.ratio:.2f}×" if timing else "–",
                f"{number(timing.milliseconds)} ms" if timing else text("design.untimed"),
                delta_color="off",
                delta_arrow="off",
                width=METRIC,
            )


def _sentence(compared: Compared, chosen: Design) -> str:
    count = chosen.bill.counts.parameters - compared.base.bill.counts.parameters
    share = compared.shares(chosen)[0]
    said = {"name": chosen.name, "count": count, "added": added(share)}
    cbam = next((other for other in compared.others if other.config.attention == "cbam"), None)
    if cbam is not None and cbam.bill.counts.parameters > compared.base.bill.counts.parameters:
        times = count / (cbam.bill.counts.parameters - compared.base.bill.counts.parameters)
        sentence = prose("design.answer_cbam", times=number(times), **said)
    else:
        sentence = prose("design.answer", **said)
    if chosen.config.attention.endswith("gam") or chosen.config.attention == "gam_sigmoid":
        within = share < PROMISED_PARAMETERS
        sentence += " " + (text("design.promise.kept") if within else text("design.promise.broken"))
    return sentence


def _memory(compared: Compared, chosen: Design) -> list[str]:
    mine, base = chosen.bill, compared.base.bill
    sentences = [
        prose(
            "design.memory",
            peak=amount(mine.peak, "B"),
            where=part_named(mine.peak_at),
            kept=amount(mine.kept, "B"),
            times=number(mine.kept / base.kept),
        )
    ]
    rate = chosen.config.attention_options.get("rate")
    if rate is not None:
        low, high = (_with_rate(compared, chosen, other) for other in (rate // 2, rate * 2))
        if low is not None and high is not None:
            sentences.append(
                text(
                    "design.rates",
                    low=rate // 2,
                    added_low=added(low.counts.parameters / base.counts.parameters - 1),
                    kept_low=amount(low.kept, "B"),
                    high=rate * 2,
                    added_high=added(high.counts.parameters / base.counts.parameters - 1),
                    kept_high=amount(high.kept, "B"),
                )
            )
    return sentences


def _with_rate(compared: Compared, chosen: Design, rate: int) -> Bill | None:
    """The same design with another rate; None where there is no such design."""
    options = {**chosen.config.attention_options, "rate": rate}
    try:
        return counted(dataclasses.replace(chosen.config, attention_options=options), compared.choice.side)
    except ValueError:
        return None
