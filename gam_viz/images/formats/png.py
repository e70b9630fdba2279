"""PNG and animated PNG: chunks, of which the decoder gets those that hold the picture."""

from __future__ import annotations

import struct
import zlib

from PIL.PngImagePlugin import PngImageFile

from gam_viz.images.errors import PictureError
from gam_viz.images.formats.colour_profile import LARGEST_PROFILE
from gam_viz.images.formats.header import Essentials, header_reader
from gam_viz.images.formats.picture_format import begins_with
from gam_viz.images.formats.pillow import pillow_format
from gam_viz.images.formats.tiff.directory import exif_orientation
from gam_viz.images.limits import Limits

_PARTS = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
_ANIMATION_PARTS = (b"acTL", b"fcTL", b"fdAT")


@header_reader("PNG")
def read_png(data: bytes, limits: Limits, frame: int) -> Essentials:
    if data[12:16] != b"IHDR":
        raise PictureError("truncated" if len(data) < 33 else "damaged", format="PNG")
    width, height, bits = struct.unpack_from(">IIB", data, 16)
    view = memoryview(data)
    parts = [view[:8]]
    position, count, orientation, frames, kind = 8, 0, 1, 0, b""
    animated, profile = False, b""
    while position + 8 <= len(data) and kind != b"IEND":
        length, kind = struct.unpack_from(">I4s", data, position)
        end = position + 12 + length  # length, kind, content, checksum
        count += 1
        limits.check_count(count, limits.chunks, format="PNG", parts="chunks")
        if kind == b"acTL":
            animated = True
        # Each frame has a control chunk, but for a picture of its own that is there for still viewers.
        frames += kind == b"fcTL" or (kind == b"IDAT" and frames == 0)
        if kind in _PARTS or (frame and kind in _ANIMATION_PARTS):
            parts.append(view[position:end])
        elif kind == b"eXIf":
            orientation = exif_orientation(data[position + 8 : end - 4])
        elif kind == b"iCCP":
            profile = _unfolded(data[position + 8 : end - 4])
        position = end
    complete = kind == b"IEND" and position <= len(data)
    frames = frames if animated else 1
    return Essentials(
        b"".join(parts),
        (width, height),
        orientation,
        frames=max(1, frames),
        bits=bits,
        profile=profile,
        complete=complete,
    )


def _unfolded(chunk: bytes) -> bytes:
    """The colour profile of a chunk: a name, the method, the compressed profile; empty where it is damaged or large."""
    stream = zlib.decompressobj()
    try:
        profile = stream.decompress(chunk.partition(b"\0")[2][1:], LARGEST_PROFILE)
    except zlib.error:
        return b""
    return profile if stream.eof else b""


PNG = pillow_format("PNG", PngImageFile, ("png", "apng"), begins_with(b"\x89PNG\r\n\x1a\n"), read_png)
