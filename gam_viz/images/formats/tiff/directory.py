"""TIFF's directories of tags, one a page, chained: what EXIF blocks are made of, too.

A directory names types, counts and positions freely; nothing it says is believed before it was checked. Reading
one follows positions inside the data and costs time for its entries alone.
"""

from __future__ import annotations

import struct
from collections.abc import Collection

_ORIENTATION, _SUBFILE_TYPE = 274, 254
_INTEGER_TYPES = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 13: "I", 16: "Q", 17: "q", 18: "Q"}
_TYPE_BYTES = {3: 2, 4: 4, 5: 8, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}  # all others: 1
_REDUCED, _MASK = 1, 4  # bits of the tag that says what a directory is to the one before it
_MOST_DIRECTORIES, _MOST_ENTRIES = 1024, 512


class Directory:
    """One directory of a TIFF structure, the first unless `start` says where another lies.

    Reads past the end of the data raise `struct.error`; a position past the end of any file, `OverflowError`.
    """

    def __init__(self, data: bytes, start: int | None = None, most_entries: int = 65_535) -> None:
        self.data = data
        self.order = "<" if data[:2] == b"II" else ">"
        self.big = self.unpack("H", 2) == 43
        # (position of the first directory, bytes and format of its entry count, of an entry, of a position)
        where, self.entry_bytes, self._count, self._position = (8, 20, "Q", "Q") if self.big else (4, 12, "H", "I")
        self._first = where
        self.start = self.unpack(self._position, where) if start is None else start
        self.first_entry = self.start + struct.calcsize("=" + self._count)
        self.n_entries = self.unpack(self._count, self.start)
        self.entries: dict[int, tuple[int, int, int]] = {}  # tag -> (type, count, position of the entry)
        available = max(0, len(data) - self.first_entry) // self.entry_bytes
        for index in range(min(self.n_entries, available, most_entries)):
            at = self.first_entry + index * self.entry_bytes
            tag, kind, count = struct.unpack_from(f"{self.order}HH{self._position}", data, at)
            self.entries.setdefault(tag, (kind, count, at))

    def unpack(self, code: str, position: int) -> int:
        value: int = struct.unpack_from(self.order + code, self.data, position)[0]
        return value

    def next_directory(self) -> int:
        """Position of the next page's directory; 0 for none. One that cannot be read counts as none."""
        try:
            return self.unpack(self._position, self.first_entry + self.n_entries * self.entry_bytes)
        except (struct.error, OverflowError):
            return 0

    def integers(self, tag: int, *default: int, most: int = 16) -> tuple[int, ...]:
        """Up to `most` values of an integer tag, or the default where it is missing or no integer."""
        if tag not in self.entries:
            return default
        kind, count, at = self.entries[tag]
        if kind not in _INTEGER_TYPES or count == 0:
            return default
        code = f"{self.order}{min(count, most)}{_INTEGER_TYPES[kind]}"
        place = at + 4 + struct.calcsize("=" + self._position)
        inline = struct.calcsize("=" + self._position)
        if count * struct.calcsize("=" + _INTEGER_TYPES[kind]) > inline:
            place = self.unpack(self._position, place)
        return struct.unpack_from(code, self.data, place)

    def integer(self, tag: int, default: int) -> int:
        return self.integers(tag, default)[0]

    def bytes_of(self, tag: int) -> int:
        """How many bytes a tag's value takes; 0 where the tag is missing."""
        kind, count, _ = self.entries.get(tag, (1, 0, 0))
        return count * _TYPE_BYTES.get(kind, 1)

    def text(self, tag: int, most: int = 65_536) -> str:
        """Up to `most` bytes of a text tag; "" where it is missing, no text, or not all there."""
        kind, count, at = self.entries.get(tag, (0, 0, 0))
        place, inline = at + 4 + struct.calcsize("=" + self._position), struct.calcsize("=" + self._position)
        if kind != 2 or count <= inline:
            return ""
        start = self.unpack(self._position, place)
        return self.data[start : start + min(count, most)].decode("utf-8", "replace").rstrip("\0")

    def content(self, tag: int, most: int) -> bytes:
        """The bytes of a tag that takes more than its entry has room for; empty where it is missing, smaller, or larger
        than `most`."""
        if not struct.calcsize("=" + self._position) < self.bytes_of(tag) <= most:
            return b""
        start = self.unpack(self._position, self.entries[tag][2] + 4 + struct.calcsize("=" + self._position))
        return self.data[start : start + self.bytes_of(tag)]

    def rewrite(self, data: bytearray, needed: Collection[int], following: int) -> None:
        """Write this directory into a copy of the file with only the `needed` tags, each once, and then the position
        of the directory that follows it (0: none)."""
        kept = [self.data[at : at + self.entry_bytes] for tag, (_, _, at) in self.entries.items() if tag in needed]
        struct.pack_into(self.order + self._count, data, self.start, len(kept))
        end = self.first_entry + len(kept) * self.entry_bytes
        data[self.first_entry : end] = b"".join(kept)
        data[end : end + struct.calcsize("=" + self._position)] = struct.pack(self.order + self._position, following)

    def point_to(self, data: bytearray) -> None:
        """Make this the first directory of a copy of the file."""
        struct.pack_into(self.order + self._position, data, self._first, self.start)


def cut_down(chain: list[Directory], needed: Collection[int]) -> bytes:
    """The file with these directories alone, in this order, holding only the `needed` tags."""
    data = bytearray(chain[0].data)
    chain[0].point_to(data)
    for directory, following in zip(chain, [*(later.start for later in chain[1:]), 0], strict=True):
        directory.rewrite(data, needed, following)
    return bytes(data)


def pages(data: bytes) -> list[list[Directory]]:
    """The pages of a file, at least one: each page's own directory, then those of its reduced copies and masks.

    The chain is followed to the first directory that cannot be read, that was there before, or that is one too many
    for any file that people make; what comes after it counts as not there.

    Raises:
        struct.error: the first directory lies past the end of the file.
        OverflowError: it lies past the end of any file.
    """
    last = Directory(data)
    found = [[last]]
    seen = {last.start}
    while (start := last.next_directory()) and start not in seen and len(seen) < _MOST_DIRECTORIES:
        try:
            last = Directory(data, start, _MOST_ENTRIES)
            is_page = not last.integer(_SUBFILE_TYPE, 0) & (_REDUCED | _MASK)
        except (struct.error, OverflowError):
            break
        seen.add(start)
        if is_page:
            found.append([last])
        else:
            found[-1].append(last)
    return found


def exif_orientation(exif: bytes) -> int:
    """The orientation 1..8 that an EXIF block declares; 1 where it is damaged or does not say."""
    exif = exif.removeprefix(b"Exif\0\0")
    if exif[:2] not in (b"II", b"MM"):
        return 1
    try:
        return valid_orientation(Directory(exif).integer(_ORIENTATION, 1))
    except (struct.error, OverflowError):
        return 1  # a broken label must not cost the picture


def valid_orientation(value: int) -> int:
    return value if 1 <= value <= 8 else 1
