"""DICOM's elements, of which only those on a short list are ever looked at.

A DICOM file is a list of tagged elements, among them names, birth dates, hospitals. Here all but the listed tags are
stepped over by their length and never read, so they cannot reach a page, a log or an error. It also keeps hostile
files short: elements are counted, nesting costs no recursion, nothing is unfolded.

Encoding: DICOM PS3.5, sections 7 and A; nested functional groups: PS3.3, C.7.6.16.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from gam_viz.images.errors import PictureError
from gam_viz.images.limits import Limits

TRANSFER_SYNTAX = 0x00020010
MODALITY, IMAGER_SPACING = 0x00080060, 0x00181164
SAMPLES, PHOTOMETRIC, PLANAR, FRAMES, ROWS, COLUMNS = (
    0x00280002,
    0x00280004,
    0x00280006,
    0x00280008,
    0x00280010,
    0x00280011,
)
PIXEL_SPACING, BITS_ALLOCATED, BITS_STORED, HIGH_BIT, SIGNED = (
    0x00280030,
    0x00280100,
    0x00280101,
    0x00280102,
    0x00280103,
)
PADDING = 0x00280120
CENTRE, WIDTH, INTERCEPT, SLOPE, EXPLANATION, FUNCTION = (
    0x00281050,
    0x00281051,
    0x00281052,
    0x00281053,
    0x00281055,
    0x00281056,
)
PALETTE_SHAPES, PALETTES, SEGMENTED = (
    (0x00281101, 0x00281102, 0x00281103),
    (0x00281201, 0x00281202, 0x00281203),
    (0x00281221, 0x00281222, 0x00281223),
)
LUT_SHAPE, LUT_EXPLANATION, LUT_DATA = 0x00283002, 0x00283003, 0x00283006
MODALITY_LUT, VOI_LUT = 0x00283000, 0x00283010
MEASURES, FRAME_VOI, FRAME_RESCALE = 0x00289110, 0x00289132, 0x00289145
SHARED_GROUPS, FRAME_GROUPS = 0x52009229, 0x52009230
FLOAT_PIXELS, DOUBLE_PIXELS, PIXELS = 0x7FE00008, 0x7FE00009, 0x7FE00010

_READ = frozenset(
    {
        *(TRANSFER_SYNTAX, MODALITY, IMAGER_SPACING, SAMPLES, PHOTOMETRIC, PLANAR, FRAMES, ROWS, COLUMNS),
        *(PIXEL_SPACING, BITS_ALLOCATED, BITS_STORED, HIGH_BIT, SIGNED, PADDING),
        *(CENTRE, WIDTH, INTERCEPT, SLOPE, EXPLANATION, FUNCTION, *PALETTE_SHAPES, *PALETTES, *SEGMENTED),
        *(LUT_SHAPE, LUT_EXPLANATION, LUT_DATA, FLOAT_PIXELS, DOUBLE_PIXELS, PIXELS),
    }
)
_ENTERED = frozenset({MODALITY_LUT, VOI_LUT, MEASURES, FRAME_VOI, FRAME_RESCALE, SHARED_GROUPS, FRAME_GROUPS})
_DEEPEST = 4  # of the sequences that are entered
_LONG = frozenset({b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"})
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_OPEN = 0xFFFFFFFF  # a length that is not told: up to a mark of the end

IMPLICIT, DEFLATED, BIG_ENDIAN = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2"


@dataclass(frozen=True)
class Field:
    """One element's value.

    Attributes:
        kind: its value representation ("US", "DS", ...); empty where the file leaves it out.
        value: its bytes, as stored; a copy, so that nothing keeps the rest of the file.
        items: of a sequence: the elements of each item.
    """

    kind: str
    value: bytes
    items: list[Mapping[int, Field]] = field(default_factory=list)


Elements = Mapping[int, Field]


def read_elements(data: bytes, limits: Limits) -> tuple[Elements, str, str]:
    """The listed elements of a DICOM file.

    Args:
        data: the whole file, with its 128 free bytes and "DICM".
        limits: bounds on the number of elements, and on what a deflated file may unfold to.

    Returns:
        Elements by tag; the transfer syntax' UID; "<" or ">", the order of bytes.

    Raises:
        PictureError: "truncated", "damaged", "too_complex" or "too_many_bytes".
    """
    try:
        walk = _Walk(memoryview(data), "<", limits)
        head, position = walk.elements(132, len(data), explicit=True, last_group=0x0002)
        syntax = text(head, TRANSFER_SYNTAX) or IMPLICIT
        order = ">" if syntax == BIG_ENDIAN else "<"
        view = memoryview(data)[position:]
        if syntax == DEFLATED:
            view = memoryview(_inflate(view, limits))
        walk = _Walk(view, order, limits)
        # Some files are written otherwise than they say; a kind of two capitals cannot be a length.
        kind = bytes(view[4:6])
        elements, _ = walk.elements(0, len(view), explicit=kind.isalpha() and kind.isupper())
    except struct.error as error:
        raise PictureError("truncated", format="DICOM") from error
    return elements, syntax, order


class _Walk:
    def __init__(self, data: memoryview, order: str, limits: Limits) -> None:
        self.data, self.order, self.limits = data, order, limits
        self.count = 0
        self._short, self._long, self._pair = (struct.Struct(order + code) for code in ("H", "I", "HH"))

    def header(self, at: int, explicit: bool) -> tuple[int, str, int, int]:
        """(tag, kind, length, position of the value) of the element at a position."""
        self.count += 1
        if self.count > 4 * self.limits.chunks:
            self.limits.check_count(self.count, 4 * self.limits.chunks, format="DICOM", parts="elements")
        group, element = self._pair.unpack_from(self.data, at)
        tag = group << 16 | element
        if group == 0xFFFE or not explicit:
            return tag, "", self._long.unpack_from(self.data, at + 4)[0], at + 8
        kind = bytes(self.data[at + 4 : at + 6])
        if kind in _LONG:
            return tag, kind.decode(), self._long.unpack_from(self.data, at + 8)[0], at + 12
        if not (kind.isalpha() and kind.isupper()):
            raise PictureError("truncated" if len(kind) < 2 else "damaged", format="DICOM")
        return tag, kind.decode(), self._short.unpack_from(self.data, at + 6)[0], at + 8

    def elements(
        self, at: int, end: int, *, explicit: bool, last_group: int = 0xFFFF, depth: int = 0
    ) -> tuple[dict[int, Field], int]:
        """The listed elements from `at` to `end`, to a mark of an item's end, to the pixels, or to the first element
        of a group beyond `last_group`; and the position after them."""
        found: dict[int, Field] = {}
        while at + 8 <= end:
            if last_group < self._short.unpack_from(self.data, at)[0]:
                return found, at  # what follows may be written in another way
            tag, kind, length, at = self.header(at, explicit)
            if tag in (_ITEM_END, _SEQUENCE_END):
                return found, at
            if tag in _ENTERED and depth < _DEEPEST:
                items, at = self.items(at, None if length == _OPEN else at + length, explicit, depth + 1)
                found[tag] = Field(kind, b"", items)
            elif length == _OPEN:
                start = at
                at = self.skip(at, explicit and kind != "UN")
                if tag in _READ:
                    found[tag] = Field(kind, bytes(self.data[start:at]))
            else:
                at += length
                if tag in _READ:
                    found[tag] = Field(kind, bytes(self.data[at - length : at]))
            if tag in (FLOAT_PIXELS, DOUBLE_PIXELS, PIXELS):
                break  # nothing behind the pixels is of use
            if at > len(self.data):
                raise PictureError("truncated", format="DICOM")
        return found, at

    def items(self, at: int, end: int | None, explicit: bool, depth: int) -> tuple[list[Mapping[int, Field]], int]:
        """The items of a sequence from `at` to `end`, or to the mark of its end; and the position after it."""
        found: list[Mapping[int, Field]] = []
        while end is None or at + 8 <= end:
            tag, _, length, at = self.header(at, explicit)
            if tag == _SEQUENCE_END:
                return found, at
            if tag != _ITEM:
                raise PictureError("damaged", format="DICOM")
            stop = len(self.data) if length == _OPEN else at + length
            elements, after = self.elements(at, stop, explicit=explicit, depth=depth)
            found.append(elements)
            at = after if length == _OPEN else stop
        return found, at

    def skip(self, at: int, explicit: bool) -> int:
        """The position after a sequence of untold length, however deeply others are nested in it."""
        explicit_at = [explicit]  # one entry for every sequence or item that is open
        while explicit_at:
            tag, kind, length, at = self.header(at, explicit_at[-1])
            if tag in (_ITEM_END, _SEQUENCE_END):
                explicit_at.pop()
            elif length == _OPEN:
                explicit_at.append(explicit_at[-1] and kind != "UN")
            else:
                at += length
        return at


def _inflate(view: memoryview, limits: Limits) -> bytes:
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    most = 4 * limits.file_bytes
    try:
        unfolded = stream.decompress(view, most + 1)
    except zlib.error as error:
        raise PictureError("damaged", format="DICOM") from error
    if len(unfolded) > most:
        raise PictureError("too_many_bytes", megabytes=len(unfolded) / 2**20, limit_megabytes=most / 2**20)
    return unfolded


def text(elements: Elements, tag: int) -> str:
    """An element's text, "" where it is missing. Only ASCII: none of the listed tags needs more."""
    found = elements.get(tag)
    return found.value[:1024].decode("ascii", "replace").strip(" \0") if found else ""


def numbers(elements: Elements, tag: int) -> tuple[float, ...]:
    """The finite numbers of a text element ("40\\\\400"), empty where it is missing or says something else."""
    try:
        values = tuple(float(part) for part in text(elements, tag).split("\\") if part.strip())
    except ValueError:
        return ()
    return values if all(abs(value) < 1e300 for value in values) else ()


def shorts(elements: Elements, tag: int, order: str, *, signed: bool = False) -> tuple[int, ...]:
    """The 16-bit whole numbers of an element, empty where it is missing."""
    found = elements.get(tag)
    if found is None:
        return ()
    count = min(len(found.value) // 2, 16)
    code = "h" if signed or found.kind == "SS" else "H"
    return struct.unpack_from(f"{order}{count}{code}", found.value)
