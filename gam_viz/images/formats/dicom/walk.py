"""The walk over DICOM's elements: all but the listed ones are stepped over by their length and never read.

Encoding: DICOM PS3.5, sections 7 and A; nested functional groups: PS3.3, C.7.6.16.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field

from pydicom.datadict import tag_for_keyword

from gam_viz.images.errors import PictureError
from gam_viz.images.limits import Limits

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


def is_kind(start: bytes | memoryview) -> bool:
    """Whether bytes begin with a value representation; two capitals cannot be a length."""
    kind = bytes(start[:2])
    return len(kind) == 2 and kind.isalpha() and kind.isupper()


class ElementWalk:
    """A walk over elements written in one order of bytes, which counts them."""

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
        if not is_kind(kind):  # a single element written without its kind, as some machines' private ones are
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
