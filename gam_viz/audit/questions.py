"""What is asked of an audit again and again: each question one statement of SQL, which reads the columns it names.

Every answer is a table of Arrow, small however many pictures there are: DuckDB goes over the parts, and nothing is
loaded whole.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import pyarrow as pa

from gam_viz.audit.naming import gates_of_network, named, networks_of, quoted
from gam_viz.audit.opened import Audit
from gam_viz.audit.statistics import SHARE

NORMAL = 1.959963984540054  # of a 95 % interval
CELLS = 100  # parts of a scene along its longer side, at most
_STATISTICS = pa.schema(
    [
        ("class", pa.string()),
        ("gate", pa.string()),
        ("count", pa.int64()),
        ("mean", pa.float64()),
        ("low", pa.float64()),
        ("high", pa.float64()),
    ]
)
_ENDS = pa.schema(
    [
        ("gate", pa.string()),
        ("channels", pa.int64()),
        ("never_open", pa.list_(pa.int32())),
        ("never_closed", pa.list_(pa.int32())),
    ]
)
_Within = Callable[[float, float], bool]


def confusion(audit: Audit, network: str) -> pa.Table:
    """label, prediction, count: of pictures whose class is known, the most frequent first."""
    return audit.query(
        f"""select label, {named(network, "prediction")} as prediction, count(*) as count from pictures
        where label is not null and prediction is not null group by all order by count desc, label, prediction"""
    )


def gate_statistics(audit: Audit, network: str, statistic: str) -> pa.Table:
    """class, gate, count, mean, low, high: of one statistic by the picture's class where it is known, else by the
    predicted one, and (class null) of all pictures; with the mean's 95 % interval (mean and standard error, by the
    normal distribution)."""
    gates = [each["key"] for each in gates_of_network(audit, network)]
    known = [gate for gate in gates if f"{network}/{gate}/{statistic}" in audit.columns]
    if not known:
        return _STATISTICS.empty_table()
    columns = [named(network, gate, statistic) for gate in known]
    numbers = [f"count({c}), avg({c}), stddev_samp({c}) / sqrt(count({c}))" for c in columns]
    answer = audit.query(
        f"""select class, {", ".join(numbers)}
        from (select coalesce(label, {named(network, "prediction")}) as class, {", ".join(columns)} from pictures)
        group by grouping sets ((class), ()) having class is not null or grouping(class) = 1 order by class"""
    )
    rows = []
    for of_class in zip(*(column.to_pylist() for column in answer.columns), strict=True):
        for gate, at in zip(known, range(1, len(of_class), 3), strict=True):
            count, mean, error = of_class[at : at + 3]
            if count:
                half = None if error is None else NORMAL * error
                ends = (None, None) if half is None else (mean - half, mean + half)
                rows.append((of_class[0], gate, count, mean, *ends))
    columns_ = zip(*rows, strict=True) if rows else ([] for _ in _STATISTICS)
    return pa.table([pa.array(list(c), f.type) for c, f in zip(columns_, _STATISTICS, strict=True)], schema=_STATISTICS)


def channels_at_an_end(audit: Audit, network: str) -> pa.Table:
    """gate, channels, never_open, never_closed: how many of a gate's channels stay within 5 % of the lower, and of the
    upper end of its range, at every position of every picture; which ones, as lists. Gates without a range are those
    whose channels stay within 0.05 of 0, and have no upper end."""
    found = audit.query(
        """select gate, channel, min(lowest) as lowest, max(highest) as highest from channels
        where network = ? group by gate, channel order by gate, channel""",
        [network],
    )
    gates, *numbers = (column.to_pylist() for column in found.columns)
    of_gate: dict[str, list[tuple[int, float, float]]] = {}
    for gate, *each in zip(gates, *numbers, strict=True):
        of_gate.setdefault(gate, []).append(tuple(each))
    rows = []
    for known in gates_of_network(audit, network):
        channels = of_gate.get(known["key"], [])
        shut, wide = _ends(known["bounds"])
        ends = [[channel for channel, low, high in channels if at(low, high)] for at in (shut, wide)]
        rows += [(known["key"], len(channels), *ends)] if channels else []
    columns = zip(*rows, strict=True) if rows else ([] for _ in _ENDS)
    return pa.table([pa.array(list(c), f.type) for c, f in zip(columns, _ENDS, strict=True)], schema=_ENDS)


def _ends(bounds: tuple[float, float] | None) -> tuple[_Within, _Within]:
    """Whether a channel that goes from its lowest to its highest value is never open, and never closed."""
    if bounds is None:
        return (lambda low, high: low > -SHARE and high < SHARE), (lambda low, high: False)
    lowest, highest = bounds
    part = SHARE * (highest - lowest)
    return (lambda low, high: high < lowest + part), (lambda low, high: low > highest - part)


def histogram(audit: Audit, column: str, bins: int = 40) -> pa.Table:
    """low, high, count, labelled, right: how many pictures have their number in a column within each of so many equal
    parts of its range, of how many of those the class is known, and how many of these its network answers with it.
    Numbers that are not finite are left out; of equal numbers there is one part."""
    at = quoted(column)
    network = next((name for name in networks_of(audit) if column.startswith(f"{name}/")), networks_of(audit)[0])
    known = f"select {at}::double as value, label, {named(network, 'prediction')} as said from pictures"
    known += f" where isfinite({at})"
    return audit.query(
        f"""with known as ({known}), ends as (select min(value) as low, max(value) as high from known),
        parts as (select low, case when high > low then (high - low) / ? end as width from ends),
        placed as (select coalesce(least(cast(floor((value - low) / width) as int), ? - 1), 0) as part,
        label, said, low, coalesce(width, 0) as width from known, parts)
        select low + part * width as low, low + (part + 1) * width as high, count(*) as count,
        count(label) as labelled, count(*) filter (where label = said) as right
        from placed group by all order by low""",
        [bins, bins],
    )


def cell_side(audit: Audit, cells: int = CELLS) -> int:
    """Side of the parts that a scene is shown in, in pixels: of one tile's stride, or of several, so that there are no
    more than cells x cells."""
    of = audit.manifest.source
    stride = int(of.get("stride") or of["tile"])
    return stride * max(1, math.ceil(max(of["size"]) / (cells * stride)))


def on_the_scene(audit: Audit, column: str, cells: int = CELLS) -> pa.Table:
    """down, across, value: of the tiles that begin in each part of a scene (`cell_side`) the mean of a column; of text
    what is there most often."""
    at, side = quoted(column), cell_side(audit, cells)
    kind = "mode({0})" if column.endswith("/prediction") else "avg(cast({0} as double))"
    return audit.query(
        f"""select cast(top // {side} as int) as down, cast("left" // {side} as int) as across,
        {kind.format(at)} as value from pictures where {at} is not null
        group by down, across order by down, across"""
    )


def without_a_gate(audit: Audit) -> pa.Table:
    """network, key, mode, pictures, change, flips: of the pictures that were explained, the mean change of a network's
    predicted answer without a gate (layer and branch), and the share of them on which its decision flips; what flips
    most comes first. Only of an audit that is `explained`."""
    return audit.query(
        """select network, key, mode, count(*) as pictures, avg(change) as change, avg(flips::double) as flips
        from explained where kind = 'ablation' group by all order by flips desc, network, key, mode"""
    )
