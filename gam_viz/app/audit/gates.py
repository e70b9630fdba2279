"""What do the gates do, class by class? One statistic of each layer and network, with intervals."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import streamlit as st

from gam_viz.app.audit.download import table_downloads
from gam_viz.app.audit.view import AuditView, class_of
from gam_viz.app.shared.choices import choose, segments
from gam_viz.app.shared.columns import PLOT, legend
from gam_viz.app.shared.page import section
from gam_viz.app.shared.words import prose, text
from gam_viz.audit.questions import gate_statistics
from gam_viz.figures.dots import Dot, dots
from gam_viz.figures.signs import mark_sign
from gam_viz.titles import literal, number

STATISTICS = ("mean", "spread", "closed", "open", "dead", "negative", "centre", "object")
EVERY = ""  # class, in the choice


@dataclass(frozen=True)
class Statistic:
    """One number: of a class (None: of all pictures), a gate and a network."""

    network: str
    of_class: str | None
    gate: str
    count: int
    mean: float
    low: float | None
    high: float | None


@section
def gate_section(view: AuditView) -> None:
    """Draw the section."""
    st.header(text("audit.ask.gates"), anchor=False)
    there = [s for s in STATISTICS if any(column.endswith(f"/{s}") for column in view.audit.columns)]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        statistic = choose("statistic", there, there[0], text("audit.page.statistic"), "audit.statistic")
        rows = segments("rows", ("gates", "classes"), "gates", text("audit.page.rows"), "audit.rows")
        found = _found(view, statistic)
        if rows == "gates":
            classes = list(dict.fromkeys(each.of_class for each in found if each.of_class is not None))
            chosen = choose(
                "of", [EVERY, *classes], EVERY, text("audit.page.class"), lambda name: class_of(name or None)
            )
        else:
            gates = [gate for gate in view.gates if any(each.gate == gate for each in found)]
            chosen = choose("gate", gates, gates[-1], text("audit.page.gate"), view.gates.__getitem__)
    if rows == "gates":
        shown = [each for each in found if each.of_class == (chosen or None)]
        places = {gate: title for gate, title in view.gates.items() if any(each.gate == gate for each in shown)}
        drawn = [(title, [each for each in shown if each.gate == gate]) for gate, title in places.items()]
    else:
        shown = [each for each in found if each.gate == chosen and each.of_class is not None]
        order = sorted(
            {each.of_class for each in shown}, key=lambda name: -_mean([e for e in shown if e.of_class == name])
        )
        drawn = [(class_of(name), [each for each in shown if each.of_class == name]) for name in order]
    if not shown:
        st.info(text("audit.page.nothing"))
        return
    _sentence(view, statistic, rows, shown, class_of(chosen or None) if rows == "gates" else view.gates[chosen])
    st.html(legend([(mark_sign(look.marker, look.colour), view.titles[n]) for n, look in view.looks.items()]))
    ends = [end for each in shown for end in (each.mean, each.low, each.high) if end is not None]
    air = 0.04 * (max(ends) - min(ends)) or 0.05
    st.plotly_chart(
        dots(
            [(title, [_dot(view, each) for each in of]) for title, of in drawn],
            axis=text(f"audit.statistic.{statistic}"),
            span=(min(ends) - air, max(ends) + air),
            form=".3~g",
        ),
        config=PLOT,
        key="audit-gates",
        alt=text("audit.page.gates_alt", count=len(drawn), networks=len(view.networks)),
    )
    st.caption(prose(f"audit.about.{statistic}") + " " + prose("audit.page.interval"))
    _table(view, statistic, found)


def _found(view: AuditView, statistic: str) -> list[Statistic]:
    found = []
    for network in view.networks:
        table = view.ask(gate_statistics, network, statistic)
        found += [Statistic(network, *row) for row in zip(*(c.to_pylist() for c in table.columns), strict=True)]
    return found


def _mean(of: list[Statistic]) -> float:
    return sum(each.mean for each in of) / len(of)


def _dot(view: AuditView, each: Statistic) -> Dot:
    return Dot(view.titles[each.network], view.looks[each.network], each.mean, each.low, each.high)


def _sentence(view: AuditView, statistic: str, rows: str, shown: list[Statistic], of: str) -> None:
    most, least = max(shown, key=lambda each: each.mean), min(shown, key=lambda each: each.mean)

    def place(each: Statistic) -> str:
        return view.gates[each.gate] if rows == "gates" else class_of(each.of_class)

    st.markdown(
        prose(
            "audit.page.extremes",
            statistic=text(f"audit.statistic.{statistic}"),
            of=of,
            most=place(most),
            most_network=view.titles[most.network],
            highest=number(most.mean),
            least=place(least),
            least_network=view.titles[least.network],
            lowest=number(least.mean),
        )
    )


def _table(view: AuditView, statistic: str, found: list[Statistic]) -> None:
    columns = {
        "network": [each.network for each in found],
        "class": [each.of_class for each in found],
        "gate": [each.gate for each in found],
        "pictures": [each.count for each in found],
        statistic: [each.mean for each in found],
        "low": [each.low for each in found],
        "high": [each.high for each in found],
    }
    with st.expander(literal(text("audit.page.table")), type="compact"):
        shown = columns | {
            "network": [view.titles[each.network] for each in found],
            "class": [class_of(each.of_class) for each in found],
            "gate": [view.gates[each.gate] for each in found],
        }
        named = {_title(name): cells for name, cells in shown.items()}
        st.dataframe(named, hide_index=True, key="audit-gate-table")
        table_downloads(pa.table(columns), f"gates-{statistic}")


def _title(column: str) -> str:
    return text(f"audit.{'statistic' if column in STATISTICS else 'column'}.{column}")
