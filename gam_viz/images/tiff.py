"""TIFF's directory of tags: read for what it declares, and cut down to what a decoder needs.

TIFF and EXIF share this structure. A directory names types, counts and positions freely, so a small file can
ask for gigabytes (one tile of 40,000 x 16,000 pixels for a picture of 10 x 10) or for millions of strips.
Here the first directory is checked and rewritten to hold only the tags that say where and how the pixels are
stored; Pillow and libtiff then never see sub-directories, further pages, private tags or damaged metadata.
"""

from __future__ import annotations

import math
import struct

from gam_viz.images.errors import PictureError
from gam_viz.images.essentials import Essentials
from gam_viz.images.limits import Limits

_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC = 256, 257, 258, 259, 262
_STRIP_OFFSETS, _ORIENTATION, _SAMPLES, _STRIP_BYTES = 273, 274, 277, 279
_TILE_WIDTH, _TILE_HEIGHT, _TILE_OFFSETS, _TILE_BYTES, _SAMPLE_FORMAT = 322, 323, 324, 325, 339

# What locates and describes pixels. Orientation is not among them: it is applied by us, once, for every
# format.
_NEEDED = {
    *(_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC, _STRIP_OFFSETS, _SAMPLES, _STRIP_BYTES),
    *(_TILE_WIDTH, _TILE_HEIGHT, _TILE_OFFSETS, _TILE_BYTES, _SAMPLE_FORMAT),
    *(266, 278, 284, 317, 320, 338, 347, 529, 530, 532),  # fill order, rows a strip, ... JPEG tables, YCbCr
}
# Fax codes (2, 3, 4) are left out: they hold no photographs, and libtiff prints a line for every damaged row.
_COMPRESSIONS = {1, 5, 7, 8, 32773, 32946}
_COMPRESSION_NAMES = {
    2: "CCITT fax",
    3: "CCITT fax",
    4: "CCITT fax",
    6: "old-style JPEG",
    34676: "SGI LogLuv",
    34925: "LZMA",
    50000: "Zstandard",
    50001: "WebP",
}
_ACCEPTED_COMPRESSIONS = "none, LZW, Deflate, PackBits, JPEG"

_INTEGER_TYPES = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 16: "Q", 17: "q"}
_KINDS = {1: "uint", 2: "int", 3: "float", 5: "complex int", 6: "complex float"}


class _Directory:
    """The first directory of a TIFF structure. Reads past the end of the data raise `struct.error`."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.order = "<" if data[:2] == b"II" else ">"
        self.big = self.unpack("H", 2) == 43
        # (position of the first directory, bytes and format of its entry count, of an entry, of a position)
        where, self.entry_bytes, self._count, self._position = (8, 20, "Q", "Q") if self.big else (4, 12, "H", "I")
        self.start = self.unpack(self._position, where)
        self.first_entry = self.start + struct.calcsize("=" + self._count)
        self.n_entries = self.unpack(self._count, self.start)
        self.entries: dict[int, tuple[int, int, int]] = {}  # tag -> (type, count, position of the entry)
        available = max(0, len(data) - self.first_entry) // self.entry_bytes
        for index in range(min(self.n_entries, available, 65_535)):
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

    def cut_down(self) -> bytes:
        """The file with its first directory alone, holding only `_NEEDED` tags, each once."""
        data = bytearray(self.data)
        kept = [self.data[at : at + self.entry_bytes] for tag, (_, _, at) in self.entries.items() if tag in _NEEDED]
        struct.pack_into(self.order + self._count, data, self.start, len(kept))
        end = self.first_entry + len(kept) * self.entry_bytes
        data[self.first_entry : end] = b"".join(kept)
        data[end : end + struct.calcsize("=" + self._position)] = bytes(struct.calcsize("=" + self._position))
        return bytes(data)


def read_tiff(data: bytes, limits: Limits) -> Essentials:
    """Check what a TIFF file's first page declares, and cut the file down to it.

    Raises:
        PictureError: "damaged", "too_complex", "unsupported_mode", "unsupported_compression" or a size that
            `limits` refuse.
        struct.error: the directory lies past the end of the file.
        OverflowError: it lies past the end of any file.
    """
    directory = _Directory(data)
    stored = directory.entries.keys()
    if not {_WIDTH, _HEIGHT} <= stored or not {_STRIP_OFFSETS, _TILE_OFFSETS} & stored:
        raise PictureError("damaged", format="TIFF")
    width, height = directory.integer(_WIDTH, 0), directory.integer(_HEIGHT, 0)
    limits.check_dimensions(width, height)
    _check_parts(directory, limits)
    compression = directory.integer(_COMPRESSION, 1)
    if compression not in _COMPRESSIONS:
        raise PictureError(
            "unsupported_compression",
            format="TIFF",
            compression=_COMPRESSION_NAMES.get(compression, f"method {compression}"),
            accepted_compressions=_ACCEPTED_COMPRESSIONS,
        )
    bits = _check_samples(directory)
    return Essentials(
        data=directory.cut_down(),
        size=(width, height),
        orientation=_valid_orientation(directory.integer(_ORIENTATION, 1)),
        more_frames=directory.next_directory() != 0,
        bits=bits,
        layout=_layout(directory),
        inverted=bits > 8 and directory.integer(_PHOTOMETRIC, 1) == 0,
    )


def exif_orientation(exif: bytes) -> int:
    """The orientation 1..8 that an EXIF block declares; 1 where it is damaged or does not say."""
    exif = exif.removeprefix(b"Exif\0\0")
    if exif[:2] not in (b"II", b"MM"):
        return 1
    try:
        return _valid_orientation(_Directory(exif).integer(_ORIENTATION, 1))
    except (struct.error, OverflowError):
        return 1  # a broken label must not cost the picture


def _valid_orientation(value: int) -> int:
    return value if 1 <= value <= 8 else 1


def _check_parts(directory: _Directory, limits: Limits) -> None:
    for tag in _NEEDED & directory.entries.keys():
        kind, count, _ = directory.entries[tag]
        if kind not in (1, 7):  # bytes are read in one go; everything else value by value
            limits.check_count(count, 4 * limits.chunks, format="TIFF", parts="too many values in a tag")
    for tag in (_STRIP_OFFSETS, _TILE_OFFSETS):
        if tag in directory.entries:
            limits.check_count(
                directory.entries[tag][1], limits.chunks, format="TIFF", parts="too many strips or tiles"
            )
    tile = math.prod(directory.integer(tag, 1) for tag in (_TILE_WIDTH, _TILE_HEIGHT, _SAMPLES))
    limits.check_count(abs(tile), limits.tile_bytes, format="TIFF", parts="too many bytes in a tile")


def _check_samples(directory: _Directory) -> int:
    """Bits of a sample, if samples are stored in a way that keeps its meaning in an 8-bit RGB picture.

    16-bit colour is refused although Pillow would read it: it drops the low byte, and satellite pictures, the
    usual 16-bit colour TIFFs, use a small part of the range and would come out black.
    """
    samples = directory.integer(_SAMPLES, 1)
    bits = max(directory.integers(_BITS, 1))
    kind = max(directory.integers(_SAMPLE_FORMAT, 1))
    eight_bit = 1 <= bits <= 8 and 1 <= samples <= 6
    sixteen_bit_grey = bits in (12, 16) and samples == 1
    if kind != 1 or not (eight_bit or sixteen_bit_grey):
        raise PictureError("unsupported_mode", format="TIFF", mode=_layout(directory))
    return bits


def _layout(directory: _Directory) -> str:
    kind = _KINDS.get(directory.integer(_SAMPLE_FORMAT, 1), "unknown")
    samples, bits = directory.integer(_SAMPLES, 1), max(directory.integers(_BITS, 1))
    return f"{samples} x {bits}-bit {kind} (photometric {directory.integer(_PHOTOMETRIC, 0)})"
