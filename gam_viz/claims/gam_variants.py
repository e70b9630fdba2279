"""Statements about other forms of GAM's spatial branch: groups with a shuffle, and kernels taken apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from gam_viz.attention import GAM
from gam_viz.claims.accuracy import PROMISED_GAIN, minus
from gam_viz.claims.claim import Claim, Measured, Says, Table
from gam_viz.claims.parameters import PRINTED_RATE
from gam_viz.claims.weighing import Comparison, together, weigh
from gam_viz.explain.interventions import spatial_field, spatial_reach
from gam_viz.zoo.results import SetResults

GROUPS = 4
PRINTED_GROUPS = 1  # of both 7x7 convolutions of the tutorial's class; tests compare it with that class
CHANNELS = 64  # of the features, as in the first stage of the tutorial's network


@dataclass(frozen=True)
class ReceptiveField:
    """What one number of a finished mask depends on.

    Attributes:
        channels: how many channels of the features.
        rows, columns: extent of the positions.
    """

    channels: int
    rows: int
    columns: int


def mask_field(**options: Any) -> ReceptiveField:
    """Of a GAM with these options; no weight is looked at."""
    with torch.device("meta"):
        module = GAM(CHANNELS, **options)
    field = spatial_field(module)
    assert field is not None
    return ReceptiveField(int(spatial_reach(module)[0].sum()), *field)


def shuffle_fields() -> dict[str, ReceptiveField]:
    """The field with four groups at each place of the shuffle, and with one group ("full")."""
    places = {place: mask_field(groups=GROUPS, shuffle=place) for place in ("between", "last", "none")}
    return {"full": mask_field(), **places}


def groups(table: Table, fields: Mapping[str, ReceptiveField], printed: int = PRINTED_GROUPS) -> Claim:
    """ "Group convolution with a channel shuffle keeps the parameters down."

    The table's lines are the full form and the one with groups. Borne out where groups save at every width and the
    printed class has them; partly where they save, but it does not; else contradicted.
    """
    full, grouped = (line.values for line in table.lines)
    saves = all(a < b for a, b in zip(grouped, full, strict=True))
    verdict = "not_seen" if not saves else "seen" if printed > 1 else "partly"
    return Claim(
        "groups",
        verdict,  # type: ignore[arg-type]
        verdict,
        facts={
            "saved": {"groups": GROUPS, "share": 1 - grouped[-1] / full[-1]},
            "fields": {"channels": CHANNELS, **{name: of.channels for name, of in fields.items()}},
        },
        table=table,
    )


def factorised(table: Table, full: ReceptiveField, taken_apart: ReceptiveField, results: Sequence[SetResults]) -> Claim:
    """ "For phones, split the 7x7 convolution into 1x7 and 7x1."

    The table's lines are the full and the factorised form. Contradicted where it does not save at every width. Borne
    out where it does, its field is no smaller, and on more than half of the data sets that count no loss is measured
    and one of the claimed effect excluded; else partly. Networks are compared that differ in this option alone.
    """
    before, after = (line.values for line in table.lines)
    saves = all(a < b for a, b in zip(after, before, strict=True))
    same = taken_apart.rows >= full.rows and taken_apart.columns >= full.columns
    measured = weigh(like_pairs(results, {"spatial": "factorised"}), PROMISED_GAIN, _no_loss, upwards=False)
    kept = together([of.says for of in measured if of.weight == "counts"])
    if not saves:
        verdict, reason = "not_seen", "no_saving"
    elif same:
        decided = {"seen": ("seen", "same"), "not_seen": ("partly", "worse")}
        verdict, reason = decided.get(kept, ("partly", "undecided"))
    else:
        verdict, reason = "partly", "field_and_worse" if kept == "not_seen" else "field"
    facts: dict[str, dict[str, Any]] = {
        "saved": {"least": 1 - max(a / b for a, b in zip(after, before, strict=True))},
        "field": {"full": full.rows, "apart": taken_apart.rows},
    }
    if not measured:
        facts["unlike"] = _rates(results)
    return Claim("factorised", verdict, reason, facts, measured, (), PROMISED_GAIN, table)  # type: ignore[arg-type]


def like_pairs(results: Sequence[SetResults], options: Mapping[str, Any]) -> list[Comparison]:
    """GAM networks with these options, each against the one of its data set that has all its others and not these."""
    found = []
    for each in results:
        rows = [row for row in each.rows if row.module == "gam"]
        for row in rows:
            if options.items() <= row.options.items():
                rest = {key: value for key, value in row.options.items() if key not in options}
                like = next((r for r in rows if (r.options, r.stages) == (rest, row.stages)), None)
                if like is not None:
                    found.append(Comparison(each, row, like, minus(row, like)))
    return found


def _rates(results: Sequence[SetResults]) -> dict[str, str]:
    """Reduction ratios of the full and of the factorised networks that were trained, as text; "–" for none."""
    rates: dict[str, set[int]] = {"full": set(), "factorised": set()}
    for options in (row.options for each in results for row in each.rows if row.module == "gam"):
        spatial, rate = options.get("spatial", "full"), options.get("rate", PRINTED_RATE)
        if spatial in rates:
            rates[spatial].add(rate)
    return {spatial: ", ".join(map(str, sorted(known))) or "–" for spatial, known in rates.items()}


def _no_loss(pair: Comparison, of: Measured) -> Says:
    """Against it where it is measurably worse; for it where it is not, and a loss of the claimed effect is excluded."""
    if of.corrected.high < 0:
        return "against"
    return "for" if of.corrected.low > -PROMISED_GAIN else "open"
