"""What was found of a network's gates, kept beside its checkpoint: facts and arrays in one file without pickles."""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from gam_viz.networks.checkpoints import Checkpoint
from gam_viz.networks.opened import OpenedNetwork
from gam_viz.runtime.files import write_atomically

Facts = Mapping[str, Any]
Arrays = Mapping[str, npt.NDArray[Any]]
Found = TypeVar("Found")


def save_kept(path: Path, version: int, checkpoint: str, gates: Sequence[Facts], arrays: Arrays) -> None:
    """Write it, atomically.

    Args:
        path: the file.
        version: of what the facts and arrays mean.
        checkpoint: sha256 of the network's checkpoint file.
        gates: facts of each gate, as JSON takes them.
        arrays: by name.

    Raises:
        OSError: the folder cannot be written, or the disk is full.
    """
    said = json.dumps({"version": version, "checkpoint": checkpoint, "gates": gates})

    def write(part: Path) -> None:
        with part.open("wb") as handle:  # a file that is open keeps its name: numpy would add .npz
            np.savez_compressed(handle, allow_pickle=False, facts=np.array(said), **arrays)

    write_atomically(path, write)


def load_kept(
    path: Path, version: int, checkpoint: str, made: Callable[[list[dict[str, Any]], Arrays], Found]
) -> Found | None:
    """What `made` makes of the gates' facts and the arrays; None where there is no such file, it is damaged, of another
    version or of another checkpoint."""
    try:
        with np.load(path, allow_pickle=False) as file:
            facts = json.loads(str(file["facts"]))
            if (facts["version"], facts["checkpoint"]) != (version, checkpoint):
                return None
            return made(facts["gates"], file)
    except (OSError, ValueError, LookupError, EOFError, TypeError, AttributeError, zipfile.BadZipFile, zlib.error):
        return None


def known_beside(
    opened: OpenedNetwork | None, path_of: Callable[[Path, str], Path], load: Callable[[Path, str], Found | None]
) -> Found | None:
    """What came with a network's checkpoint; None where nothing did.

    Args:
        opened: the network.
        path_of: where it lies, by the folder of the checkpoint and the network's name.
        load: reads it, by its path and the sha256 of the checkpoint that it must be of.
    """
    if not isinstance(opened, Checkpoint):
        return None
    path = path_of(opened.path.parent, opened.card.name)
    try:
        written = path.stat().st_mtime_ns
    except (OSError, ValueError):  # none, or a card's name that no file can have
        return None
    found: Found | None = _known(load, path, written, opened.sha256)
    return found


@lru_cache(maxsize=80)
def _known(load: Callable[[Path, str], Any], path: Path, written: int, checkpoint: str) -> Any:
    """Pages ask for it at every redraw; another file has another time."""
    return load(path, checkpoint)
