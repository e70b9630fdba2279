"""Where measures disagree about the maps of a network: a table of ranks each."""

from __future__ import annotations

import math
from typing import Any

from gam_viz.evidence.ranking import ranking
from gam_viz.evidence.registry import MEASURES
from gam_viz.report.context import ReportContext


def ranks_part(shown: ReportContext) -> list[dict[str, Any]]:
    """A table a network that two measures or more rank; under it how alike the orders are."""
    say, tables = shown.say, []
    for index, network in enumerate(shown.case.networks):
        found = ranking([map_.key for map_ in network.given.finite_maps], network.results, MEASURES)
        if len(found.columns) < 2:
            continue
        titles = {map_.key: shown.map_title(map_) for map_ in network.maps}
        code, numbers = found.said
        answer = say("evidence.answer_of", name=shown.titles[index], answer=say(f"evidence.ranks.{code}", **numbers))
        heads = [quantity.title(shown.words) for _, quantity in found.columns]
        rows = [
            [titles[key], *("–" if math.isnan(rank) else f"{rank:g}" for rank in ranks), say(f"evidence.ranks.{where}")]
            for key, ranks, where in zip(
                found.maps,
                found.ranks.tolist(),
                ("apart" if apart else "together" for apart in found.apart.tolist()),
                strict=True,
            )
        ]
        head = [say("report.column.map"), *heads, say("evidence.ranks.column")]
        tables.append({"index": index, "answer": answer, "head": head, "rows": rows})
    return tables
