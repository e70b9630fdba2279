"""ZIP files of pictures: read in memory, a member at a time, and never further than the limits.

Nothing is extracted to disk, so a member's name is only ever shown. What a ZIP declares is not believed: a member is
unfolded up to its limit, and all members together up to the session's. No ratio is refused beside that: a plain bitmap
may well shrink to a thousandth, and what a bomb could unfold to is bounded already, overlapping members included.
"""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from dataclasses import dataclass, field
from typing import IO

from gam_viz.images.errors import PictureError, naming
from gam_viz.images.limits import LIMITS, Limits
from gam_viz.images.open_source import clean_name

_CENTRAL = b"PK\x01\x02"  # every entry of the list at a ZIP's end begins with it
_METHODS = {zipfile.ZIP_STORED: "none", zipfile.ZIP_DEFLATED: "Deflate"}
_OTHER_METHODS = {9: "Deflate64", zipfile.ZIP_BZIP2: "bzip2", zipfile.ZIP_LZMA: "LZMA", 93: "Zstandard", 95: "XZ"}
_ENCRYPTED = 0x1 | 0x40 | 0x2000  # the member's bytes; strongly; the list of members itself
_LITTER = (".ds_store", "thumbs.db", "desktop.ini")  # what systems add of their own

# What zipfile and zlib are known to answer to damaged or hostile bytes with.
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OverflowError,
    OSError,
    LookupError,
)


def is_archive(data: bytes) -> bool:
    """Whether these bytes are a ZIP, by content alone: a picture with a ZIP behind it is a picture."""
    return data.startswith((b"PK\x03\x04", b"PK\x05\x06")) and data[128:132] != b"DICM"


@dataclass(frozen=True, eq=False)
class Member:
    """One file of a ZIP, not unfolded yet.

    Attributes:
        name: without folders, fit to be printed on one line.
        path: with them, as the ZIP has it.
        size: bytes that it says it unfolds to.
        checksum: that it says they have, CRC-32.
    """

    name: str
    path: str
    size: int
    checksum: int
    _info: zipfile.ZipInfo = field(repr=False)
    _archive: _Archive = field(repr=False)

    def read(self) -> bytes:
        """Its bytes, at most a file's limit. Each reading counts towards what the ZIP may unfold to.

        Raises:
            PictureError: it is refused; nothing else is raised, whatever the bytes are.
        """
        with naming(self.name):
            return self._archive.read(self._info)


def members(data: bytes, name: str, limits: Limits = LIMITS) -> tuple[Member, ...]:
    """The files of a ZIP, in its order, none of them unfolded yet; what systems add of their own is left out.

    Args:
        data: the ZIP's bytes.
        name: its name, for display.
        limits: what to accept.

    Raises:
        PictureError: the ZIP as a whole is refused; nothing else is raised, whatever the bytes are.
    """
    with naming(clean_name(name)):
        if len(data) > limits.session_bytes:
            limits.check_batch([len(data)])
        # Before the list is read, which costs memory for every entry: ten times the limit, because files that lie
        # within the ZIP as they are may hold the mark as well.
        if data.count(_CENTRAL) > 10 * limits.archive_entries:
            raise PictureError("archive_entries", limit=limits.archive_entries)
        return members_of(io.BytesIO(data), limits)


def members_of(opened: IO[bytes], limits: Limits) -> tuple[Member, ...]:
    """`members` of a ZIP that lies in a file, which stays open as long as they are read.

    Raises:
        PictureError: as `members`.
    """
    try:
        file = zipfile.ZipFile(opened)
        infos = file.infolist()
    except _DAMAGE as error:
        raise PictureError("damaged", format="ZIP") from error
    except MemoryError as error:
        raise PictureError("out_of_memory") from error
    if len(infos) > limits.archive_entries:
        raise PictureError("archive_entries", limit=limits.archive_entries)
    archive = _Archive(file, limits)
    found = [
        Member(clean_name(path), path, info.file_size, info.CRC, info, archive)
        for info in infos
        if not litter(path := _path(info))
    ]
    if not found:
        raise PictureError("archive_empty")
    return tuple(found)


class _Archive:
    """An open ZIP, and how much of it may still be unfolded."""

    def __init__(self, file: zipfile.ZipFile, limits: Limits) -> None:
        self._file = file
        self._limits = limits
        self._left = limits.session_bytes

    def read(self, info: zipfile.ZipInfo) -> bytes:
        """A member's bytes."""
        self._check(info)
        self._left -= info.file_size
        try:
            with self._file.open(info) as member:
                # zipfile gives no more than was declared, and compares the checksum at the end.
                data = member.read(info.file_size + 1)
        except _DAMAGE as error:
            raise PictureError("archive_damaged") from error
        except MemoryError as error:
            raise PictureError("out_of_memory") from error
        if len(data) != info.file_size:
            raise PictureError("archive_damaged")
        if is_archive(data):
            raise PictureError("archive_nested")
        return data

    def _check(self, info: zipfile.ZipInfo) -> None:
        """Refuse a member by what is declared of it, before any of it is read."""
        if stat.S_ISLNK(info.external_attr >> 16):
            raise PictureError("archive_link")
        if info.flag_bits & _ENCRYPTED:
            raise PictureError("archive_encrypted")
        if info.compress_type not in _METHODS:
            compression = _OTHER_METHODS.get(info.compress_type, f"method {info.compress_type}")
            raise PictureError(
                "unsupported_compression",
                format="ZIP",
                compression=compression,
                accepted_compressions=" and ".join(_METHODS.values()),
            )
        self._limits.check_file_size(info.file_size)
        if info.file_size > self._left:
            raise PictureError("archive_too_much", limit_megabytes=self._limits.session_bytes / 2**20)


def _path(info: zipfile.ZipInfo) -> str:
    """A member's path. Without the mark for UTF-8 its encoding is anybody's guess, and zipfile's is CP437.

    macOS writes UTF-8 without the mark, Chinese Windows its own code page.
    """
    if info.flag_bits & 0x800:
        return info.filename
    for encoding in ("utf-8", "gb2312"):
        try:
            return info.filename.encode("cp437").decode(encoding)
        except UnicodeError:
            continue
    return info.filename


def litter(path: str) -> bool:
    """Whether a system put it there: folders and their settings, previews, the second half of a Macintosh file."""
    *folders, base = path.replace("\\", "/").split("/")
    return not base or "__MACOSX" in folders or base.startswith("._") or base.lower() in _LITTER
