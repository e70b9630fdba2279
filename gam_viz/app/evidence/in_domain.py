"""Maps of several networks on one scale: single deletion on copies to which a removed cell is nothing new."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from gam_viz.app.evidence.leaderboard_differences import map_title
from gam_viz.app.shared.columns import PLOT
from gam_viz.app.shared.words import prose, text
from gam_viz.evidence.leaderboard.aggregate import direction
from gam_viz.evidence.own_maps import KINDS, TRIVIAL
from gam_viz.evidence.single_deletion.results import InDomain, InDomainRow, load_in_domain
from gam_viz.figures.dots import Dot, dots
from gam_viz.figures.style import look_of
from gam_viz.titles import literal


def draw_in_domain(data: str, titles: Mapping[str, str]) -> None:
    """The score of each map of each network, and how far it is from CBAM's; nothing where none was measured.

    Args:
        data: whose networks.
        titles: of networks, by name; those without one are left out.
    """
    try:
        found = next((each for each in load_in_domain() if each.data == data), None)
    except ValueError as error:
        st.error(prose("evidence.board.unreadable", reason=error))
        return
    if found is None:
        return
    rows = [row for row in found.networks if row.name in titles]
    st.header(text("evidence.board.in_domain"), anchor=False)
    st.caption(prose("evidence.board.in_domain_about", count=found.pictures, grid=found.grid, epochs=found.epochs))
    if any(row.apart for row in rows):
        lines = [line for row in rows for line in _sentences(row, titles[row.name])]
        st.markdown("\n".join(f"- {literal(line)}" for line in (*lines, text("evidence.board.in_domain_same"))))
    keys = list(dict.fromkeys(key for row in rows for key in row.maps))
    order = (*TRIVIAL, *KINDS)  # as above; attributions after them
    keys.sort(key=lambda key: order.index(key) if key in order else len(order))
    st.plotly_chart(
        dots(
            [(_title(key), [_dot(row, titles[row.name], key) for row in rows if key in row.maps]) for key in keys],
            axis=text("evidence.column.single_deletion"),
            span=_span(found),
            guides=[(0.0, text("evidence.board.at_random"))],
            form=".1f",
        ),
        config=PLOT,
        key="board-in-domain",
        alt=text("evidence.board.alt", maps=len(keys), networks=len(rows)),
    )
    st.caption(
        " ".join(
            text(
                "evidence.board.in_domain_tuned",
                name=literal(titles[row.name]),
                before=row.before_without.value,
                after=row.after_without.value,
            )
            for row in rows
        )
    )


def _sentences(row: InDomainRow, name: str) -> list[str]:
    """Of each map that a network made and that clearly differs from CBAM's."""
    return [
        text(
            f"evidence.board.in_domain_apart.{direction({key: of})}",
            **{"name": name, "map": map_title(key), "value": row.maps[key].value},
            **{"apart": of.value, "low": of.low, "high": of.high},
        )
        for key, of in row.apart.items()
        if key not in TRIVIAL and direction({key: of}) != "same"
    ]


def _title(key: str) -> str:
    return text(f"evidence.trivial.{key}") if key in TRIVIAL else map_title(key)


def _dot(row: InDomainRow, name: str, key: str) -> Dot:
    of = row.maps[key]
    return Dot(name, look_of(row.attention), of.value, of.low, of.high, form="+.2f")


def _span(found: InDomain) -> tuple[float, float]:
    ends = [end for row in found.networks for of in row.maps.values() for end in (of.low, of.high)]
    return min(0.0, *ends) - 0.02, max(0.0, *ends) + 0.02
