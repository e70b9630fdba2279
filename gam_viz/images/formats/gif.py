"""GIF: a screen, then blocks: pictures, and what is said about them. Walked by hand for the first picture's place."""

from __future__ import annotations

import struct

from PIL.GifImagePlugin import GifImageFile

from gam_viz.images.errors import PictureError
from gam_viz.images.formats.header import Essentials, header_reader
from gam_viz.images.formats.picture_format import begins_with
from gam_viz.images.formats.pillow import pillow_format
from gam_viz.images.limits import Limits


@header_reader("GIF")
def read_gif(data: bytes, limits: Limits, frame: int) -> Essentials:
    """Cut a GIF file down to its first picture; for a later one it is left whole.

    Raises:
        PictureError: "truncated" or "too_complex".
    """
    width, height, flags = struct.unpack_from("<HHB", data, 6)
    position = 13 + _palette_bytes(flags)
    parts = [data[:position]]
    count = 0

    def skip_blocks(position: int) -> int:
        nonlocal count
        while length := data[position]:
            position += 1 + length
            count += 1
            limits.check_count(count, 4 * limits.chunks, format="GIF", parts="blocks")
        return position + 1

    picture_at = None
    while position < len(data) and data[position] != 0x3B:
        start, mark = position, data[position]
        if mark == 0x21:  # an extension; only the graphic control one (0xF9: transparency) matters
            try:
                position = skip_blocks(start + 2)
            except IndexError:
                if picture_at is None:
                    raise
                break  # the first picture is there; what follows it is lost, and not needed
            if data[start + 1] == 0xF9 and picture_at is None:
                parts.append(data[start:position])
        elif mark == 0x2C and picture_at is None:
            picture_at = start
            left, top, across, down, flags = struct.unpack_from("<HHHHB", data, start + 1)
            width, height = max(width, left + across), max(height, top + down)
            try:
                position = skip_blocks(start + 11 + _palette_bytes(flags))  # 10 for the descriptor, 1 for the code size
            except IndexError:
                return Essentials(b"".join([*parts, data[start:]]), (width, height), complete=False)
            parts.append(data[start:position])
        else:
            break  # a second picture, or something that is no block
    if picture_at is None:
        raise PictureError("truncated", format="GIF")
    frames = 1 + _count_gif_frames(data, position, limits)
    return Essentials(data if frame else b"".join([*parts, b";"]), (width, height), frames=frames)


def _count_gif_frames(data: bytes, position: int, limits: Limits) -> int:
    """How many pictures start at `position` and after it, as far as that can be seen. Nothing is refused here: the
    first picture is there already."""
    frames = count = 0
    try:
        while data[position] in (0x21, 0x2C):
            if data[position] == 0x2C:
                frames += 1
                position += 11 + _palette_bytes(data[position + 9])
            else:
                position += 2
            while length := data[position]:
                position += 1 + length
                count += 1
                if count > 4 * limits.chunks:
                    return frames
            position += 1
    except IndexError:
        pass  # the file ends early
    return frames


def _palette_bytes(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


GIF = pillow_format("GIF", GifImageFile, ("gif",), begins_with(b"GIF87a", b"GIF89a"), read_gif)
