"""WebP: chunks in a RIFF container."""

from __future__ import annotations

import struct

from PIL.WebPImagePlugin import WebPImageFile

from gam_viz.images.errors import PictureError
from gam_viz.images.formats.colour_profile import LARGEST_PROFILE
from gam_viz.images.formats.header import Essentials, header_reader
from gam_viz.images.formats.pillow import pillow_format
from gam_viz.images.formats.tiff.directory import exif_orientation
from gam_viz.images.limits import Limits

# Its decoder holds the picture three times over: 40 million pixels took 610 MB.
_MOST_PIXELS = 30_000_000


@header_reader("WebP")
def read_webp(data: bytes, limits: Limits, frame: int) -> Essentials:
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
    profile = b""
    while position + 8 <= len(data):
        kind, length = struct.unpack_from("<4sI", data, position)
        count += 1
        limits.check_count(count, limits.chunks, format="WebP", parts="chunks")
        frames += kind == b"ANMF"
        if kind == b"EXIF":
            orientation = exif_orientation(data[position + 8 : position + 8 + length])
        elif kind == b"ICCP" and length <= LARGEST_PROFILE:
            profile = data[position + 8 : position + 8 + length]
        position += 8 + length + length % 2
    (declared,) = struct.unpack_from("<I", data, 4)
    complete = 8 + declared <= len(data) + 1
    return Essentials(data, (width, height), orientation, frames=max(1, frames), profile=profile, complete=complete)


WEBP = pillow_format(
    "WebP",
    WebPImageFile,
    ("webp",),
    lambda data: data.startswith(b"RIFF") and data[8:12] == b"WEBP",
    read_webp,
    _MOST_PIXELS,
)
