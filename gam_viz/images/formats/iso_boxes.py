"""AVIF and JPEG 2000: files of nested boxes, each with its length and a name of four letters.

Both decoders believe what they are told about size before they see a pixel's code, so what is declared is read
here: AVIF's `ispe` (the size of every picture inside) and the headers of its streams, and the whole JPEG 2000
header, whose tiles, precincts and blocks of code each cost the decoder memory however little data there is for them.

Layouts: ISO/IEC 14496-12 and 23000-22 (AVIF), ISO/IEC 15444-1 annexes A and I (JPEG 2000).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from gam_viz.images.errors import PictureError
from gam_viz.images.formats.av1 import check_chunks, check_stream, item_places
from gam_viz.images.formats.header import Essentials
from gam_viz.images.formats.jpeg2000 import check_codestream
from gam_viz.images.limits import Limits

_CONTAINERS = (b"meta", b"iprp", b"ipco", b"moov", b"trak", b"mdia", b"minf", b"stbl")


def read_avif(data: bytes, limits: Limits, frame: int = 0) -> Essentials:
    """What an AVIF file declares. Pillow turns the picture as the file says, so there is no orientation to apply.

    Raises:
        PictureError: "truncated", "damaged", "too_complex" or a size that `limits` refuse.
        struct.error: a box ends too early.
    """
    sizes: list[tuple[int, int]] = []
    frames, complete, places, inner = 1, True, 0, 0
    for kind, start, end in _walk(data, "AVIF", limits):
        if kind == b"ispe":
            sizes.append(struct.unpack_from(">II", data, start + 4))
        elif kind == b"stsz":  # the track of an image sequence
            frames = max(frames, struct.unpack_from(">I", data, start + 8)[0])
        elif kind in (b"stco", b"co64"):
            check_chunks(data, start, kind == b"co64", limits)
        elif kind == b"iloc":
            places = start
        elif kind == b"idat":
            inner = start
        complete = complete and end <= len(data)
    if not sizes:
        raise PictureError("truncated" if not complete else "damaged", format="AVIF")
    for width, height in sizes:
        limits.check_dimensions(width, height, "AVIF")
    if places:
        for position, length in item_places(data, places, inner, limits):
            check_stream(data, position, length, limits)
    size = max(sizes, key=lambda side: side[0] * side[1])
    return Essentials(data, size, frames=frames, complete=complete)


def read_jpeg2000(data: bytes, limits: Limits, frame: int = 0) -> Essentials:
    """Check the codestream of a JPEG 2000 file, or one without a file around it.

    Raises:
        PictureError: "truncated", "damaged", "too_complex" or a size that `limits` refuse.
        struct.error: a header ends too early.
    """
    start, end = 0, len(data)
    if not data.startswith(b"\xff\x4f"):
        found = [(start, end) for kind, start, end in _walk(data, "JPEG2000", limits) if kind == b"jp2c"]
        if not found:
            raise PictureError("truncated", format="JPEG2000")
        start, end = found[0]
    stream = check_codestream(memoryview(data)[start : min(end, len(data))], limits)
    if end > len(data) or not stream.complete:
        # OpenJPEG would make up what is missing.
        raise PictureError("truncated", format="JPEG2000")
    return Essentials(data, (stream.width, stream.height), bits=stream.bits)


def _walk(data: bytes, format: str, limits: Limits) -> Iterator[tuple[bytes, int, int]]:
    """Every box with (name, start of its content, its end), parents first."""
    todo = [(0, len(data))]
    count = 0
    while todo:
        position, stop = todo.pop()
        while position + 8 <= stop:
            length, kind = struct.unpack_from(">I4s", data, position)
            start = position + 8
            if length == 1:
                (length,) = struct.unpack_from(">Q", data, start)
                start += 8
            end = position + length if length else stop  # 0: to the end
            if end < start:
                raise PictureError("damaged", format=format)
            count += 1
            limits.check_count(count, limits.chunks, format=format, parts="too many chunks")
            yield kind, start, end
            if kind in _CONTAINERS:
                # `meta` has a version and flags before its boxes.
                todo.append((start + (4 if kind == b"meta" else 0), min(end, stop)))
            position = end
