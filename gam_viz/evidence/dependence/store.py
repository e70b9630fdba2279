"""What was found of a network's gates, kept beside its checkpoint: it takes a pass over the test set for every gate."""

from __future__ import annotations

import dataclasses
import json
import zipfile
import zlib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from gam_viz.evaluation.intervals import Estimate
from gam_viz.evidence.dependence.statistics import GateStatistics
from gam_viz.evidence.dependence.verdict import Dependence
from gam_viz.networks.checkpoints import Checkpoint
from gam_viz.networks.opened import OpenedNetwork
from gam_viz.runtime.files import file_name, write_atomically

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
    facts = {"version": VERSION, "checkpoint": checkpoint, "gates": plain}
    means = {f"class_means/{n}": each.statistics.class_means.astype(np.float16) for n, each in enumerate(found)}

    def write(part: Path) -> None:
        with part.open("wb") as handle:  # a file that is open keeps its name: numpy would add .npz
            np.savez_compressed(handle, allow_pickle=False, facts=np.array(json.dumps(facts)), **means)

    write_atomically(path, write)


def known_dependence(opened: OpenedNetwork | None) -> tuple[Dependence, ...] | None:
    """What came with a network's checkpoint; None where nothing did."""
    if not isinstance(opened, Checkpoint):
        return None
    path = dependence_path(opened.path.parent, opened.card.name)
    try:
        written = path.stat().st_mtime_ns
    except (OSError, ValueError):  # none, or a card's name that no file can have
        return None
    return _known(path, written, opened.sha256)


@lru_cache(maxsize=64)
def _known(path: Path, written: int, checkpoint: str) -> tuple[Dependence, ...] | None:
    """Pages ask for it at every redraw; another file has another time."""
    return load_dependence(path, checkpoint=checkpoint)


def load_dependence(path: Path, *, checkpoint: str) -> tuple[Dependence, ...] | None:
    """The inverse of `save_dependence`; None where there is none, it is damaged, or of another checkpoint."""
    try:
        with np.load(path, allow_pickle=False) as file:
            facts = json.loads(str(file["facts"]))
            if (facts["version"], facts["checkpoint"]) != (VERSION, checkpoint):
                return None
            means = [file[f"class_means/{number}"].astype(np.float64) for number in range(len(facts["gates"]))]
        found = []
        for of, class_means in zip(facts["gates"], means, strict=True):
            values = of["statistics"]
            values["shape"] = tuple(values["shape"])
            values["bounds"] = values["bounds"] and tuple(values["bounds"])
            change = Estimate(**of["change"]) if of["change"] else None
            found.append(Dependence(GateStatistics(**values, class_means=class_means), change))
        return tuple(found)
    except (OSError, ValueError, LookupError, EOFError, TypeError, AttributeError, zipfile.BadZipFile, zlib.error):
        return None
