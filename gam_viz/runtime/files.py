"""Writing files so that a kill at any moment leaves the old file or the new one, never half of either."""

from __future__ import annotations

import contextlib
import glob
import os
import time
from collections.abc import Callable
from pathlib import Path

LONGEST = 120  # letters of a name that is part of a path
LEFT_OVER = 600.0  # seconds without a write, after which a part is nobody's


def file_name(name: str) -> str:
    """A network's name as the name of a file or a folder: a card may say any name, one that leads elsewhere, too."""
    kept = "".join(letter if letter.isprintable() and letter not in "/\\" else "_" for letter in name)[:LONGEST]
    return kept if kept.strip(".") else f"_{kept}"


def write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Call `write` with a path beside `path`, then move the result into place, readable as new files are here.

    Raises:
        OSError: the folder cannot be written, or the disk is full; `path` is then as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    for left in path.parent.glob(f"{glob.escape(path.name)}.*.part"):
        with contextlib.suppress(FileNotFoundError):  # of a process that was killed while it wrote
            if time.time() - left.stat().st_mtime > LEFT_OVER:
                left.unlink()
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        part.touch()
        mode = part.stat().st_mode
        write(part)
        part.chmod(mode)  # some writers (safetensors) leave a file that only its owner can read
        with part.open("rb+") as handle:
            os.fsync(handle.fileno())
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
