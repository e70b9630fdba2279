"""Which pictures of an audit to look at: each question a table of rows, the ones that are asked for first.

The columns that all of them have are item, name, label, and every network's prediction and probability.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from gam_viz.audit.naming import last_map, measured, named, networks_of, quoted
from gam_viz.audit.opened import Audit
from gam_viz.audit.questions import CELLS, cell_side


def most_apart(audit: Audit, limit: int = 100) -> pa.Table:
    """item, name, label, gap and every network's prediction and probability: of pictures on which networks predict
    several classes, those first on which they are farthest apart."""
    return audit.query(
        f"select {_about(audit)}, gap from pictures where disagree order by gap desc, item limit ?", [limit]
    )


def least_sure(audit: Audit, network: str, limit: int = 100) -> pa.Table:
    """The same of pictures of whose prediction a network is least sure."""
    at = named(network, measured(audit, network))
    return audit.query(
        f"select {_about(audit)} from pictures where {at} is not null order by {at}, item limit ?", [limit]
    )


def least_familiar(audit: Audit, network: str, limit: int = 100) -> pa.Table:
    """The same of pictures that are least familiar to a network, with `farther`; empty where its file does not tell."""
    if f"{network}/farther" not in audit.columns:
        return audit.query(f"select {_about(audit)} from pictures limit 0")
    farther = named(network, "farther")
    return audit.query(
        f"""select {_about(audit)}, {farther} as farther from pictures where {farther} is not null
        order by farther desc, {named(network, "probability")}, item limit ?""",
        [limit],
    )


def off_the_object(audit: Audit, network: str, limit: int = 100) -> pa.Table:
    """The same of pictures on which the last gate with a map lies least on the object, with `object`; empty where
    nobody knows where objects lie."""
    column = next((each for each in reversed(audit.columns) if _is_object(each, network)), None)
    if column is None:
        return audit.query(f"select {_about(audit)} from pictures limit 0")
    at = quoted(column)
    return audit.query(
        f"""select {_about(audit)}, {at} as object from pictures where {at} is not null
        order by object, item limit ?""",
        [limit],
    )


def in_between(audit: Audit, column: str, low: float, high: float, limit: int = 100) -> pa.Table:
    """The same of pictures whose number in a column lies within low..high, with `value`, the smallest first."""
    at = quoted(column)
    return audit.query(
        f"""select {_about(audit)}, {at} as value from pictures where {at} between ? and ?
        order by value, item limit ?""",
        [low, high, limit],
    )


def refused(audit: Audit, limit: int = 100) -> pa.Table:
    """item, name, status, sentence: of what has no answer, and why."""
    problems = [named(name, "problem") for name in networks_of(audit)]
    return audit.query(
        f"""select item, name, status, coalesce(sentence, {", ".join(problems)}) as sentence from pictures
        where status = 'refused' or {" or ".join(f"{each} is not null" for each in problems)} order by item limit ?""",
        [limit],
    )


def tiles_of_part(audit: Audit, down: int, across: int, cells: int = CELLS, limit: int = 100) -> pa.Table:
    """item, name, label and every network's prediction and probability: of the tiles of one part of a scene."""
    side = cell_side(audit, cells)
    return audit.query(
        f"""select {_about(audit)} from pictures where status = 'ok' and top // {side} = ? and "left" // {side} = ?
        order by item limit ?""",
        [down, across, limit],
    )


def maps_of(audit: Audit, items: Sequence[int]) -> pa.Table:
    """item, and for every network that has one, by its name, the map of its last gate: 8 x 8 bytes."""
    columns = {name: last_map(audit, name) for name in networks_of(audit)}
    maps = [f", {quoted(column)} as {quoted(name)}" for name, column in columns.items() if column is not None]
    listed = ", ".join(str(int(item)) for item in items)
    return audit.query(f"select item{''.join(maps)} from pictures where item in ({listed})")


def counts(audit: Audit, network: str = "") -> pa.Table:
    """One row: count, ok, refused, empty (tiles without data); compared and disagreeing, of several networks; and of
    one network answered and unfamiliar (farther than 99 % of what it was validated on)."""
    kinds = (("ok", "ok"), ("refused", "refused"), ("no data", "empty"))
    asked = ["count(*) as count", *(f"count(*) filter (where status = '{at}') as {name}" for at, name in kinds)]
    if "disagree" in audit.columns:
        asked += ["count(disagree) as compared", "count(*) filter (where disagree) as disagreeing"]
    if network:
        farther = named(network, "farther")
        asked += [f"count({farther}) as answered", f"count(*) filter (where {farther} >= 0.99) as unfamiliar"]
    return audit.query(f"select {', '.join(asked)} from pictures")


def _about(audit: Audit) -> str:
    said = [named(name, what) for name in networks_of(audit) for what in ("prediction", measured(audit, name))]
    return ", ".join(["item", "name", "label", *said])


def _is_object(column: str, network: str) -> bool:
    return column.startswith(f"{network}/") and column.endswith("/object") and "/spatial" in column
