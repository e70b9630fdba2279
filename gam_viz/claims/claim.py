"""A statement of the tutorial with what was measured of it, and what a verdict is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from gam_viz.evaluation.intervals import Estimate

#: "seen": the figures bear it out; "partly": they do within a limit that is named, or on some data against others;
#: "not_seen": they contradict it; "open": what was measured does not decide, or nothing was trained yet; "untested":
#: nothing here measures it.
Verdict = Literal["seen", "partly", "not_seen", "open", "untested"]
VERDICTS: tuple[Verdict, ...] = ("seen", "partly", "not_seen", "open", "untested")

#: The statements in the tutorial's order, and the section that makes each.
SECTIONS = {
    "kept": "1",
    "crossing": "1, 2.1",
    "efficiency": "1",
    "beats_cbam": "1",
    "details": "1",
    "pooling": "1, 2.2",
    "groups": "1, 2.2",
    "range": "3",
    "kernel": "3",
    "plug": "4",
    "rate": "5",
    "learning": "5",
    "deeper": "5",
    "with_se": "5",
    "factorised": "5",
    "depthwise": "5",
    "folding": "5",
    "gain": "5",
    "parameters": "5",
}


#: Why a data set decides or does not: it can show the claimed effect; its interval is too wide; the network compared
#: with is too good for a gain of that size; or accuracy on it means relying on a tag. "beside": it is not asked to.
Weight = Literal["counts", "coarse", "ceiling", "shortcut", "beside"]
#: What one data set says of a statement.
Says = Literal["for", "against", "open"]


@dataclass(frozen=True)
class Measured:
    """One difference of accuracies behind a verdict; shares, 0.25 is 25 points.

    Attributes:
        data: name of the data set.
        title: the data set's own title, for one that the catalogue does not know.
        label: what is compared with what, in the plan's labels: (first, second), of first - second.
        estimate: the difference with its 95 % interval.
        level: of the interval that the verdict rests on: of 95 % for all data sets that count together.
        corrected: the difference with that interval.
        detectable: the smallest true difference that would be found, with a chance of 80 %, at the corrected level.
        room: what a network without a mistake would gain over the second.
        weight: whether the data set counts, or why it does not.
        says: what it says of the statement; "open" where it does not count.
    """

    data: str
    title: str
    label: tuple[str, str]
    estimate: Estimate
    level: float
    corrected: Estimate
    detectable: float
    room: float
    weight: Weight
    says: Says = "open"


@dataclass(frozen=True)
class ColumnHead:
    """Head of a column: a key of the catalogue, the number in it, and how its values are written ("count", "share",
    "times")."""

    key: str
    value: int | None = None
    form: Literal["count", "share", "times"] = "count"


@dataclass(frozen=True)
class TableRow:
    """One attention module's figures, a value a column."""

    module: str
    options: Mapping[str, Any]
    values: tuple[float, ...]


@dataclass(frozen=True)
class Table:
    """Figures of several modules."""

    columns: tuple[ColumnHead, ...]
    lines: tuple[TableRow, ...]


@dataclass(frozen=True)
class Claim:
    """A statement and what was found.

    Attributes:
        key: in `SECTIONS` and in the text catalogue.
        verdict: drawn from the figures by the rule of that statement.
        reason: which case of the rule decided; the catalogue says each in a sentence.
        facts: name of a sentence in the catalogue -> the figures in its gaps.
        measured: differences of accuracy that the verdict rests on, in the zoo's order.
        beside: others that a reader wants to see beside them; they decide nothing.
        effect: what a data set must be able to show to count, a share of accuracy.
        table: figures of modules side by side, or None.
    """

    key: str
    verdict: Verdict
    reason: str
    facts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    measured: tuple[Measured, ...] = ()
    beside: tuple[Measured, ...] = ()
    effect: float = 0.0
    table: Table | None = None
