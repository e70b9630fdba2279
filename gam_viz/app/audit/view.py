"""The audit that the page is about, and how it is asked."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePath
from typing import Concatenate, ParamSpec

import duckdb
import pyarrow as pa
import streamlit as st

from gam_viz.app.shared.audits import audits, opened_audit
from gam_viz.app.shared.choices import choose, segments
from gam_viz.app.shared.session_cache import cached
from gam_viz.app.shared.words import class_title, layer_title, network_titles, prose, reason, text, text_or
from gam_viz.audit.errors import AuditError
from gam_viz.audit.naming import compared, gates_of_network, networks_of
from gam_viz.audit.opened import Audit
from gam_viz.figures.style import Look, looks_of
from gam_viz.networks.card import Card
from gam_viz.text.refusal import first_line
from gam_viz.titles import literal

STORE, MOST = "audit-answers", 500
P = ParamSpec("P")


@dataclass(frozen=True, eq=False)
class AuditView:
    """What the page is about.

    Attributes:
        name: of the audit, in links.
        folder: of it.
        audit: opened.
        parts: how many of its shards are there.
    """

    name: str
    folder: Path
    audit: Audit
    parts: int

    @property
    def networks(self) -> list[str]:
        """Their names in the audit."""
        return networks_of(self.audit)

    @cached_property
    def cards(self) -> dict[str, Card]:
        """Of the networks, by name."""
        return {str(of["name"]): Card.from_json(json.dumps(of["card"])) for of in self.audit.manifest.networks}

    @cached_property
    def titles(self) -> dict[str, str]:
        """Of the networks, for people."""
        return dict(zip(self.cards, network_titles(list(self.cards.values())), strict=True))

    @cached_property
    def looks(self) -> dict[str, Look]:
        """Of the networks."""
        return dict(zip(self.cards, looks_of([card.config.attention for card in self.cards.values()]), strict=True))

    @cached_property
    def gates(self) -> dict[str, str]:
        """Key -> title of the gates of all networks, in the order they are computed."""
        found = {}
        for network in self.networks:
            for gate in gates_of_network(self.audit, network):
                branch = text_or(f"evidence.branch.{gate['branch']}", gate["branch"])
                title = text("evidence.gates.row", layer=layer_title(gate["layer"]), branch=branch)
                found[gate["key"]] = title + gate["key"].removeprefix(f"{gate['layer']}/{gate['branch']}")
        return found

    def can_be_asked(self, question: str) -> bool:
        """Whether the audit holds what a section is about."""
        columns = self.audit.columns
        holds = {
            "apart": compared(self.audit),
            "object": any(column.endswith("/object") for column in columns),
            "familiar": any(f"{network}/farther" in columns for network in self.networks),
            "gates": bool(self.gates),
            "channels": bool(self.gates),
            "confusion": all(card.output == "class" for card in self.cards.values()),
            "scene": self.audit.manifest.source["kind"] == "scene",
        }
        return holds.get(question, True)

    def ask(self, question: Callable[Concatenate[Audit, P], pa.Table], *args: P.args, **kwargs: P.kwargs) -> pa.Table:
        """The answer of a question of `audit.questions` or `audit.rows`, kept until the audit's state is another.

        Raises:
            AuditError: a part of the audit is damaged.
        """
        digests = tuple(network["sha256"] for network in self.audit.manifest.networks)
        of = (
            str(self.folder),
            self.audit.state,
            json.dumps(self.audit.manifest.source, sort_keys=True),
            *digests,
        )

        def answer() -> pa.Table:
            try:
                return question(self.audit, *args, **kwargs)
            except duckdb.Error as error:
                raise AuditError("audit.refused.part_unreadable", out=self.name, why=first_line(error)) from error

        key = (*of, question.__name__, args, tuple(sorted(kwargs.items())))
        return cached(STORE, key, answer, most=MOST, shared=True)

    def choose_network(self, among: list[str] | None = None) -> str:
        """One of the networks; nothing is asked where there is one."""
        names = among or self.networks
        if len(names) == 1:
            return names[0]
        return segments("audited", names, names[0], text("audit.page.network"), self.titles.__getitem__)


def choose_audit() -> AuditView:
    """Draw the choice. Where there is none the page says what an audit is, and ends here."""
    found = audits()
    if not found:
        st.markdown(prose("audit.page.none"))
        st.code(
            "gam-viz audit pictures/ --networks ucmerced-cbam ucmerced-gam --out audits/pictures",
            language="bash",
            wrap_lines=True,
        )
        st.caption(prose("audit.page.where"))
        st.stop()
    with st.sidebar:
        name = choose("audit", list(found), next(iter(found)), text("common.sidebar.audit"), str)
        st.caption(prose("audit.page.of_server"))
    try:
        audit = opened_audit(found[name])
        _ = audit.columns
    except (AuditError, duckdb.Error) as error:
        st.error(literal(reason(error)))
        st.stop()
    return AuditView(name, found[name], audit, len(audit.parts))


def say_facts(view: AuditView) -> None:
    """Draw what was audited, in a line; and what is missing, where it is not done."""
    of = view.audit.manifest
    where = str(of.source["where"])
    name = where.removeprefix("data:").partition("/")[0]
    source = text_or(f"data.{name}", where) if of.source["kind"] == "split" else PurePath(where).name
    networks = text("common.word.comma").join(view.titles.values())
    st.markdown(prose("audit.page.facts", count=of.count, source=source, networks=networks))
    if view.parts < of.shards:
        st.warning(text("audit.page.not_whole", parts=view.parts, shards=of.shards))
    if any(card.domain == "medical" for card in view.cards.values()):
        st.caption(text("common.prediction.medical_networks"))


def class_of(name: str | None) -> str:
    """A class for people; of nothing, all of them."""
    return text("audit.page.all_classes") if name is None else class_title(name)
