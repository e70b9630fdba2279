"""What was found of a network's gates, kept beside its checkpoint: it takes a pass over the test set for every gate."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gam_viz.evaluation.intervals import Estimate
from gam_viz.evidence.dependence.statistics import GateStatistics
from gam_viz.evidence.dependence.verdict import Dependence
from gam_viz.evidence.kept import Arrays, known_beside, load_kept, save_kept
from gam_viz.networks.opened import OpenedNetwork
from gam_viz.runtime.files import file_name

VERSION = 1


def dependence_path(folder: Path, name: str) -> Path:
    """Where it lies, below the folder of the checkpoint."""
    return folder / "gates" / f"{file_name(name)}.npz"


def save_dependence(path: Path, found: Sequence[Dependence], *, checkpoint: str) -> None:
    """Write it, atomically; class means in half precision.

    Args:
        path: the file; see `dependence_path`.
        found: of all of a network's gates.
        checkpoint: sha256 of the network's checkpoint file.

    Raises:
        OSError: the folder cannot be written, or the disk is full.
    """
    plain = []
    for each in found:
        values = dataclasses.asdict(each.statistics)
        del values["class_means"]
        plain.append({"statistics": values, "change": each.change and dataclasses.asdict(each.change)})
    means = {f"class_means/{n}": each.statistics.class_means.astype(np.float16) for n, each in enumerate(found)}
    save_kept(path, VERSION, checkpoint, plain, means)


def known_dependence(opened: OpenedNetwork | None) -> tuple[Dependence, ...] | None:
    """What came with a network's checkpoint; None where nothing did."""
    return known_beside(opened, dependence_path, load_dependence)


def load_dependence(path: Path, checkpoint: str) -> tuple[Dependence, ...] | None:
    """The inverse of `save_dependence`; None where there is none, it is damaged, or of another checkpoint."""
    return load_kept(path, VERSION, checkpoint, _made)


def _made(gates: list[dict[str, Any]], file: Arrays) -> tuple[Dependence, ...]:
    found = []
    for number, of in enumerate(gates):
        values = of["statistics"]
        values["shape"] = tuple(values["shape"])
        values["bounds"] = values["bounds"] and tuple(values["bounds"])
        change = Estimate(**of["change"]) if of["change"] else None
        class_means = file[f"class_means/{number}"].astype(np.float64)
        found.append(Dependence(GateStatistics(**values, class_means=class_means), change))
    return tuple(found)
