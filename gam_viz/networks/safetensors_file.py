"""A checkpoint's file: opened from the disk or from memory, and written whole or not at all."""

from __future__ import annotations

import errno
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from gam_viz.networks.card import Card, CheckpointError
from gam_viz.runtime.files import write_atomically
from gam_viz.text.refusal import first_line

MAX_HEADER = 4_000_000  # bytes: tens of thousands of tensors; whoever parses it holds twenty times as many
ASIDE = "aside."  # begins the names of tensors that are no weights, as those of `gam_viz.evaluation.familiarity`


@contextmanager
def opened(path: Path, content: bytes | None) -> Iterator[Any]:
    """A safetensors file, open; bytes pass through a temporary folder, since only files can be opened.

    Raises:
        CheckpointError: its header is larger than is read.
        SafetensorError, OSError: it is no such file, or cannot be opened.
    """
    if content is None:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # a pipe would be waited for
            raise OSError(errno.EINVAL, "not a file", str(path))
        with path.open("rb") as start:
            _check_header(start.read(8), status.st_size, path)
        with safe_open(path, framework="pt") as file:
            yield file
        return
    _check_header(content[:8], len(content), path)
    with tempfile.TemporaryDirectory(prefix="gam-viz-") as folder:
        copy = Path(folder) / "checkpoint"
        copy.write_bytes(content)
        with safe_open(copy, framework="pt") as file:
            yield file


def _check_header(length: bytes, size: int, path: Path) -> None:
    """Of another kind of file the bytes are no length, and more than the file has: safetensors says so."""
    if MAX_HEADER < int.from_bytes(length, "little") <= size:
        raise CheckpointError("checkpoints.other.header_large", name=path.name, most=MAX_HEADER // 10**6)


def write(weights: dict[str, torch.Tensor], card: Card, path: Path) -> None:
    """Write tensors and card, atomically.

    Raises:
        CheckpointError: they cannot be written.
    """
    try:
        write_atomically(path, lambda part: save_file(weights, part, metadata={"card": card.to_json()}))
    except SafetensorError as error:
        raise CheckpointError("checkpoints.other.not_written", name=path.name, why=first_line(error)) from error
