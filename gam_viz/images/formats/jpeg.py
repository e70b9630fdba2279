"""JPEG: segments, of which the decoder gets no previews, colour profiles and comments; scans are counted."""

from __future__ import annotations

import re
import struct

from PIL.JpegImagePlugin import JpegImageFile

from gam_viz.images.errors import PictureError
from gam_viz.images.formats.colour_profile import LARGEST_PROFILE
from gam_viz.images.formats.header import Essentials, header_reader
from gam_viz.images.formats.picture_format import begins_with
from gam_viz.images.formats.pillow import pillow_format
from gam_viz.images.formats.tiff.directory import exif_orientation
from gam_viz.images.limits import Limits

_MARKER = re.compile(rb"\xff[\x01-\xfe]", re.DOTALL)
# Within a scan, 0xFF 0x00 stands for the byte 0xFF and 0xD0..0xD7 are restart marks.
_MARKER_IN_SCAN = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]", re.DOTALL)


@header_reader("JPEG")
def read_jpeg(data: bytes, limits: Limits, frame: int) -> Essentials:
    view = memoryview(data)
    parts = [view[:2]]
    size, bits, orientation, count = (0, 0), 8, 1, 0
    profile: dict[int, bytes] = {}  # in pieces with numbers
    position = 2
    while True:
        # Like libjpeg: junk before a marker is skipped, a marker may be padded with any number of 0xFF.
        found = _MARKER.search(data, position)
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
        limits.check_count(count, limits.jpeg_segments, format="JPEG", parts="segments")
        if marker == 0xDA:  # start of scan
            break
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):  # start of frame
            bits, height, width = struct.unpack_from(">BHH", data, position + 2)
            size = max(size, (width, height))
        if marker == 0xE1 and data[position + 2 : position + 8] == b"Exif\0\0":
            orientation = exif_orientation(data[position + 8 : end])
        if marker == 0xE2 and data[position + 2 : position + 14] == b"ICC_PROFILE\0":
            profile[data[position + 14]] = data[position + 16 : end]
        if not 0xE1 <= marker <= 0xED and marker not in (0xEF, 0xFE):  # all but APP1..13, APP15 and comments
            parts.append(view[found.start() : end])
        position = end
    limits.check_dimensions(*size)
    if bits != 8:
        raise PictureError("unsupported_mode", format="JPEG", mode=f"{bits}-bit")
    scans, end = _walk_scans(data, found.start(), limits)
    limits.check_count(scans, max(1, limits.scan_pixels // (size[0] * size[1])), format="JPEG", parts="scans")
    parts.append(view[found.start() : end or len(data)])
    joined = b"".join(profile[number] for number in sorted(profile))
    joined = joined if len(joined) <= LARGEST_PROFILE else b""
    return Essentials(b"".join(parts), size, orientation, profile=joined, complete=end is not None)


def _walk_scans(data: bytes, position: int, limits: Limits) -> tuple[int, int | None]:
    """The number of scans from the first one's position, and the position after the end mark (None: no end
    mark)."""
    scans = count = 0
    while found := _MARKER_IN_SCAN.search(data, position):
        marker, position = data[found.start() + 1], found.end()
        if marker == 0xD9:
            return scans, position
        scans += marker == 0xDA
        count += 1
        limits.check_count(count, limits.chunks, format="JPEG", parts="segments")
        if marker not in (0x01, 0xD8) and position + 2 <= len(data):
            position += int.from_bytes(data[position : position + 2], "big")
    return scans, None


JPEG = pillow_format("JPEG", JpegImageFile, ("jpg", "jpeg", "jpe", "jfif"), begins_with(b"\xff\xd8\xff"), read_jpeg)
