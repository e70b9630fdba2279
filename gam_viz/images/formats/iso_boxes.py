"""Files of nested boxes, each with its length and a name of four letters: AVIF and JPEG 2000.

Layouts: ISO/IEC 14496-12 (AVIF), ISO/IEC 15444-1 annex I (JPEG 2000).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from gam_viz.images.errors import PictureError
from gam_viz.images.limits import Limits

_CONTAINERS = (b"meta", b"iprp", b"ipco", b"moov", b"trak", b"mdia", b"minf", b"stbl")


def boxes(data: bytes, format: str, limits: Limits) -> Iterator[tuple[bytes, int, int]]:
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
            limits.check_count(count, limits.chunks, format=format, parts="chunks")
            yield kind, start, end
            if kind in _CONTAINERS:
                # `meta` has a version and flags before its boxes.
                todo.append((start + (4 if kind == b"meta" else 0), min(end, stop)))
            position = end
