"""Statements about cost, judged by counting on shapes alone: no weight is ever stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gam_viz.attention import module_cost
from gam_viz.claims.accuracy import PROMISED_PARAMETERS
from gam_viz.claims.claim import Claim, ColumnHead, Table, TableRow
from gam_viz.cost import attention_cost, count
from gam_viz.networks import NetworkConfig

WIDTHS = (64, 256, 512)  # of the modules that are set side by side
RATES = (1, 2, 4, 8, 16, 32)
RATE_WIDTH, RATE_SIDE = 64, 128  # features in which rates are compared: 64 channels at 128x128
NETWORKS = ("resnet18", "gam_net")  # of which the tutorial speaks, and which it prints
PRINTED_RATE = 4
SIDE = 32  # of the pictures; parameters do not depend on it
#: Attention in every block, most costly first; what the tutorial prints, and what its tips lead to.
FORMS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("gam", {}),
    ("gam", {"groups": 4}),
    ("gam", {"rate": 16}),
    ("gam", {"spatial": "factorised"}),
    ("gam", {"rate": 8, "spatial": "factorised"}),
    ("gam", {"rate": 8, "spatial": "depthwise"}),
    ("cbam", {}),
)


@dataclass(frozen=True)
class RateCost:
    """One GAM module at one rate, on features (1, C, side, side).

    Attributes:
        parameters: trained numbers.
        macs: multiply-adds of convolutions and linear layers.
        hidden: numbers in one hidden layer, C/r at every position.
    """

    parameters: int
    macs: int
    hidden: int


def module_table(forms: Sequence[tuple[str, dict[str, Any]]], widths: Sequence[int] = WIDTHS) -> Table:
    """Parameters of one module of each form at several widths."""
    lines = [
        # The parameters of a module do not depend on its features' side.
        TableRow(name, options, tuple(module_cost(name, width, 1, options).parameters for width in widths))
        for name, options in forms
    ]
    return Table(tuple(ColumnHead("width", width) for width in widths), tuple(lines))


def added_table() -> Table:
    """What each form in every block adds to the networks that the tutorial speaks of, of width 64 and ten classes."""
    plain = [NetworkConfig(architecture=name) for name in NETWORKS]
    base = [count(config, SIDE).parameters for config in plain]

    def added(name: str, options: Mapping[str, Any]) -> tuple[float, ...]:
        gated = (replace(config, attention=name, attention_options=dict(options)) for config in plain)
        return tuple(attention_cost(config, SIDE).parameters / of for config, of in zip(gated, base, strict=True))

    lines = [TableRow(name, options, added(name, options)) for name, options in FORMS]
    return Table(tuple(ColumnHead(each, form="share") for each in NETWORKS), tuple(lines))


def parameters(table: Table) -> Claim:
    """ "Less than 5 % more parameters": of the module as printed (the table's first line) in both networks.

    Borne out where both stay below, partly where one does, else contradicted; forms that stay below are named.
    """
    own = table.lines[0].values
    below = sum(value < PROMISED_PARAMETERS for value in own)
    verdict = "seen" if below == len(own) else "partly" if below else "not_seen"
    frugal = sum(max(line.values) < PROMISED_PARAMETERS for line in table.lines if line.module == "gam")
    facts = {
        "counted": {"resnet18": own[0], "gam_net": own[1], "promised": PROMISED_PARAMETERS},
        ("frugal" if frugal else "none_frugal"): {"count": frugal},
    }
    return Claim("parameters", verdict, verdict, facts=facts, table=table)  # type: ignore[arg-type]


def rate_costs() -> dict[int, RateCost]:
    """One GAM module at every rate."""
    found = {}
    for rate in RATES:
        cost = module_cost("gam", RATE_WIDTH, RATE_SIDE, {"rate": rate})
        found[rate] = RateCost(cost.parameters, cost.macs, RATE_WIDTH // rate * RATE_SIDE**2)
    return found


def rate(costs: Mapping[int, RateCost]) -> Claim:
    """ "For large pictures lower the rate, to save memory."

    Borne out where a lower rate needs less of parameters, multiply-adds and hidden activations; contradicted where it
    needs more of all three; else partly.
    """
    rates = sorted(costs)
    low, high = costs[rates[0]], costs[rates[-1]]
    pairs = [(low.parameters, high.parameters), (low.macs, high.macs), (low.hidden, high.hidden)]
    if all(a < b for a, b in pairs):
        verdict = "seen"
    else:
        verdict = "not_seen" if all(a > b for a, b in pairs) else "partly"
    printed = costs[PRINTED_RATE]
    times = {name: getattr(costs[2], name) / getattr(printed, name) for name in ("parameters", "macs", "hidden")}
    return Claim("rate", verdict, verdict, facts={"halved": times})  # type: ignore[arg-type]


def depthwise(table: Table) -> Claim:
    """ "Depthwise-separable convolutions save still more parameters".

    The table's lines are the full, the factorised and the depthwise form. Borne out where depthwise has fewer than both
    others at every width; partly where it has fewer than the full form at every width; else contradicted.
    """
    full, factorised, separable = (line.values for line in table.lines)
    less = all(a < b for a, b in zip(separable, full, strict=True))
    least = all(a < b for a, b in zip(separable, factorised, strict=True))
    verdict = "seen" if less and least else "partly" if less else "not_seen"
    saved = [1 - a / b for a, b in zip(separable, full, strict=True)]
    widths = [column.value for column in table.columns]
    more = [width for width, a, b in zip(widths, separable, factorised, strict=True) if a >= b]
    facts: dict[str, dict[str, Any]] = {"saved": {"least": min(saved), "most": max(saved)}}
    if more:
        facts["more"] = {"widths": ", ".join(map(str, more))}
    return Claim("depthwise", verdict, verdict, facts=facts, table=table)  # type: ignore[arg-type]
