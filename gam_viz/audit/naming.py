"""What the columns of an audit are called, and how SQL writes it, whatever a network or a file is called."""

from __future__ import annotations

from typing import Any

from gam_viz.audit.opened import Audit

_CHANCES = ("class", "multilabel", "binary")


def networks_of(audit: Audit) -> list[str]:
    """Names."""
    return [str(network["name"]) for network in audit.manifest.networks]


def gates_of_network(audit: Audit, network: str) -> list[dict[str, Any]]:
    """What the manifest says of a network's gates, in the order they are computed; see `network.AuditedGate`."""
    return next(list(each["gates"]) for each in audit.manifest.networks if each["name"] == network)


def compared(audit: Audit) -> bool:
    """Whether it says where networks disagree."""
    return len(audit.manifest.networks) > 1 and audit.manifest.networks[0]["card"]["output"] in _CHANCES


def measured(audit: Audit, network: str) -> str:
    """What its column of answers is called: probability, or another of `columns.answer_columns`."""
    names = ("probability", "value", "summed_logit", "summed_score")
    return next(name for name in names if f"{network}/{name}" in audit.columns)


def last_map(audit: Audit, network: str) -> str | None:
    """The column of the map of a network's last gate that has one, a spatial one if there is any."""
    found = [each for each in audit.columns if each.startswith(f"{network}/") and each.endswith("/map")]
    return next((each for each in reversed(found) if "/spatial" in each), found[-1] if found else None)


def named(*parts: str) -> str:
    """A column of a network, or of a gate, as SQL writes it."""
    return quoted("/".join(parts))


def quoted(name: str) -> str:
    """A column's name, whatever a file or a network is called."""
    return '"' + name.replace('"', '""') + '"'
