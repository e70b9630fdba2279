"""The files of a source in an order that never changes, so that a shard is the same files whoever computes it.

The list is written down beside the results once; whoever goes on compares what is there now with it.
"""

from __future__ import annotations

import hashlib
import io
import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
from pyarrow import parquet

from gam_viz.audit.item import AuditItem
from gam_viz.images import LIMITS, Picture, first_look, open_source, render
from gam_viz.text.refusal import RefusalError

_SCHEMA = pa.schema(
    [("path", pa.binary()), ("size", pa.int64()), ("stamp", pa.int64()), ("label", pa.string())]
)  # paths are bytes: names on a disk need not be text


class Listed(NamedTuple):
    """A file of a source.

    Attributes:
        path: below the source's root, as the system has it.
        size: in bytes; -1 where it could not be told.
        stamp: changes where the file does: when it was written, in ns, or a checksum.
        label: the class that is known of it, by name.
    """

    path: bytes
    size: int
    stamp: int
    label: str | None = None

    @property
    def name(self) -> str:
        """The path as text; bytes that are none are written as \\xNN."""
        return self.path.decode("utf-8", "backslashreplace")


@dataclass(frozen=True, eq=False)
class Listing:
    """All of a source's files.

    Attributes:
        table: a row a file: path, size, stamp, label.
    """

    table: pa.Table

    @classmethod
    def of(cls, entries: Iterable[Listed]) -> Listing:
        """In the order given."""
        batches, rows = [], list[Listed]()
        for entry in entries:
            rows.append(entry)
            if len(rows) == 65_536:  # of tuples, which take much more than columns
                batches.append(_batch(rows))
                rows = []
        return cls(pa.Table.from_batches([*batches, _batch(rows)], _SCHEMA))

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def slice(self, start: int, stop: int) -> list[Listed]:
        """Entries start, start + 1, …, stop - 1."""
        part = self.table.slice(start, stop - start)
        return [Listed(*row) for row in zip(*(column.to_pylist() for column in part.columns), strict=True)]

    @property
    def digest(self) -> str:
        """sha256 over all of it."""
        found = hashlib.sha256()
        for start in range(0, len(self), 65_536):
            for entry in self.slice(start, start + 65_536):
                found.update(repr(tuple(entry)).encode())
        return found.hexdigest()

    def to_bytes(self) -> bytes:
        """As Parquet."""
        out = io.BytesIO()
        parquet.write_table(self.table, out, compression="zstd")
        return out.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> Listing:
        """The inverse of `to_bytes`."""
        return cls(parquet.read_table(io.BytesIO(data), schema=_SCHEMA))


def _batch(rows: list[Listed]) -> pa.RecordBatch:
    columns = zip(*rows, strict=True) if rows else ([] for _ in _SCHEMA)
    arrays = [pa.array(list(column), field.type) for column, field in zip(columns, _SCHEMA, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=_SCHEMA)


def told(path: Path) -> tuple[int, int]:
    """Size and stamp of a file; (-1, 0) where the system does not tell."""
    try:
        status = path.stat()
    except OSError:
        return -1, 0
    return status.st_size, status.st_mtime_ns


@dataclass(frozen=True, eq=False)
class FileItem(AuditItem):
    """A file on this machine's disks.

    Attributes:
        path: of it.
    """

    path: Path = Path()

    def picture(self) -> Picture:
        return picture_of(read_file(self.path), self.path.name)


def read_file(path: Path) -> bytes:
    """A file's bytes, if it is one that may hold a picture.

    Raises:
        RefusalError: it is a folder, or what would be waited for without end.
        PictureError: it is too large.
        OSError: it cannot be read.
    """
    status = path.stat()
    if stat.S_ISDIR(status.st_mode):
        raise RefusalError("audit.row.folder_link")
    if not stat.S_ISREG(status.st_mode):  # to open a pipe is to wait for ever
        raise RefusalError("audit.row.no_file")
    LIMITS.check_file_size(status.st_size)  # before it is read
    return path.read_bytes()


@dataclass(frozen=True, eq=False)
class ListedFiles:
    """Files on this machine's disks, by number: a folder's, or those of a list.

    Attributes:
        kind: of source.
        where: the folder, or the list.
        root: what paths are below.
        listing: the files.
    """

    kind: str
    where: str
    root: Path
    listing: Listing

    def __len__(self) -> int:
        return len(self.listing)

    def facts(self) -> dict[str, object]:
        """What tells it from other sources, and from itself after a change."""
        return {"kind": self.kind, "count": len(self), "digest": self.listing.digest}

    def items(self, start: int, stop: int) -> list[AuditItem]:
        """Of a shard."""
        return [
            FileItem(entry.name, entry.label, path=self.root / os.fsdecode(entry.path))
            for entry in self.listing.slice(start, stop)
        ]


def picture_of(data: bytes, name: str) -> Picture:
    """A file's bytes as its pages show it first.

    Raises:
        PictureError: it is refused.
    """
    source = open_source(data, name)
    return render(source, first_look(source))
