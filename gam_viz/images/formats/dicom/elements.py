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

from pydicom.datadict import tag_for_keyword

from gam_viz.images.errors import PictureError
from gam_viz.images.limits import LIMITS, Limits

PIXELS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")
_COLOURS = ("Red", "Green", "Blue")
READ = frozenset(
    (
        *("TransferSyntaxUID", "Modality", "ImagerPixelSpacing", "SamplesPerPixel", "PhotometricInterpretation"),
        *("PlanarConfiguration", "NumberOfFrames", "Rows", "Columns", "PixelSpacing", "BitsAllocated", "BitsStored"),
        *("HighBit", "PixelPaddingRangeLimit"),
        *("PixelRepresentation", "PixelPaddingValue", "WindowCenter", "WindowWidth", "WindowCenterWidthExplanation"),
        *("VOILUTFunction", "RescaleIntercept", "RescaleSlope", "LUTDescriptor", "LUTExplanation", "LUTData", *PIXELS),
        *(f"{colour}PaletteColorLookupTableDescriptor" for colour in _COLOURS),
        *(f"{colour}PaletteColorLookupTableData" for colour in _COLOURS),
        *(f"Segmented{colour}PaletteColorLookupTableData" for colour in _COLOURS),
    )
)
"""The only elements that are looked at, by their keywords in PS3.6."""

ENTERED = frozenset(
    (
        *("ModalityLUTSequence", "VOILUTSequence", "PixelMeasuresSequence", "FrameVOILUTSequence"),
        *("PixelValueTransformationSequence", "SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"),
    )
)
"""The only sequences whose items are looked at."""

_KEYWORDS = {tag_for_keyword(keyword): keyword for keyword in READ | ENTERED}
_DEEPEST = 4  # of the sequences that are entered
_LONG = frozenset({b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"})
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_OPEN = 0xFFFFFFFF  # a length that is not told: up to a mark of the end

PREAMBLE = b"DICM"
IMPLICIT, EXPLICIT = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1"
DEFLATED, BIG_ENDIAN = "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2"
_FIRST_BYTES = {
    b"\xff\xd8\xff\xf7": "1.2.840.10008.1.2.4.80",  # JPEG-LS
    b"\xff\xd8\xff": "1.2.840.10008.1.2.4.50",  # JPEG
    b"\xff\x4f\xff\x51": "1.2.840.10008.1.2.4.90",  # JPEG 2000
}


@dataclass(frozen=True)
class Field:
    """One element's value.

    Attributes:
        kind: its value representation ("US", "DS", ...); empty where the file leaves it out.
        value: its bytes, as stored; a copy, so that nothing keeps the rest of the file.
        items: of a sequence: the elements of each item.
        in_pieces: whether its length is not told, so that it lies in pieces, each with a length of its own.
    """

    kind: str
    value: bytes
    items: list[Elements] = field(default_factory=list)
    in_pieces: bool = False


Elements = Mapping[str, Field]


def read_elements(data: bytes, limits: Limits) -> tuple[Elements, str, str]:
    """The listed elements of a DICOM file.

    What a file says of its own writing is often wrong, or missing. So the order of bytes, and whether kinds of values
    are written out, are seen from its first element, and a compression that nothing names from a frame's first bytes.

    Args:
        data: the whole file, with or without its 128 free bytes and "DICM", and its part that says how it is written.
        limits: bounds on the number of elements, and on what a deflated file may unfold to.

    Returns:
        Elements by keyword; the transfer syntax' UID; "<" or ">", the order of bytes.

    Raises:
        PictureError: "truncated", "damaged", "too_complex" or "too_many_bytes".
    """
    try:
        start = len(PREAMBLE) + 128 if data[128:132] == PREAMBLE else 0
        walk = _Walk(memoryview(data), "<", limits)
        head, position = walk.elements(start, len(data), explicit=_is_kind(data[start + 4 :]), last_group=0x0002)
        syntax = text(head, "TransferSyntaxUID") or IMPLICIT
        view = memoryview(data)[position:]
        if syntax == DEFLATED:
            view = memoryview(_inflate(view, limits))
        order = ">" if bytes(view[:1]) == b"\0" else "<"  # the first group is a small number
        elements, _ = _Walk(view, order, limits).elements(0, len(view), explicit=_is_kind(view[4:6]))
    except struct.error as error:
        raise PictureError("truncated", format="DICOM") from error
    pixels = elements.get("PixelData")
    if syntax in (IMPLICIT, EXPLICIT, BIG_ENDIAN, DEFLATED):
        named = _compression(pixels.value) if pixels is not None and pixels.in_pieces else ""
        syntax = named or (BIG_ENDIAN if order == ">" else EXPLICIT)
    return elements, syntax, order


def begins_without_preamble(data: bytes) -> bool:
    """Whether bytes begin like a DICOM file from which the 128 free bytes and "DICM" were left out: with two elements
    in their order, the first of them of the groups that files begin with."""
    for order in "<>":
        try:
            group, element = struct.unpack_from(order + "HH", data)
            if group not in (0x0002, 0x0008) or element > 0x0100:
                continue
            _, _, length, at = _Walk(memoryview(data), order, LIMITS).header(0, _is_kind(data[4:]))
            following = struct.unpack_from(order + "HH", data, at + length)
        except struct.error:
            continue
        if (group, element) < following < (group + 2 if group == 0x0008 else 0x0009, 0):
            return True
    return False


def _is_kind(start: bytes | memoryview) -> bool:
    """Whether bytes begin with a value representation; two capitals cannot be a length."""
    kind = bytes(start[:2])
    return len(kind) == 2 and kind.isalpha() and kind.isupper()


def _compression(pixels: bytes) -> str:
    """The transfer syntax' UID by the first bytes of the first frame; "" where they are not known."""
    (table,) = struct.unpack_from("<I", pixels, 4) if len(pixels) >= 8 else (0,)
    frame = pixels[16 + table : 20 + table]  # behind the table of offsets and the header of its own piece
    return next((syntax for magic, syntax in _FIRST_BYTES.items() if frame.startswith(magic)), "")


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
        if not _is_kind(kind):  # a single element written without its kind, as some machines' private ones are
            return tag, "", self._long.unpack_from(self.data, at + 4)[0], at + 8
        return tag, kind.decode(), self._short.unpack_from(self.data, at + 6)[0], at + 8

    def elements(
        self, at: int, end: int, *, explicit: bool, last_group: int = 0xFFFF, depth: int = 0
    ) -> tuple[dict[str, Field], int]:
        """The listed elements from `at` to `end`, to a mark of an item's end, to the pixels, or to the first element
        of a group beyond `last_group`; and the position after them."""
        listed: dict[str, Field] = {}
        while at + 8 <= end:
            if last_group < self._short.unpack_from(self.data, at)[0]:
                return listed, at  # what follows may be written in another way
            tag, kind, length, at = self.header(at, explicit)
            if tag in (_ITEM_END, _SEQUENCE_END):
                return listed, at
            keyword, start = _KEYWORDS.get(tag), at
            if keyword in ENTERED and depth < _DEEPEST:
                items, at = self.items(at, None if length == _OPEN else at + length, explicit, depth + 1)
                listed[keyword] = Field(kind, b"", items)
            else:
                if length != _OPEN:
                    at += length
                elif keyword in PIXELS:
                    at = self.pieces(at)
                else:
                    at = self.skip(at, explicit and kind != "UN")
                if keyword in READ:
                    listed[keyword] = Field(kind, bytes(self.data[start:at]), in_pieces=length == _OPEN)
            if keyword in PIXELS:
                break  # nothing behind the pixels is of use
            if at > len(self.data):
                raise PictureError("truncated", format="DICOM")
        return listed, at

    def items(self, at: int, end: int | None, explicit: bool, depth: int) -> tuple[list[Elements], int]:
        """The items of a sequence from `at` to `end`, or to the mark of its end; and the position after it."""
        read: list[Elements] = []
        while end is None or at + 8 <= end:
            tag, _, length, at = self.header(at, explicit)
            if tag == _SEQUENCE_END:
                return read, at
            if tag != _ITEM:
                raise PictureError("damaged", format="DICOM")
            stop = len(self.data) if length == _OPEN else at + length
            elements, after = self.elements(at, stop, explicit=explicit, depth=depth)
            read.append(elements)
            at = after if length == _OPEN else stop
        return read, at

    def pieces(self, at: int) -> int:
        """The position after pixels that lie in pieces, up to the mark of their end or, without one, of the file's."""
        while at + 8 <= len(self.data):
            tag, _, length, at = self.header(at, explicit=False)
            if tag != _ITEM:
                break
            at += length
        return at

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


def text(elements: Elements, keyword: str) -> str:
    """An element's text, "" where it is missing. Only ASCII: none of the listed tags needs more."""
    field = elements.get(keyword)
    return field.value[:1024].decode("ascii", "replace").strip(" \0") if field else ""


def numbers(elements: Elements, keyword: str) -> tuple[float, ...]:
    """The finite numbers of a text element ("40\\\\400"), empty where it is missing or says something else."""
    try:
        values = tuple(float(part) for part in text(elements, keyword).split("\\") if part.strip())
    except ValueError:
        return ()
    return values if all(abs(value) < 1e300 for value in values) else ()


def shorts(elements: Elements, keyword: str, order: str, *, signed: bool = False) -> tuple[int, ...]:
    """The 16-bit whole numbers of an element, empty where it is missing."""
    field = elements.get(keyword)
    if field is None:
        return ()
    count = min(len(field.value) // 2, 16)
    code = "h" if signed or field.kind == "SS" else "H"
    return struct.unpack_from(f"{order}{count}{code}", field.value)
