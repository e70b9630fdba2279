"""The evidence of a case as tables: a row a map, a replacement, a pair of maps."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from gam_viz.evidence.examine import Case
from gam_viz.evidence.verdicts import judgements
from gam_viz.report.ablation import decided, measures_of
from gam_viz.report.csv_rows import csv_of, short


def evidence_csv(case: Case) -> str:
    """A row a map: its areas against random orders, the randomisation verdict, delta, likenesses."""
    rows: list[Sequence[object]] = [
        (
            *("network", "map", "kind", "height", "width", "target", "deletion_auc", "insertion_auc", "difference"),
            *("random_orders_beaten", "p_adjusted", "against_random", "randomisation", "untrained_spearman", "spread"),
            *("delta", "relative_delta", "alike_inside", "alike_across"),
        )
    ]
    for row in judgements(case):
        network, standing, test, attribution = case.networks[row.network], row.standing, row.test, row.attribution
        rows.append(
            [
                network.name,
                row.map.key,
                row.map.kind,
                *row.map.values.shape,
                network.target_name,
                *(
                    [""] * 5
                    if standing is None
                    else map(
                        short,
                        (standing.deletion, standing.insertion, standing.difference, standing.beats, standing.adjusted),
                    )
                ),
                row.outcome or "",
                "" if test is None else test.verdict,
                short(row.untrained),
                "" if test is None else short(test.spread),
                "" if attribution is None else short(attribution.delta),
                "" if attribution is None else short(attribution.relative_delta),
                "; ".join(f"{near.key} {near.spearman:.4f}" for near in row.inside),
                "; ".join(f"{near.network} {near.spearman:.4f}" for near in row.across),
            ]
        )
    return csv_of(rows)


def ablations_csv(case: Case) -> str:
    """A row a replacement of gates: changes with 95 % intervals, the class afterwards, the share of flips."""
    measures = list(dict.fromkeys(name for network in case.networks for name, _ in measures_of(network)))
    rows: list[Sequence[object]] = [
        (
            *("network", "layer", "branch", "gates", "replaced_by", "draws", "target"),
            *(f"{measure}_{what}" for measure in measures for what in ("change", "low", "high")),
            *("predicted", "flip_share"),
        )
    ]
    for network in case.networks:
        for one in () if network.ablations is None else network.ablations.results:
            known = dict(measures_of(network))
            changes = [getattr(one, known[measure]) if measure in known else None for measure in measures]
            rows.append(
                [
                    network.name,
                    one.layer,
                    one.branch,
                    " ".join(one.paths),
                    one.mode,
                    one.draws,
                    network.target_name,
                    *(short(end) for c in changes for end in ((None,) * 3 if c is None else (c.value, c.low, c.high))),
                    decided(network, one.predicted),
                    short(one.flip_share),
                ]
            )
    return csv_of(rows)


def agreement_csv(case: Case) -> str:
    """A row a pair of maps."""
    measures = ("spearman", "ssim", "iou")
    rows: list[Sequence[object]] = [
        (
            *("first_network", "first_map", "second_network", "second_map"),
            *(f"{measure}{what}" for measure in measures for what in ("", "_low", "_high", "_outside")),
        )
    ]
    if (known := case.agreement) is not None:
        for a, b in itertools.combinations(range(len(known.maps)), 2):
            numbers: list[object] = []
            for measure in measures:
                found = getattr(known, measure)
                numbers += [
                    *(short(part[a, b]) for part in (found.values, found.low, found.high)),
                    found.outside[a, b],
                ]
            rows.append([known.labels[a], known.maps[a].key, known.labels[b], known.maps[b].key, *numbers])
    return csv_of(rows)
