"""DICOM's elements, of which only those on a short list are ever looked at.

A DICOM file is a list of tagged elements, among them names, birth dates, hospitals. Here all but the listed tags are
stepped over by their length and never read, so they cannot reach a page, a log or an error. It also keeps hostile
files short: elements are counted, nesting costs no recursion, nothing is unfolded.
"""

from __future__ import annotations

import struct
import zlib

from gam_viz.images.errors import PictureError
from gam_viz.images.formats.dicom.walk import Elements, ElementWalk, is_kind
from gam_viz.images.limits import LIMITS, Limits

PREAMBLE = b"DICM"
IMPLICIT, EXPLICIT = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1"
DEFLATED, BIG_ENDIAN = "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2"
_FIRST_BYTES = {
    b"\xff\xd8\xff\xf7": "1.2.840.10008.1.2.4.80",  # JPEG-LS
    b"\xff\xd8\xff": "1.2.840.10008.1.2.4.50",  # JPEG
    b"\xff\x4f\xff\x51": "1.2.840.10008.1.2.4.90",  # JPEG 2000
}


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
        walk = ElementWalk(memoryview(data), "<", limits)
        head, position = walk.elements(start, len(data), explicit=is_kind(data[start + 4 :]), last_group=0x0002)
        syntax = text(head, "TransferSyntaxUID") or IMPLICIT
        view = memoryview(data)[position:]
        if syntax == DEFLATED:
            view = memoryview(_inflate(view, limits))
        order = ">" if bytes(view[:1]) == b"\0" else "<"  # the first group is a small number
        elements, _ = ElementWalk(view, order, limits).elements(0, len(view), explicit=is_kind(view[4:6]))
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
            _, _, length, at = ElementWalk(memoryview(data), order, LIMITS).header(0, is_kind(data[4:]))
            following = struct.unpack_from(order + "HH", data, at + length)
        except struct.error:
            continue
        if (group, element) < following < (group + 2 if group == 0x0008 else 0x0009, 0):
            return True
    return False


def _compression(pixels: bytes) -> str:
    """The transfer syntax' UID by the first bytes of the first frame; "" where they are not known."""
    (table,) = struct.unpack_from("<I", pixels, 4) if len(pixels) >= 8 else (0,)
    frame = pixels[16 + table : 20 + table]  # behind the table of offsets and the header of its own piece
    return next((syntax for magic, syntax in _FIRST_BYTES.items() if frame.startswith(magic)), "")


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
