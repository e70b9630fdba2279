"""What is asked of an audit again and again: each question one statement of SQL, which reads the columns it names.

Every answer is a table of Arrow, small however many pictures there are: DuckDB goes over the parts, and nothing is
loaded whole.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from gam_viz.audit.opened import Audit
from gam_viz.audit.statistics import SHARE

NORMAL = 1.959963984540054  # of a 95 % interval


def networks_of(audit: Audit) -> list[str]:
    """Names."""
    return [str(network["name"]) for network in audit.manifest.networks]


def gates_of_network(audit: Audit, network: str) -> list[dict[str, Any]]:
    """What the manifest says of a network's gates, in the order they are computed; see `network.AuditedGate`."""
    return next(list(each["gates"]) for each in audit.manifest.networks if each["name"] == network)


def compared(audit: Audit) -> bool:
    """Whether it says where networks disagree."""
    return len(audit.manifest.networks) > 1 and audit.manifest.networks[0]["card"]["output"] in _CHANCES


def confusion(audit: Audit, network: str) -> pa.Table:
    """label, prediction, count: of pictures whose class is known, the most frequent first."""
    return audit.query(
        f"""select label, {_named(network, "prediction")} as prediction, count(*) as count from pictures
        where label is not null and prediction is not null group by all order by count desc, label, prediction"""
    )


def gate_statistics(audit: Audit, network: str, statistic: str) -> pa.Table:
    """class, gate, count, mean, low, high: of one statistic by the picture's class where it is known, else by the
    predicted one; with the mean's 95 % interval (mean and standard error, by the normal distribution)."""
    parts = []
    for gate in gates_of_network(audit, network):
        column = _named(network, gate["key"], statistic)
        if f"{network}/{gate['key']}/{statistic}" in audit.columns:
            parts.append(
                f"""select coalesce(label, {_named(network, "prediction")}) as class, {_text(gate["key"])} as gate,
                count({column}) as count, avg({column}) as mean,
                stddev_samp({column}) / sqrt(count({column})) as error
                from pictures where {column} is not null group by class"""
            )
    if not parts:
        kinds = {"class": pa.string(), "gate": pa.string(), "count": pa.int64()}
        return pa.schema([*kinds.items(), *((name, pa.float64()) for name in ("mean", "low", "high"))]).empty_table()
    return audit.query(
        f"""select class, gate, count, mean, mean - {NORMAL} * error as low, mean + {NORMAL} * error as high
        from ({" union all ".join(parts)}) order by class, gate"""
    )


def channels_at_an_end(audit: Audit, network: str) -> pa.Table:
    """gate, channels, never_open, never_closed: how many of a gate's channels stay within 5 % of the lower, and of the
    upper end of its range, at every position of every picture; which ones, as lists. Gates without a range are those
    whose channels stay within 0.05 of 0, and have no upper end."""
    parts = []
    for gate in gates_of_network(audit, network):
        low, high = gate["bounds"] or (-SHARE, None)
        closed = SHARE if high is None else low + SHARE * (high - low)
        shut = f"highest < {closed}" + (f" and lowest > {-SHARE}" if high is None else "")
        wide = "false" if high is None else f"lowest > {high - SHARE * (high - low)}"
        parts.append(
            f"""select {_text(gate["key"])} as gate, count(*) as channels,
            coalesce(list(channel order by channel) filter (where {shut}), []) as never_open,
            coalesce(list(channel order by channel) filter (where {wide}), []) as never_closed
            from (select channel, min(lowest) as lowest, max(highest) as highest from channels
            where network = {_text(network)} and gate = {_text(gate["key"])} group by channel) having count(*) > 0"""
        )
    return audit.query(" union all ".join(parts)) if parts else pa.table({"gate": [], "channels": []})


def most_apart(audit: Audit, limit: int = 100) -> pa.Table:
    """item, name, label, gap and every network's prediction and probability: of pictures on which networks predict
    several classes, those first on which they are farthest apart."""
    return audit.query(
        f"select {_about(audit)}, gap from pictures where disagree order by gap desc, item limit ?", [limit]
    )


def least_familiar(audit: Audit, network: str, limit: int = 100) -> pa.Table:
    """The same of pictures that are least familiar to a network, with `farther`; empty where its file does not tell."""
    if f"{network}/farther" not in audit.columns:
        return audit.query(f"select {_about(audit)} from pictures limit 0")
    farther = _named(network, "farther")
    return audit.query(
        f"""select {_about(audit)}, {farther} as farther from pictures where {farther} is not null
        order by farther desc, {_named(network, "probability")}, item limit ?""",
        [limit],
    )


def off_the_object(audit: Audit, network: str, limit: int = 100) -> pa.Table:
    """The same of pictures on which the last gate with a map lies least on the object, with `object`; empty where
    nobody knows where objects lie."""
    column = next((each for each in reversed(audit.columns) if _is_object(each, network)), None)
    if column is None:
        return audit.query(f"select {_about(audit)} from pictures limit 0")
    named = _quoted(column)
    return audit.query(
        f"""select {_about(audit)}, {named} as object from pictures where {named} is not null
        order by object, item limit ?""",
        [limit],
    )


def on_the_scene(audit: Audit, column: str, cells: int = 200) -> pa.Table:
    """down, across, value: means of a column over at most cells x cells parts of a scene. Text is 0 or 1: whether it is
    there."""
    width, height = audit.manifest.source["size"]
    side = max(width, height) / cells
    named = _quoted(column)
    kind = "avg(cast({0} as double))" if column != "sentence" else "avg(cast({0} is not null as double))"
    return audit.query(
        f"""select cast(floor((top + ?) / ?) as int) as down, cast(floor(("left" + ?) / ?) as int) as across,
        {kind.format(named)} as value from pictures where {named} is not null
        group by down, across order by down, across""",
        [audit.manifest.source["tile"] / 2, side, audit.manifest.source["tile"] / 2, side],
    )


_CHANCES = ("class", "multilabel", "binary")


def _about(audit: Audit) -> str:
    said = [_named(name, what) for name in networks_of(audit) for what in ("prediction", _measured(audit, name))]
    return ", ".join(["item", "name", "label", *said])


def _measured(audit: Audit, network: str) -> str:
    names = ("probability", "value", "summed_logit", "summed_score")
    return next(name for name in names if f"{network}/{name}" in audit.columns)


def _is_object(column: str, network: str) -> bool:
    return column.startswith(f"{network}/") and column.endswith("/object") and "/spatial" in column


def _named(*parts: str) -> str:
    return _quoted("/".join(parts))


def _quoted(name: str) -> str:
    """A column's name, whatever a file or a network is called."""
    return '"' + name.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
