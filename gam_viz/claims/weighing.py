"""Which data sets decide a statement about accuracy, what each of them says, and what they say together.

`docs/claims.md` has the rules in words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from gam_viz.claims.claim import Measured, Says, Verdict, Weight
from gam_viz.evaluation.intervals import Estimate
from gam_viz.evaluation.power import LEVEL, at_level, corrected_level, detectable, powerful
from gam_viz.evidence.leaderboard.pictures import TAGGED
from gam_viz.zoo.results import AttentionResults, SetResults


@dataclass(frozen=True)
class Comparison:
    """Two networks of one data set, and the first's accuracy minus the second's."""

    data: SetResults
    first: AttentionResults
    second: AttentionResults
    estimate: Estimate


#: What a data set that counts says of a statement, from its corrected interval.
Rule = Callable[[Comparison, Measured], Says]


def weigh(pairs: Sequence[Comparison], effect: float, rule: Rule, *, upwards: bool = True) -> tuple[Measured, ...]:
    """Every comparison with its weight, and what those that count say.

    Args:
        pairs: one a data set.
        effect: that has to be within reach, a share of accuracy.
        rule: of the statement.
        upwards: whether a gain of that size has to be possible; not where only a loss is asked about.
    """
    weights: list[Weight] = ["coarse"] * len(pairs)
    for place, pair in enumerate(pairs):
        if TAGGED.get(pair.data.data, False):
            weights[place] = "shortcut"
        elif upwards and 1 - pair.second.accuracy.value < effect:
            weights[place] = "ceiling"
    rest = [place for place, weight in enumerate(weights) if weight == "coarse"]
    for place, enough in zip(rest, powerful([pairs[p].estimate for p in rest], effect), strict=True):
        weights[place] = "counts" if enough else "coarse"
    level = corrected_level(weights.count("counts"))
    measured = [_measured(pair, level, weight) for pair, weight in zip(pairs, weights, strict=True)]
    return tuple(
        replace(of, says=rule(pair, of)) if of.weight == "counts" else of
        for pair, of in zip(pairs, measured, strict=True)
    )


def beside(pair: Comparison) -> Measured:
    """A comparison that is shown beside those that decide, and decides nothing."""
    return _measured(pair, LEVEL, "beside")


def together(says: Sequence[Says]) -> Verdict:
    """Of the data sets that count, alike for and against.

    Borne out where more than half of them are for and none is against; contradicted where more than half are against
    and none is for; partly true where some are for and some against; else what was measured does not decide.
    """
    wins, losses = says.count("for"), says.count("against")
    if wins and losses:
        return "partly"
    if 2 * wins > len(says):
        return "seen"
    return "not_seen" if 2 * losses > len(says) else "open"


def _measured(pair: Comparison, level: float, weight: Weight) -> Measured:
    return Measured(
        data=pair.data.data,
        title=pair.data.title,
        label=(pair.first.label, pair.second.label),
        estimate=pair.estimate,
        level=level,
        corrected=at_level(pair.estimate, level),
        detectable=detectable(pair.estimate, level),
        room=1 - pair.second.accuracy.value,
        weight=weight,
    )
