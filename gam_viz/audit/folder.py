"""Where an audit is written: a folder on this machine, or an address that fsspec knows (s3://…, gs://…, memory://…).

A file is there whole or not at all, so that whoever is killed leaves only whole parts, and many may write at once.
"""

from __future__ import annotations

import errno
import os
import uuid
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path, PurePosixPath

from fsspec.core import url_to_fs
from fsspec.implementations.local import LocalFileSystem

from gam_viz.audit.errors import AuditError
from gam_viz.runtime.files import write_atomically
from gam_viz.text.refusal import os_reason

MANIFEST = "audit.json"
LISTING = "items.parquet"
EXPLAINED = "explained.parquet"
ROWS, CHANNELS = "rows", "channels"  # folders of parts
_OWN = (MANIFEST, LISTING, EXPLAINED, ROWS, CHANNELS)


class AuditFolder:
    """Files of an audit, by names with "/" in them.

    Args:
        address: a path, or an address with "://".

    Attributes:
        address: it.
        system: fsspec's, in which it is.

    Raises:
        AuditError: the address is of a kind that is not known here.
    """

    def __init__(self, address: str | Path) -> None:
        self.address = str(address)
        try:
            self.system, self._root = url_to_fs(self.address)
        except (ImportError, ValueError) as error:
            raise AuditError("audit.refused.address", out=self.address, why=str(error)) from error

    @property
    def local(self) -> Path | None:
        """The folder on this machine; None of an address elsewhere."""
        return Path(self._root) if isinstance(self.system, LocalFileSystem) else None

    def names(self, folder: str = "") -> list[str]:
        """Of the files and folders in a folder, in order; nothing where it is not there."""
        try:
            found = self.system.ls(self._path(folder), detail=False, refresh=True)
        except (FileNotFoundError, NotADirectoryError):
            return []
        return sorted(PurePosixPath(path).name for path in found)

    def has(self, name: str) -> bool:
        """Whether a file is there."""
        return bool(self.system.exists(self._path(name)))

    def stamp(self, name: str) -> str:
        """Changes where a file does; empty of one that is not there."""
        try:
            return str(self.system.ukey(self._path(name)))
        except FileNotFoundError:
            return ""

    def read(self, name: str) -> bytes:
        """A file's bytes.

        Raises:
            OSError: it is not there, or cannot be read.
        """
        data: bytes = self.system.cat_file(self._path(name))
        return data

    def write(self, name: str, data: bytes) -> None:
        """Put a file there, whole.

        Raises:
            AuditError: it cannot be written; the disk is full, perhaps. What was there is as it was.
        """
        try:
            if self.local is not None:
                write_atomically(self.local / name, lambda part: part.write_bytes(data))
                return
            part = f"{self._path(name)}.{uuid.uuid4().hex}.part"
            self.system.makedirs(str(PurePosixPath(part).parent), exist_ok=True)
            self.system.pipe_file(part, data)
            self.system.mv(part, self._path(name))
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise AuditError("audit.refused.disk_full", out=self.address) from error
            raise AuditError("audit.refused.not_written", out=self.address, why=os_reason(error)) from error

    def check_own(self) -> None:
        """Refuse a folder in which somebody else's files lie.

        Raises:
            AuditError: they do, or it is a file.
        """
        if self.system.isfile(self._root):
            raise AuditError("audit.refused.no_folder", out=self.address)
        foreign = [name for name in self.names() if not name.startswith(_OWN)]
        if foreign and not self.has(MANIFEST):
            raise AuditError("audit.refused.not_empty", out=self.address, example=foreign[0])

    def url(self, name: str) -> str:
        """A file's path, with the name of the system where that is not this machine's."""
        return self._path(name) if self.local is not None else str(self.system.unstrip_protocol(self._path(name)))

    def clear(self) -> None:
        """Remove what those who were killed left half-written on this machine; for who knows that nobody writes."""
        if self.local is not None:
            for left in (*self.local.glob("*.part"), *self.local.glob("*/*.part")):
                left.unlink(missing_ok=True)

    def _path(self, name: str) -> str:
        return f"{self._root.rstrip('/')}/{name}" if name else str(self._root)


def part_name(index: int) -> str:
    """A shard's file in `ROWS` and in `CHANNELS`."""
    return f"part-{index:07d}.parquet"


def audits_below(folders: Iterable[Path], *, deep: int = 3, most: int = 200) -> dict[str, Path]:
    """Name -> folder of the audits that folders are, or hold so many steps below; links to folders are not followed,
    so none lies elsewhere. No more than `most` are found.

    An audit's name is its path below the folder, in which the folder's own name comes first where there are several.
    """
    found: dict[str, Path] = {}
    several = list(folders)
    for folder in several:
        root = folder.absolute()
        for path in islice(_audits(root, deep), most - len(found)):
            parts = path.relative_to(root).parts
            shown = (root.name, *parts) if len(several) > 1 or not parts else parts
            name = "/".join(shown).encode("utf-8", "backslashreplace").decode()
            found[name if name not in found else str(path)] = path
    return found


def _audits(folder: Path, deep: int) -> Iterator[Path]:
    if (folder / MANIFEST).is_file():
        yield folder
        return
    try:
        with os.scandir(folder) as entries:
            below = sorted(each.name for each in islice(entries, 10_000) if each.is_dir(follow_symlinks=False))
    except OSError:  # not there, or not for us to look into
        return
    for name in below if deep else ():
        yield from _audits(folder / name, deep - 1)
