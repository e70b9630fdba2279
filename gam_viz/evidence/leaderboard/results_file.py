"""The leaderboard's results as a file: written by a command, read by the page and the guides."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gam_viz.evaluation.intervals import Estimate
from gam_viz.evidence.leaderboard.rows import GateRow, MapRow, NetworkRow, Results
from gam_viz.evidence.leaderboard.run import EvidenceError
from gam_viz.runtime.files import write_atomically

RESULTS = Path(__file__).with_name("results.json")


def write(found: Sequence[Results], path: Path) -> None:
    """Write as JSON, atomically."""
    text = json.dumps([dataclasses.asdict(each) for each in found], indent=1, ensure_ascii=False)
    write_atomically(path, lambda part: part.write_text(text + "\n", encoding="utf-8"))


def load_results(path: Path = RESULTS) -> list[Results]:
    """What `write` wrote; empty where there is no such file.

    Raises:
        EvidenceError: the file is damaged or of another version.
    """
    try:
        return [_results_of(values) for values in json.loads(path.read_text(encoding="utf-8"))]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise EvidenceError(f"{path.name} cannot be read: {error}") from error


def _results_of(values: dict[str, Any]) -> Results:
    networks = [
        NetworkRow(
            **values
            | {
                "accuracy": Estimate(**values["accuracy"]),
                "maps": tuple(_map_of(row) for row in values["maps"]),
                "gates": tuple(
                    GateRow(
                        **row
                        | {k: Estimate(**row[k]) for k in ("accuracy", "margin")}
                        | {"seeds": tuple(row.get("seeds", ()))}
                    )
                    for row in values["gates"]
                ),
                "seeds": tuple(values.get("seeds", ())),
                "tag": {name: Estimate(**of) for name, of in values["tag"].items()},
            }
        )
        for values in values["networks"]
    ]
    trivial = tuple(_map_of(row) for row in values["trivial"])
    return Results(**values | {"methods": tuple(values["methods"]), "trivial": trivial, "networks": tuple(networks)})


def _map_of(row: dict[str, Any]) -> MapRow:
    scores = {m: None if of is None else Estimate(**of) for m, of in row["scores"].items()}
    against = {name: {m: Estimate(**of) for m, of in each.items()} for name, each in row["against"].items()}
    seeds = {measure: tuple(of) for measure, of in row.get("seeds", {}).items()}
    return MapRow(**row | {"scores": scores, "against": against, "seeds": seeds})
