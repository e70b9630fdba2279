"""Weights files as training scripts leave them: what is in them, and the numbers of it that are asked for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from torch import Tensor

from gam_viz.networks.card import CheckpointError
from gam_viz.networks.checkpoints import MAX_BYTES, SUFFIX
from gam_viz.networks.safetensors_file import opened
from gam_viz.networks.state_dicts.archive import open_archive
from gam_viz.networks.state_dicts.contents import unwrapped, weights_in
from gam_viz.networks.state_dicts.described import short
from gam_viz.networks.weights import Shape
from gam_viz.text.refusal import first_line, os_reason

#: The number formats of safetensors, as it names them.
DTYPES = {
    **{"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16},
    **{"I64": torch.int64, "I32": torch.int32, "I16": torch.int16, "I8": torch.int8, "U8": torch.uint8},
    **{"BOOL": torch.bool, "C64": torch.complex64},
}


@dataclass(frozen=True, eq=False)
class WeightsFile:
    """Weights whose names and shapes are known and whose numbers are not read yet.

    Attributes:
        name: of the file, for messages.
        shapes, dtypes: by weight, under the names that the network gave them: what DataParallel, torch.compile and the
            like put before all of them is gone.
        taken: where in the file they were: "state_dict", "model.ema" …; empty where the file is the state dict.
        others: where the file has other weights, as an average over the training; see `open_weights`' `key`.
        metadata: of a safetensors file's header.
    """

    name: str
    shapes: dict[str, Shape]
    dtypes: dict[str, torch.dtype]
    taken: str
    others: tuple[str, ...]
    metadata: Mapping[str, str]
    _read: Callable[[list[str]], dict[str, Tensor]]

    @property
    def title(self) -> str:
        """The name without what weights' files end in."""
        return re.sub(r"(\.(pth|pt|ckpt|tar|bin|safetensors))+$", "", Path(self.name).name) or "network"

    def tensors(self, names: Iterable[str] | None = None) -> dict[str, Tensor]:
        """The numbers of some weights, or of all, on the CPU and in the file's formats.

        Raises:
            CheckpointError: the file is damaged.
        """
        return self._read(list(self.shapes if names is None else names))


def open_weights(source: bytes | Path, name: str | None = None, *, key: str | None = None) -> WeightsFile:
    """Read what a weights file says it holds; nothing in it is run, and no number is read yet.

    It may be what `torch.save` wrote (`.pth`, `.pt`, `.ckpt`, `.pth.tar`): a state dict, one among other things, as
    training scripts and Lightning leave it, or a whole pickled network, of which the weights are taken and the class is
    not. Or a `.safetensors` of any library. Whatever else is in it is stepped over.

    Args:
        source: the file's bytes, or where it lies.
        name: of the file; needed for bytes.
        key: where in the file its weights are; None for the likeliest place.

    Raises:
        CheckpointError: no weights are in it, or it is damaged or too large.
    """
    file = name or (source.name if isinstance(source, Path) else "the file")
    start = source[:9] if isinstance(source, bytes) else _start(source, file)
    if file.lower().endswith(SUFFIX) or start[8:9] == b"{":  # a length, then a JSON object
        return _open_safetensors(source, file)
    archive = open_archive(source, file)
    contents = weights_in(archive.content, file, key)
    specs = contents.weights
    for weight, spec in specs.items():
        archive.check(weight, spec)
    # No tensor repeats its numbers, but two may overlap: together they are no larger than the file either. Two names of
    # one tensor, as of a module that a network holds twice, are read once.
    if sum(torch.Size(spec.size).numel() * spec.storage.dtype.itemsize for spec in set(specs.values())) > archive.total:
        raise CheckpointError("checkpoints.damaged.larger", name=file)
    return WeightsFile(
        name=file,
        shapes={weight: spec.size for weight, spec in specs.items()},
        dtypes={weight: spec.storage.dtype for weight, spec in specs.items()},
        taken=contents.taken,
        others=contents.others,
        metadata={},
        _read=lambda names: archive.tensors({weight: specs[weight] for weight in names}),
    )


def read_weights(source: bytes | Path, name: str | None = None, *, key: str | None = None) -> dict[str, Tensor]:
    """All weights of a file, by name, on the CPU; as `open_weights`, which says what is read and what is refused."""
    return open_weights(source, name, key=key).tensors()


def _start(path: Path, name: str) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(9)
    except OSError as error:
        raise CheckpointError("checkpoints.other.not_opened", name=name, why=os_reason(error)) from error


def _open_safetensors(source: bytes | Path, name: str) -> WeightsFile:
    path, content = (Path(name), source) if isinstance(source, bytes) else (source, None)
    size = path.stat().st_size if content is None else len(content)
    if size > MAX_BYTES:
        raise CheckpointError("checkpoints.other.too_large", name=name, most=MAX_BYTES // 10**6)
    try:
        with opened(path, content) as file:
            metadata = file.metadata() or {}
            parts = {key: file.get_slice(key) for key in file.keys()}  # noqa: SIM118
            shapes = {key: tuple(part.get_shape()) for key, part in parts.items()}
            kinds = {key: part.get_dtype() for key, part in parts.items()}
    except SafetensorError as error:
        raise CheckpointError("checkpoints.format.not_safetensors", name=name, why=first_line(error)) from error
    odd = next((kind for kind in kinds.values() if kind not in DTYPES), None)
    if odd is not None:
        raise CheckpointError("checkpoints.other.tensor_kind", name=name, what=short(str(odd)))
    theirs = unwrapped({key: key for key in shapes}, name)  # our name -> the file's

    def read(names: list[str]) -> dict[str, Tensor]:
        try:
            with opened(path, content) as file:
                # Mapped into memory: copied, or a file that is overwritten changes whoever computes with them.
                return {weight: file.get_tensor(theirs[weight]).clone() for weight in names}
        except (OSError, SafetensorError) as error:
            raise CheckpointError("checkpoints.other.unreadable", name=name, why=first_line(error)) from error

    return WeightsFile(
        name=name,
        shapes={weight: shapes[key] for weight, key in theirs.items()},
        dtypes={weight: DTYPES[kinds[key]] for weight, key in theirs.items()},
        taken="",
        others=(),
        metadata=metadata,
        _read=read,
    )
