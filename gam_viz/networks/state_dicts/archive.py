"""The two containers that `torch.save` writes: a ZIP archive, and before 2020 one pickle after another.

Opening one reads what the file says about its tensors. Numbers are read afterwards, of the tensors asked for.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from gam_viz.networks.card import CheckpointError
from gam_viz.networks.state_dicts.described import Storage, TensorSpec, short
from gam_viz.networks.state_dicts.pickles import SAVE_INSTEAD, follow
from gam_viz.text.refusal import os_reason

MAX_BYTES = 1_000_000_000
MAX_DIRECTORY = 2_000_000  # bytes of a ZIP's list of members; ResNet-50's has 50,000
MAX_PICKLE = 16_000_000
_OLD_FORMAT = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."


@dataclass(frozen=True, eq=False)
class Archive:
    """What a file holds, and how to read a storage's bytes.

    Attributes:
        name: of the file, for messages.
        content: what its pickle describes.
        total: bytes of the file; no tensors in it can have more.
    """

    name: str
    content: Any
    total: int
    _read: Callable[[Storage], bytes]

    def check(self, key: str, spec: TensorSpec) -> None:
        """Refuse a tensor that its storage does not hold exactly once.

        Raises:
            CheckpointError: it reaches beyond its storage, repeats numbers, or is empty.
        """
        if len(spec.size) != len(spec.stride):
            raise CheckpointError("checkpoints.damaged.axes", name=self.name, weight=short(key), axes=len(spec.size))
        if 0 in spec.size:
            raise CheckpointError("checkpoints.other.empty", name=self.name, weight=short(key))
        span = 0  # how far the axes looked at so far reach, from the shortest stride
        for stride, size in sorted(zip(spec.stride, spec.size, strict=True)):
            if size > 1 and stride <= span:
                raise CheckpointError("checkpoints.other.repeats", name=self.name, weight=short(key))
            span += stride * (size - 1)
        if spec.offset + span >= spec.storage.count:
            raise CheckpointError("checkpoints.damaged.beyond", name=self.name, weight=short(key))

    def tensors(self, specs: dict[str, TensorSpec]) -> dict[str, Tensor]:
        """The numbers of tensors that were checked; names of the same numbers, as of a module held twice, share them.

        Raises:
            CheckpointError: the file is damaged.
        """
        found: dict[TensorSpec, Tensor] = {}
        by_storage: dict[Storage, set[TensorSpec]] = {}
        for spec in specs.values():
            by_storage.setdefault(spec.storage, set()).add(spec)
        for storage, views in by_storage.items():
            with _damage(self.name):
                numbers = torch.frombuffer(bytearray(self._read(storage)), dtype=storage.dtype)
            for spec in views:
                view = numbers.as_strided(spec.size, spec.stride, spec.offset)
                found[spec] = view.clone(memory_format=torch.contiguous_format)
        return {key: found[spec] for key, spec in specs.items()}


def open_archive(source: bytes | Path, name: str) -> Archive:
    """Read what a `.pt` or `.pth` file says it holds.

    Args:
        source: the file's bytes, or where it lies.
        name: of the file, for messages.

    Raises:
        CheckpointError: it cannot be read, is too large or damaged, or holds more than plain values and tensors.
    """
    if isinstance(source, Path):
        try:
            total = source.stat().st_size
            if total > MAX_BYTES:
                raise CheckpointError("checkpoints.other.too_large", name=name, most=MAX_BYTES // 10**6)
            source = source.read_bytes()
        except OSError as error:
            raise CheckpointError("checkpoints.other.not_opened", name=name, why=os_reason(error)) from error
    if len(source) > MAX_BYTES:
        raise CheckpointError("checkpoints.other.too_large", name=name, most=MAX_BYTES // 10**6)
    with _damage(name):
        if source.startswith(b"PK\x03\x04"):
            return _open_zip(source, name)
        if source.startswith(_OLD_FORMAT):
            return _open_pickles(source, name)
    raise CheckpointError("checkpoints.format.not_torch", name=name, instead=SAVE_INSTEAD)


def _open_zip(source: bytes, name: str) -> Archive:
    _check_directory(source, name)
    file = zipfile.ZipFile(io.BytesIO(source))
    members = {member.filename: member for member in file.infolist()}
    if len(members) != len(file.infolist()):
        raise CheckpointError("checkpoints.damaged.members_twice", name=name)
    roots = [path.removesuffix("data.pkl") for path in members if path.endswith("/data.pkl")]
    if len(roots) != 1 or f"{roots[0]}constants.pkl" in members:
        kind = "more.scripted" if len(roots) == 1 else "format.other_archive"
        raise CheckpointError(f"checkpoints.{kind}", name=name, instead=SAVE_INSTEAD)
    if any(m.compress_type != zipfile.ZIP_STORED or m.compress_size != m.file_size for m in members.values()):
        raise CheckpointError("checkpoints.other.compressed", name=name)
    if sum(member.file_size for member in members.values()) > len(source):
        raise CheckpointError("checkpoints.damaged.members_larger", name=name)
    root = roots[0]
    if f"{root}byteorder" in members and file.read(f"{root}byteorder") != b"little":
        raise CheckpointError("checkpoints.other.big_endian", name=name)
    if members[f"{root}data.pkl"].file_size > MAX_PICKLE:
        raise CheckpointError("checkpoints.other.pickle_large", name=name, most=MAX_PICKLE // 10**6)

    def read(storage: Storage) -> bytes:
        member = members.get(f"{root}data/{storage.key}")
        if member is None or member.file_size != storage.count * storage.dtype.itemsize:
            raise CheckpointError("checkpoints.damaged.numbers", name=name)
        return file.read(member)

    content, _ = follow(io.BytesIO(file.read(f"{root}data.pkl")), name)
    return Archive(name, content, len(source), read)


def _check_directory(source: bytes, name: str) -> None:
    """Bound the list of members before `zipfile` makes an object of each.

    `torch.save` ends its files with the plain record and no comment, preceded by the 64-bit one; `zipfile` finds just
    these where they are, so what is measured here is what it reads.
    """
    end = source[-22:]
    if len(end) != 22 or end[:4] != b"PK\x05\x06" or end[-2:] != b"\0\0":
        raise CheckpointError("checkpoints.damaged.archive_end", name=name)
    sizes = [struct.unpack("<L", end[12:16])[0]]
    locator = source[-42:-22]
    if locator[:4] == b"PK\x06\x07":
        record = source[-98:-42]
        if record[:4] != b"PK\x06\x06" or struct.unpack("<Q", locator[8:16])[0] != len(source) - 98:
            raise CheckpointError("checkpoints.damaged.archive_end", name=name)
        sizes.append(struct.unpack("<Q", record[40:48])[0])
    if any(size > MAX_DIRECTORY and size != 2**32 - 1 for size in sizes):
        raise CheckpointError("checkpoints.other.many_members", name=name)


def _open_pickles(source: bytes, name: str) -> Archive:
    file = io.BytesIO(source)
    (_, _), (version, _), (system, _) = (follow(file, name) for _ in range(3))
    if version != 1001 or not isinstance(system, dict) or system.get("little_endian") is not True:
        raise CheckpointError("checkpoints.other.other_version", name=name)
    (content, named), (keys, _) = follow(file, name), follow(file, name)
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise CheckpointError("checkpoints.damaged.no_list", name=name)
    storages = {storage.key: storage for storage in named}
    places: dict[str, tuple[int, int]] = {}
    place = file.tell()
    for key in keys:
        storage = storages.get(key)
        if storage is None or source[place : place + 8] != struct.pack("<q", storage.count):
            raise CheckpointError("checkpoints.damaged.numbers", name=name)
        length = storage.count * storage.dtype.itemsize
        places[key] = (place + 8, length)
        place += 8 + length
    if place > len(source):
        raise CheckpointError("checkpoints.damaged.ends", name=name)

    def read(storage: Storage) -> bytes:
        start, length = places.get(storage.key, (0, -1))
        if length != storage.count * storage.dtype.itemsize:
            raise CheckpointError("checkpoints.damaged.numbers", name=name)
        return source[start : start + length]

    return Archive(name, content, len(source), read)


@contextmanager
def _damage(name: str) -> Iterator[None]:
    """Whatever a library finds wrong with the file is said in our sentence."""
    try:
        yield
    except CheckpointError:
        raise
    except (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, ValueError, LookupError) as error:
        raise CheckpointError("checkpoints.damaged.unreadable", name=name) from error
    except (RuntimeError, OverflowError, TypeError, AttributeError, MemoryError) as error:
        raise CheckpointError("checkpoints.damaged.unreadable", name=name) from error
