"""What single deletion on tuned copies says of networks, with intervals; written by a command, read by the page."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gam_viz.evaluation.intervals import Estimate, mean
from gam_viz.evidence.single_deletion.in_domain import Deletions
from gam_viz.networks.checkpoints import Checkpoint
from gam_viz.runtime.files import write_atomically

RESULTS = Path(__file__).with_name("results.json")


@dataclass(frozen=True)
class InDomainRow:
    """One network.

    Attributes:
        name, sha256, attention, options: which.
        maps: by map, IDSDS: the mean rank correlation over pictures.
        apart: by map, that minus CBAM's on the same pictures; empty for CBAM's own, and where it is not there.
        before, after: accuracy of the network and of its tuned copy.
        before_without, after_without: the same with one cell removed, over all cells.
    """

    name: str
    sha256: str
    attention: str
    options: dict[str, Any]
    maps: dict[str, Estimate]
    apart: dict[str, Estimate]
    before: Estimate
    after: Estimate
    before_without: Estimate
    after_without: Estimate


@dataclass(frozen=True)
class InDomain:
    """Networks of one data set, on the same pictures.

    Attributes:
        data, pictures, grid, epochs: what was asked: how many pictures, cells a side, epochs of tuning.
        networks: a row each.
    """

    data: str
    pictures: int
    grid: int
    epochs: int
    networks: tuple[InDomainRow, ...]


def rows_of(gathered: Sequence[tuple[Checkpoint, Deletions]]) -> tuple[InDomainRow, ...]:
    """Means with intervals over pictures, and differences from CBAM picture by picture."""
    first = next((of for checkpoint, of in gathered if checkpoint.card.config.attention == "cbam"), None)
    rows = []
    for checkpoint, of in gathered:
        apart = {}
        if first is not None and of is not first:
            apart = {key: values - first.scores[key] for key, values in of.scores.items() if key in first.scores}
        config = checkpoint.card.config
        shares = (of.before, of.after, of.before_without, of.after_without)
        rows.append(
            InDomainRow(
                *(checkpoint.card.name, checkpoint.sha256, config.attention, dict(config.attention_options)),
                {key: mean(values, -1, 1) for key, values in of.scores.items() if np.isfinite(values).any()},
                {key: mean(values, -2, 2) for key, values in apart.items() if np.isfinite(values).any()},
                *(mean(np.asarray(share, np.float64), 0, 1) for share in shares),
            )
        )
    return tuple(rows)


def write_in_domain(found: Sequence[InDomain], path: Path = RESULTS) -> None:
    """Write as JSON, atomically."""
    text = json.dumps([dataclasses.asdict(each) for each in found], indent=1, ensure_ascii=False)
    write_atomically(path, lambda part: part.write_text(text + "\n", encoding="utf-8"))


def load_in_domain(path: Path = RESULTS) -> list[InDomain]:
    """What `write_in_domain` wrote; empty where there is no such file.

    Raises:
        ValueError: the file is damaged.
    """
    try:
        return [_in_domain_of(values) for values in json.loads(path.read_text(encoding="utf-8"))]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"{path.name} cannot be read: {error}") from error


def _in_domain_of(values: dict[str, Any]) -> InDomain:
    networks = []
    for row in values["networks"]:
        several = {field: {key: Estimate(**of) for key, of in row[field].items()} for field in ("maps", "apart")}
        single = {field: Estimate(**row[field]) for field in ("before", "after", "before_without", "after_without")}
        networks.append(InDomainRow(**row | several | single))
    return InDomain(**values | {"networks": tuple(networks)})
