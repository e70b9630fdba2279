"""The part of a file that its decoder needs, and what the file declares about itself.

A decoder is handed nothing else. Colour profiles, previews, comments, text and EXIF are where parsers go
wrong, where a few bytes unfold to gigabytes, and where hundreds of thousands of tiny chunks keep Python busy
for minutes; none of it changes the pixels that are shown. The EXIF orientation, which does, is read here. So
is the declared size, so that it can be refused before a decoder sets memory aside for it.

PNG, JPEG, WebP, BMP and PNM are read here; the others, which need more walking, in modules of their own.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable

from gam_viz.images.errors import PictureError
from gam_viz.images.formats.gif import read_gif
from gam_viz.images.formats.header import Essentials
from gam_viz.images.formats.iso_boxes import read_avif, read_jpeg2000
from gam_viz.images.formats.tiff.check import read_tiff
from gam_viz.images.formats.tiff.directory import exif_orientation
from gam_viz.images.limits import Limits


def read_essentials(data: bytes, format: str, limits: Limits, frame: int = 0) -> Essentials:
    """Take a file of the given format apart without decoding a pixel.

    Args:
        data: the whole file.
        format: what `sniff` said.
        limits: bounds on the number of parts.
        frame: which picture the decoder is to get, from 0. Of an animation it gets all up to that one, because they
            are drawn over each other.

    Raises:
        PictureError: "truncated", "damaged", "too_complex", "unsupported_mode" or "unsupported_compression".
    """
    try:
        return _READERS[format](data, limits, frame)
    except (struct.error, IndexError, OverflowError) as error:
        # Every field is read at a position that the file names. Past its end (or, in BigTIFF, past 2**63) means
        # that bytes are missing.
        raise PictureError("truncated", format=format) from error


def _read_png(data: bytes, limits: Limits, frame: int = 0) -> Essentials:
    if data[12:16] != b"IHDR":
        raise PictureError("truncated" if len(data) < 33 else "damaged", format="PNG")
    width, height, bits = struct.unpack_from(">IIB", data, 16)
    view = memoryview(data)
    parts = [view[:8]]
    position, count, orientation, frames, kind = 8, 0, 1, 0, b""
    animated = False
    while position + 8 <= len(data) and kind != b"IEND":
        length, kind = struct.unpack_from(">I4s", data, position)
        end = position + 12 + length  # length, kind, content, checksum
        count += 1
        limits.check_count(count, limits.chunks, format="PNG", parts="too many chunks")
        if kind == b"acTL":
            animated = True
        # Each frame has a control chunk, but for a picture of its own that is there for still viewers.
        frames += kind == b"fcTL" or (kind == b"IDAT" and frames == 0)
        if kind in _PNG_PARTS or (frame and kind in _APNG_PARTS):
            parts.append(view[position:end])
        elif kind == b"eXIf":
            orientation = exif_orientation(data[position + 8 : end - 4])
        position = end
    complete = kind == b"IEND" and position <= len(data)
    frames = frames if animated else 1
    return Essentials(
        b"".join(parts), (width, height), orientation, frames=max(1, frames), bits=bits, complete=complete
    )


_PNG_PARTS = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
_APNG_PARTS = (b"acTL", b"fcTL", b"fdAT")


def _read_jpeg(data: bytes, limits: Limits, frame: int = 0) -> Essentials:
    view = memoryview(data)
    parts = [view[:2]]
    size, bits, orientation, count = (0, 0), 8, 1, 0
    position = 2
    while True:
        # Like libjpeg: junk before a marker is skipped, a marker may be padded with any number of 0xFF.
        found = _JPEG_MARKER.search(data, position)
        if found is None:
            raise PictureError("truncated", format="JPEG")
        marker, position = data[found.start() + 1], found.end()
        if marker in (0x01, *range(0xD0, 0xD9)):  # stands alone, carries nothing
            continue
        if marker == 0xD9:  # the end, before any picture
            raise PictureError("truncated", format="JPEG")
        (length,) = struct.unpack_from(">H", data, position)
        end = position + length
        count += 1
        limits.check_count(count, limits.jpeg_segments, format="JPEG", parts="too many segments")
        if marker == 0xDA:  # start of scan
            break
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):  # start of frame
            bits, height, width = struct.unpack_from(">BHH", data, position + 2)
            size = max(size, (width, height))
        if marker == 0xE1 and data[position + 2 : position + 8] == b"Exif\0\0":
            orientation = exif_orientation(data[position + 8 : end])
        if not 0xE1 <= marker <= 0xED and marker not in (0xEF, 0xFE):  # all but APP1..13, APP15 and comments
            parts.append(view[found.start() : end])
        position = end
    limits.check_dimensions(*size)
    if bits != 8:
        raise PictureError("unsupported_mode", format="JPEG", mode=f"{bits}-bit")
    scans, end = _walk_scans(data, found.start(), limits)
    limits.check_count(scans, max(1, limits.scan_pixels // (size[0] * size[1])), format="JPEG", parts="too many scans")
    parts.append(view[found.start() : end or len(data)])
    return Essentials(b"".join(parts), size, orientation, complete=end is not None)


_JPEG_MARKER = re.compile(rb"\xff[\x01-\xfe]", re.DOTALL)
# Within a scan, 0xFF 0x00 stands for the byte 0xFF and 0xD0..0xD7 are restart marks.
_JPEG_MARKER_IN_SCAN = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]", re.DOTALL)


def _walk_scans(data: bytes, position: int, limits: Limits) -> tuple[int, int | None]:
    """The number of scans from the first one's position, and the position after the end mark (None: no end
    mark)."""
    scans = count = 0
    while found := _JPEG_MARKER_IN_SCAN.search(data, position):
        marker, position = data[found.start() + 1], found.end()
        if marker == 0xD9:
            return scans, position
        scans += marker == 0xDA
        count += 1
        limits.check_count(count, limits.chunks, format="JPEG", parts="too many segments")
        if marker not in (0x01, 0xD8) and position + 2 <= len(data):
            position += int.from_bytes(data[position : position + 2], "big")
    return scans, None


def _read_webp(data: bytes, limits: Limits, frame: int = 0) -> Essentials:
    kind = data[12:16]
    if kind == b"VP8X":
        width = 1 + int.from_bytes(data[24:27], "little")
        height = 1 + int.from_bytes(data[27:30], "little")
    elif kind == b"VP8L":
        (packed,) = struct.unpack_from("<I", data, 21)
        width, height = 1 + (packed & 0x3FFF), 1 + (packed >> 14 & 0x3FFF)
    elif kind == b"VP8 ":
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", data, 26))
    else:
        raise PictureError("truncated" if len(data) < 30 else "damaged", format="WebP")
    position, count, frames, orientation = 12, 0, 0, 1
    while position + 8 <= len(data):
        kind, length = struct.unpack_from("<4sI", data, position)
        count += 1
        limits.check_count(count, limits.chunks, format="WebP", parts="too many chunks")
        frames += kind == b"ANMF"
        if kind == b"EXIF":
            orientation = exif_orientation(data[position + 8 : position + 8 + length])
        position += 8 + length + length % 2
    (declared,) = struct.unpack_from("<I", data, 4)
    return Essentials(data, (width, height), orientation, frames=max(1, frames), complete=8 + declared <= len(data) + 1)


def _read_bmp(data: bytes, limits: Limits, frame: int = 0) -> Essentials:
    (header,) = struct.unpack_from("<I", data, 14)
    if header == 12:
        width, height = struct.unpack_from("<HH", data, 18)
        return Essentials(data, (width, height))
    width, height, _planes, _bits, compression = struct.unpack_from("<iiHHI", data, 18)
    if compression in (1, 2):
        limits.check_count(len(data), limits.rle_bytes, format="BMP", parts="too many bytes of run-length code")
    elif compression not in (0, 3):
        raise PictureError(
            "unsupported_compression",
            format="BMP",
            compression={4: "JPEG", 5: "PNG"}.get(compression, f"method {compression}"),
            accepted_compressions="none, RLE",
        )
    return Essentials(data, (width, abs(height)))  # a negative height: rows run from top to bottom


def _read_pnm(data: bytes, limits: Limits, frame: int = 0) -> Essentials:
    header = _PNM_HEADER.match(data)
    if header is None:
        raise PictureError("damaged", format="PNM")
    kind = int(header[1] or header[2])
    width, height, largest = (int(number or 1) for number in header.groups()[2:])
    # Pillow unpacks these in C, and other depths value by value in Python.
    if largest not in {4: (1,), 5: (255, 65_535), 6: (255,)}[kind]:
        raise PictureError("unsupported_mode", format="PNM", mode=f"values up to {largest}")
    row = {4: (width + 7) // 8, 5: width * (2 if largest > 255 else 1), 6: 3 * width}[kind]
    complete = len(data) - header.end() >= row * height
    return Essentials(data, (width, height), bits=16 if largest > 255 else 8, complete=complete)


# The kind, width, height and, but for bitmaps (P4), the largest value, then one white space; comments between them.
_PNM_GAP = rb"(?:\s|#[^\n\r]{0,1000}[\n\r]){1,9}"
_PNM_HEADER = re.compile(
    rb"P(?:(4)|([56]))" + _PNM_GAP + rb"(\d{1,9})" + _PNM_GAP + rb"(\d{1,9})(?(1)|" + _PNM_GAP + rb"(\d{1,5}))\s"
)

_READERS: dict[str, Callable[[bytes, Limits, int], Essentials]] = {
    "PNG": _read_png,
    "JPEG": _read_jpeg,
    "GIF": read_gif,
    "WebP": _read_webp,
    "BMP": _read_bmp,
    "TIFF": read_tiff,
    "AVIF": read_avif,
    "JPEG2000": read_jpeg2000,
    "PNM": _read_pnm,
}
