"""Tensors that a checkpoint's file holds beside the network's weights."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from safetensors import SafetensorError

from gam_viz.networks.card import CheckpointError
from gam_viz.networks.checkpoints import Checkpoint, read
from gam_viz.networks.safetensors_file import ASIDE, opened, write
from gam_viz.text.refusal import first_line


def put_aside(checkpoint: Checkpoint, tensors: Mapping[str, torch.Tensor]) -> Checkpoint:
    """Write tensors into the file, in the place of those of their names, all else as it is; returns the result.

    Raises:
        ValueError: the checkpoint lies in no file.
        CheckpointError: the file cannot be read or written.
    """
    if checkpoint.content is not None:
        raise ValueError(f"{checkpoint.path.name} lies in no file")
    held = _tensors(checkpoint) | {f"{ASIDE}{name}": value.contiguous() for name, value in tensors.items()}
    write(held, checkpoint.card, checkpoint.path)
    return read(checkpoint.path)


def tensors_aside(checkpoint: Checkpoint) -> dict[str, torch.Tensor]:
    """What `put_aside` wrote, by name.

    Raises:
        CheckpointError: the file cannot be read.
    """
    return {key.removeprefix(ASIDE): value for key, value in _tensors(checkpoint, ASIDE).items()}


def _tensors(checkpoint: Checkpoint, prefix: str = "") -> dict[str, torch.Tensor]:
    try:
        with opened(checkpoint.path, checkpoint.content) as file:
            return {key: file.get_tensor(key).clone() for key in file.keys() if key.startswith(prefix)}  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise CheckpointError(
            "checkpoints.other.unreadable", name=checkpoint.path.name, why=first_line(error)
        ) from error
