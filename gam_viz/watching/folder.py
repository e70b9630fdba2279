"""What a watched training keeps on disk: a folder that grows by a file a reading, and can be read while it does.

    watch.json         the network's name and its gates, in the order they are computed
    pictures.npz       the fixed pictures: x (n, C, H, W), as the network is given them, and seen (n, H, W, 3) uint8
    steps/000001200.npz  a reading after that many steps

Every file is moved to its place when it is whole, so that a kill costs the reading that was being written.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from gam_viz.runtime.files import write_atomically

HEAD, PICTURES, STEPS = "watch.json", "pictures.npz", "steps"
VERSION = 1
#: Of each gate at each reading, as `GateStatistics` has them: over the pictures of the last batches.
QUANTITIES = ("mean", "std", "spread", "between_pictures", "below", "above", "closed", "open", "effective")
HALF = float(np.finfo(np.float16).max)  # masks and weights are kept in half precision

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True)
class WatchedGate:
    """A gate of the network.

    Attributes:
        path, layer, branch: as of `GateReading`.
        shape: (C, H, W) of its features.
        bounds: what it can be; None where it has no bounds.
        mapped: whether its mask lies over the picture, and is kept for each fixed picture; of others the channels'
            weights are.
    """

    path: str
    layer: str
    branch: str
    shape: tuple[int, int, int]
    bounds: tuple[float, float] | None
    mapped: bool


@dataclass(frozen=True, eq=False)
class Fixed:
    """The fixed pictures: `x` (n, C, H, W) float32 for the network, `seen` (n, H, W, 3) uint8 for people."""

    x: FloatArray
    seen: npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class WatchedRun:
    """A watched training.

    Attributes:
        folder: where it is.
        name: of the network.
        gates: its, in the order they are computed.
    """

    folder: Path
    name: str
    gates: tuple[WatchedGate, ...]

    @classmethod
    def open(cls, folder: str | Path) -> WatchedRun:
        """Read a folder's head.

        Raises:
            ValueError: it holds no watched training, or one of another version.
        """
        folder = Path(folder)
        try:
            said = json.loads((folder / HEAD).read_text(encoding="utf-8"))
            if said["version"] != VERSION:
                raise ValueError(f"{folder} was written by another version")
            gates = tuple(_gate(**each) for each in said["gates"])
            return cls(folder, str(said["name"]), gates)
        except (OSError, KeyError, TypeError, json.JSONDecodeError) as error:
            raise ValueError(f"{folder} holds no watched training") from error

    def begin(self, fixed: Fixed) -> None:
        """Write head and pictures."""
        _write_arrays(self.folder / PICTURES, x=fixed.x, seen=fixed.seen)
        _write_head(self.folder / HEAD, self.name, self.gates)

    def fixed(self) -> Fixed:
        """The pictures.

        Raises:
            ValueError: they cannot be read.
        """
        kept = _arrays(self.folder / PICTURES)
        return Fixed(kept["x"], kept["seen"])

    @property
    def steps(self) -> tuple[int, ...]:
        """After which there is a reading, in order."""
        return tuple(sorted(int(path.stem) for path in (self.folder / STEPS).glob("*.npz") if path.stem.isdigit()))

    def write(self, step: int, numbers: npt.NDArray[np.float64], shown: Sequence[FloatArray]) -> None:
        """Add a reading.

        Args:
            step: how many were made.
            numbers: (gates, quantities).
            shown: of each gate, for each fixed picture: masks (n, h, w) or channels' weights (n, C).
        """
        halves = {f"gate{place}": values.clip(-HALF, HALF).astype(np.float16) for place, values in enumerate(shown)}
        _write_arrays(self._file(step), numbers=numbers, **halves)

    def forget_after(self, step: int) -> None:
        """Remove the readings of steps that are made again: training went on from an older state."""
        for later in self.steps:
            if later > step:
                self._file(later).unlink(missing_ok=True)

    def numbers(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
        """Steps (N,), and of each (gates, quantities); a reading that is damaged is left out."""
        found = {}
        for step in self.steps:
            try:
                values = self._kept(step, numbers=True)["numbers"]
            except ValueError:
                continue
            if values.shape == (len(self.gates), len(QUANTITIES)):
                found[step] = values
        shape = (0, len(self.gates), len(QUANTITIES))
        return np.array(list(found), np.int64), np.stack(list(found.values())) if found else np.zeros(shape)

    def shown(self, step: int, path: str) -> FloatArray:
        """What a gate did on the fixed pictures: masks (n, h, w) or channels' weights (n, C).

        Raises:
            ValueError: there is no such reading or gate, or it is damaged.
        """
        paths = [gate.path for gate in self.gates]
        if path not in paths:
            raise ValueError(f"{self.name} has no gate {path!r}; it has {', '.join(paths)}")
        kept = self._kept(step)
        if (name := f"gate{paths.index(path)}") not in kept:
            raise ValueError(f"the reading after {step} steps has nothing of {path}")
        return kept[name].astype(np.float32)

    def _file(self, step: int) -> Path:
        return self.folder / STEPS / f"{step:09d}.npz"

    def _kept(self, step: int, *, numbers: bool = False) -> Mapping[str, npt.NDArray[Any]]:
        try:
            stamp = self._file(step).stat().st_mtime_ns
        except OSError as error:
            raise ValueError(f"{self.folder} has no reading after {step} steps") from error
        return (_numbers if numbers else _reading)(str(self._file(step)), stamp)


def runs_in(folders: Iterable[str | Path]) -> dict[str, WatchedRun]:
    """The watched trainings that folders are, or hold up to two steps below, by name: the path below the folder, or its
    own name. What cannot be read is left out."""
    found: dict[str, WatchedRun] = {}
    for folder in map(Path, folders):
        for head in sorted(each for depth in ("", "*/", "*/*/") for each in folder.glob(f"{depth}{HEAD}")):
            name = head.parent.relative_to(folder).as_posix() if head.parent != folder else folder.absolute().name
            with suppress(ValueError):
                found[name if name not in found else str(head.parent)] = WatchedRun.open(head.parent)
    return found


def _gate(**said: Any) -> WatchedGate:
    channels, height, width = map(int, said["shape"])
    bounds = said["bounds"] if said["bounds"] is None else (float(said["bounds"][0]), float(said["bounds"][1]))
    return WatchedGate(
        str(said["path"]),
        str(said["layer"]),
        str(said["branch"]),
        (channels, height, width),
        bounds,
        bool(said["mapped"]),
    )


def _write_head(path: Path, name: str, gates: Sequence[WatchedGate]) -> None:
    head = {"version": VERSION, "name": name, "gates": [asdict(each) for each in gates]}
    written = json.dumps(head, ensure_ascii=False, indent=1)
    write_atomically(path, lambda part: part.write_text(written, encoding="utf-8"))


def _write_arrays(path: Path, **arrays: npt.NDArray[Any]) -> None:
    written = io.BytesIO()
    np.savez_compressed(written, allow_pickle=False, **arrays)
    write_atomically(path, lambda part: part.write_bytes(written.getvalue()))


@lru_cache(maxsize=512)
def _reading(file: str, stamp: int) -> Mapping[str, npt.NDArray[Any]]:
    return _arrays(Path(file))


@lru_cache(maxsize=2**15)  # they are small, and a chart asks for all of them again whenever there is one more
def _numbers(file: str, stamp: int) -> Mapping[str, npt.NDArray[Any]]:
    return _arrays(Path(file), ("numbers",))


def _arrays(path: Path, names: Sequence[str] | None = None) -> dict[str, npt.NDArray[Any]]:
    try:
        with np.load(path, allow_pickle=False) as kept:
            return {name: kept[name] for name in names or kept.files}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path.name} cannot be read") from error
