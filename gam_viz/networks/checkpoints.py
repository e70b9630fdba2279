"""Checkpoints: one `.safetensors` file per network, with its model card as JSON in the header.

A file is compared with the architecture its card describes before a single tensor is read: names, shapes and kinds of
number must agree, or the file is refused with what differs.
"""

from __future__ import annotations

import dataclasses
import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError

from gam_viz.networks import ResidualNetwork
from gam_viz.networks.card import Card, CheckpointError
from gam_viz.networks.opened import Origin
from gam_viz.networks.safetensors_file import ASIDE, opened, write
from gam_viz.networks.show_line import BARE, lines_for
from gam_viz.networks.weights import KINDS, parts_of, require_finite, require_same, skeleton
from gam_viz.runtime.files import file_name
from gam_viz.runtime.installation import checkpoint_folder
from gam_viz.text.nearest import nearest
from gam_viz.text.refusal import first_line, os_reason

__all__ = [
    "SUFFIX",
    "Card",
    "Checkpoint",
    "CheckpointError",
    "find",
    "from_bytes",
    "load",
    "named",
    "read",
    "rewrite_card",
    "save",
    "snapshot_path",
    "snapshots",
]

MAX_BYTES = 1_000_000_000  # of a checkpoint file
SUFFIX = ".safetensors"


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint file whose card was read; its weights are not loaded yet.

    Attributes:
        path: the file; of one that is held in memory, its name.
        card: what is known about the network.
        sha256: of the file's bytes; the network's identity in cache keys and reports.
        content: those bytes, where they are held in memory and in no file, as an upload is.
    """

    path: Path
    card: Card
    sha256: str
    content: bytes | None = field(default=None, repr=False, compare=False)

    @property
    def origin(self) -> Origin:
        """Where it lies: in a file, or in memory as an upload."""
        return "file" if self.content is None else "upload"

    @property
    def size(self) -> int:
        """Bytes held in memory."""
        return len(self.content or b"")

    @property
    def called(self) -> str:
        """A file of its card's name is called by the name; an upload and a renamed file by the file's."""
        return self.card.name if self.origin == "file" and self.path.stem == self.card.name else self.path.name

    def load(self, device: torch.device | str = "cpu") -> ResidualNetwork:
        """See `load`."""
        return load(self, device)


def save(network: ResidualNetwork, card: Card, path: Path, *, half: bool = False) -> None:
    """Write weights and card to `path`, atomically; with `half` in half precision, but for biases and batch norms.

    Raises:
        CheckpointError: the card describes another network than this one (a fused copy is another network, too), a
            weight is not finite, or the file cannot be written.
    """
    if card.config != network.config:
        raise CheckpointError("checkpoints.other.config")
    card.check()
    weights = {key: value.detach().cpu().contiguous() for key, value in network.state_dict().items()}
    require_same(parts_of(network), parts_of(skeleton(card)), card.name)
    if half:
        weights = {key: value.half() if value.ndim > 1 else value for key, value in weights.items()}
    require_finite(weights)
    write(weights, card, path)


def snapshot_path(folder: Path, name: str, epoch: int) -> Path:
    """Where the checkpoint of network `name` as it was after `epoch` epochs lies, below a folder of checkpoints."""
    return folder / "snapshots" / file_name(name) / f"epoch-{epoch:03d}{SUFFIX}"


def snapshots(folder: Path, name: str) -> dict[int, Path]:
    """The snapshots of network `name` that are there, by epoch, in order."""
    found = sorted((folder / "snapshots" / file_name(name)).glob(f"epoch-*{SUFFIX}"))
    return {int(path.stem.removeprefix("epoch-")): path for path in found if path.stem[6:].isdigit()}


def read(path: Path) -> Checkpoint:
    """Read a checkpoint's card and digest.

    Raises:
        CheckpointError: the file is missing, too large, not safetensors, or has no card.
    """
    try:
        card = _read_card(path, path.stat().st_size, None)
        with path.open("rb") as handle:
            digest = hashlib.file_digest(handle, "sha256").hexdigest()
    except OSError as error:
        raise CheckpointError("checkpoints.other.not_opened", name=path.name, why=os_reason(error)) from error
    return Checkpoint(path, card, digest)


def named(name: str, folder: Path | None = None) -> Checkpoint:
    """A checkpoint by its name in a folder, or by its file: `scenes-gam`, `mine/net.safetensors`.

    Args:
        name: the file's, without its suffix, or a path with it.
        folder: where names are looked up; without one $GAM_VIZ_CHECKPOINTS, else the networks that ship.

    Raises:
        CheckpointError: as `read`; of a `.pth`, it says which commands read that.
    """
    path = Path(name)
    if path.suffix.lower() in BARE and path.is_file():
        raise CheckpointError("checkpoints.other.bare", name=path.name, **lines_for(path))
    if path.suffix in (SUFFIX, *BARE):
        return read(path)
    folder = folder or checkpoint_folder()
    if not (found := folder / f"{name}{SUFFIX}").exists():
        raise _unknown(name, folder)
    return read(found)


def _unknown(name: str, folder: Path) -> CheckpointError:
    here = sorted(path.stem for path in folder.glob(f"*{SUFFIX}"))
    near = nearest(name, here)
    key = "unknown_near" if near else "unknown" if here else "none_here"
    return CheckpointError(f"checkpoints.other.{key}", name=name, known=", ".join(near or here), folder=str(folder))


def from_bytes(content: bytes, name: str) -> Checkpoint:
    """A checkpoint that lies in no file, as an upload; `load` takes it as any other.

    Args:
        content: a safetensors file's bytes.
        name: of the file, for messages.

    Raises:
        CheckpointError: as for `read`.
    """
    path = Path(Path(name).name or "checkpoint")
    try:
        card = _read_card(path, len(content), content)
    except OSError as error:
        raise CheckpointError("checkpoints.other.not_opened", name=path.name, why=os_reason(error)) from error
    return Checkpoint(path, card, hashlib.sha256(content).hexdigest(), content)


def _read_card(path: Path, size: int, content: bytes | None) -> Card:
    if size > MAX_BYTES:
        raise CheckpointError("checkpoints.other.too_large", name=path.name, most=MAX_BYTES // 10**6)
    try:
        with opened(path, content) as file:
            metadata = file.metadata() or {}
    except SafetensorError as error:
        raise CheckpointError("checkpoints.format.not_safetensors", name=path.name, why=first_line(error)) from error
    if "card" not in metadata:
        raise CheckpointError("checkpoints.unknown.no_card", name=path.name, **lines_for(path))
    return Card.from_json(metadata["card"])


def load(checkpoint: Checkpoint, device: torch.device | str = "cpu") -> ResidualNetwork:
    """The trained network: in eval mode, in float32, its parameters without gradients.

    Raises:
        CheckpointError: names, shapes or kinds of number differ from the architecture, or a weight is not finite.
    """
    network = skeleton(checkpoint.card)
    try:
        with opened(checkpoint.path, checkpoint.content) as file:
            slices = {key: file.get_slice(key) for key in file.keys() if not key.startswith(ASIDE)}  # noqa: SIM118
            given = {key: (tuple(part.get_shape()), KINDS.get(part.get_dtype(), "?")) for key, part in slices.items()}
            require_same(given, parts_of(network), checkpoint.path.name)
            # The tensors are the file, mapped into memory: copied, or a file that is overwritten changes (or, cut
            # short, kills) whoever computes with them.
            weights = {
                key: value.to(torch.float32 if value.is_floating_point() else torch.int64, copy=True)
                for key, value in ((key, file.get_tensor(key)) for key in given)
            }
    except (OSError, SafetensorError) as error:
        raise CheckpointError(
            "checkpoints.other.unreadable", name=checkpoint.path.name, why=first_line(error)
        ) from error
    require_finite(weights)
    network.load_state_dict(weights, assign=True)
    return network.to(device).eval().requires_grad_(False)


def find(folder: Path) -> tuple[list[Checkpoint], list[CheckpointError]]:
    """All checkpoints of a folder in order of their names, and why the others were left out."""
    found, refused = [], []
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        try:
            found.append(read(path))
        except CheckpointError as error:
            refused.append(of_file(error, path.name))
    return found, refused


def of_file(error: CheckpointError, name: str) -> CheckpointError:
    """The same, named after the file where its sentence does not name it."""
    return error if name in str(error) else CheckpointError("checkpoints.other.of_file", name=name, why=error)


def rewrite_card(checkpoint: Checkpoint, *, path: Path | None = None, **changes: Any) -> Checkpoint:
    """Replace values of a card, weights as they are, in place or in a copy at `path`; returns the result.

    Raises:
        ValueError: the checkpoint lies in no file and no path is given.
    """
    if path is None and checkpoint.content is not None:
        raise ValueError(f"{checkpoint.path.name} lies in no file; say where to write it")
    path = path or checkpoint.path
    card = dataclasses.replace(checkpoint.card, **changes)
    with opened(checkpoint.path, checkpoint.content) as file:
        weights = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    write(weights, card, path)
    return read(path)
