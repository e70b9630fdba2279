"""What was found of a network's channels, kept beside its checkpoint: a pass over the test set for each of them.

It holds numbers of test pictures, and no picture: it is shown where these can be drawn or are there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from gam_viz.evidence.channels.closing import ClosedChannels
from gam_viz.evidence.channels.field import CellFields
from gam_viz.evidence.channels.measure import GateChannels
from gam_viz.evidence.channels.responses import ChannelResponses, Ends
from gam_viz.evidence.kept import Arrays, known_beside, load_kept, save_kept
from gam_viz.networks.opened import OpenedNetwork
from gam_viz.runtime.files import file_name

VERSION = 1
_PLAIN = ("path", "layer", "branch", "name", "shape", "pictures", "by_weight")
_OF_CHANNELS = ("low", "high", "mean")
_CLOSED = ("value", "score", "closed_value", "closed_score", "changed")


def channels_path(folder: Path, name: str) -> Path:
    """Where it lies, below the folder of the checkpoint."""
    return folder / "channels" / f"{file_name(name)}.npz"


def save_channels(path: Path, found: Sequence[GateChannels], *, checkpoint: str) -> None:
    """Write it, atomically; weights, means and correlations in half precision.

    Args:
        path: the file; see `channels_path`.
        found: of all of a network's gates.
        checkpoint: sha256 of the network's checkpoint file.

    Raises:
        OSError: the folder cannot be written, or the disk is full.
    """
    arrays: dict[str, npt.NDArray[Any]] = {}
    plain = []
    for number, each in enumerate(found):
        asked = 0 if each.closed is None else each.closed.pictures
        facts = {of: getattr(each.responses, of) for of in _PLAIN}
        plain.append(facts | {"sides": each.field.sides, "closed": asked})
        arrays |= {f"{number}/{of}": values for of, values in _packed(each).items()}
    save_kept(path, VERSION, checkpoint, plain, arrays)


def known_channels(opened: OpenedNetwork) -> tuple[GateChannels, ...] | None:
    """What came with a network's checkpoint; None where nothing did."""
    return known_beside(opened, channels_path, load_channels)


def load_channels(path: Path, checkpoint: str) -> tuple[GateChannels, ...] | None:
    """The inverse of `save_channels`; None where there is none, it is damaged, or of another checkpoint."""

    def made(gates: list[dict[str, Any]], file: Arrays) -> tuple[GateChannels, ...]:
        return tuple(
            _unpacked(of, {name.removeprefix(f"{n}/"): file[name] for name in file if name.startswith(f"{n}/")})
            for n, of in enumerate(gates)
        )

    return load_kept(path, VERSION, checkpoint, made)


def _packed(each: GateChannels) -> dict[str, npt.NDArray[Any]]:
    of = each.responses
    arrays: dict[str, npt.NDArray[Any]] = {name: getattr(of, name).astype(np.float16) for name in _OF_CHANNELS}
    for name, ends in (("highest", of.highest), ("lowest", of.lowest)):
        arrays |= {
            f"{name}/pictures": ends.pictures.astype(np.uint32),
            f"{name}/weights": ends.weights.astype(np.float16),
            f"{name}/rows": ends.rows.astype(np.uint16),
            f"{name}/columns": ends.columns.astype(np.uint16),
        }
    arrays |= {"nearest": of.nearest.astype(np.int16), "correlation": of.correlation.astype(np.float16)}
    arrays |= {"field/rows": each.field.rows.astype(np.int16), "field/columns": each.field.columns.astype(np.int16)}
    if each.closed is not None:
        arrays |= {"closed/channels": each.closed.channels, "closed/counts": each.closed.counts}
        arrays |= {f"closed/{name}": getattr(each.closed, name).astype(np.float16) for name in _CLOSED}
    return arrays


def _unpacked(facts: Mapping[str, Any], arrays: Arrays) -> GateChannels:
    def whole(name: str) -> npt.NDArray[np.int64]:
        return arrays[name].astype(np.int64)

    def real(name: str) -> npt.NDArray[np.float32]:
        return arrays[name].astype(np.float32)

    def ends(name: str) -> Ends:
        rows, columns = whole(f"{name}/rows"), whole(f"{name}/columns")
        return Ends(whole(f"{name}/pictures"), real(f"{name}/weights"), rows, columns)

    plain = {of: facts[of] for of in _PLAIN}
    plain["shape"] = tuple(plain["shape"])
    numbers: dict[str, Any] = {of: real(of) for of in _OF_CHANNELS}
    responses = ChannelResponses(
        **plain,
        **numbers,
        highest=ends("highest"),
        lowest=ends("lowest"),
        nearest=whole("nearest"),
        correlation=real("correlation"),
    )
    height, width = facts["sides"]
    field = CellFields(whole("field/rows"), whole("field/columns"), (height, width))
    closed = None
    if "closed/channels" in arrays:
        values: dict[str, Any] = {of: arrays[f"closed/{of}"].astype(np.float64) for of in _CLOSED}
        closed = ClosedChannels(
            responses.path, whole("closed/channels"), int(facts["closed"]), whole("closed/counts"), **values
        )
    return GateChannels(responses, field, closed)
