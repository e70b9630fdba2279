"""Statements about other forms of GAM's spatial branch: groups with a shuffle, and kernels taken apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from gam_viz.attention import GAM
from gam_viz.claims.accuracy import minus
from gam_viz.claims.claim import Claim, Measured, Table
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


def factorised(
    table: Table,
    full: ReceptiveField,
    taken_apart: ReceptiveField,
    results: Sequence[SetResults],
    label: str = "gam-factorised",
) -> Claim:
    """ "For phones, split the 7x7 convolution into 1x7 and 7x1."

    The table's lines are the full and the factorised form. Contradicted where it does not save at every width. Borne
    out where it does, its field is no smaller and no trained network is measurably worse; else partly.
    """
    before, after = (line.values for line in table.lines)
    saves = all(a < b for a, b in zip(after, before, strict=True))
    same = taken_apart.rows >= full.rows and taken_apart.columns >= full.columns
    rows = [(each, each.row(label), each.row("gam")) for each in results]
    found = tuple(
        Measured(each.data, each.title, (first.label, second.label), minus(first, second))
        for each, first, second in rows
        if first and second
    )
    worse = any(measured.estimate.high < 0 for measured in found)
    if not saves:
        verdict, reason = "not_seen", "no_saving"
    elif same and not worse:
        verdict, reason = "seen", "same"
    else:
        verdict = "partly"
        reason = "worse" if same else "field_and_worse" if worse else "field"
    facts = {
        "saved": {"least": 1 - max(a / b for a, b in zip(after, before, strict=True))},
        "field": {"full": full.rows, "apart": taken_apart.rows},
    }
    return Claim("factorised", verdict, reason, facts=facts, measured=found, table=table)  # type: ignore[arg-type]
