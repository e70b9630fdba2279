"""AV1's sequence header: the size that the decoder sets memory aside for, whatever the boxes around it say.

An AVIF's boxes may declare 16 x 16 pixels and hold a stream of 16,384 x 16,384. The decoder believes the stream.

Layouts: AV1 bitstream specification, 5.3 to 5.5; item locations: ISO/IEC 14496-12, 8.11.3.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from gam_viz.images.limits import Limits

MOST_PIXELS = 30_000_000  # the decoder holds a picture several times over

_SEQUENCE_HEADER = 1


def item_places(data: bytes, start: int, inner: int, limits: Limits) -> Iterator[tuple[int, int]]:
    """(position, length) of every piece of every item.

    Args:
        data: the whole file.
        start: of the content of the `iloc` box.
        inner: of the content of the `idat` box, where some items lie; 0 without one.
        limits: bound on the number of pieces.

    Raises:
        PictureError: "too_complex".
        struct.error: the box ends too early.
    """
    version, sizes, more = struct.unpack_from(">BxxxBB", data, start)
    offset_bytes, length_bytes, base_bytes = sizes >> 4, sizes & 15, more >> 4
    index_bytes = more & 15 if version in (1, 2) else 0
    position = start + 6

    def number(size: int) -> int:
        nonlocal position
        if position + size > len(data):
            raise struct.error("past the end")
        position += size
        return int.from_bytes(data[position - size : position], "big")

    count = 0
    for _ in range(number(4 if version == 2 else 2)):
        number(4 if version == 2 else 2)  # the item's name
        method = number(2) & 15 if version in (1, 2) else 0
        number(2)  # of another file, which nobody follows
        base = number(base_bytes) + (inner if method == 1 else 0)
        pieces = number(2)
        for _ in range(pieces):
            count += 1
            limits.check_count(count, limits.chunks, format="AVIF", parts="chunks")
            number(index_bytes)
            offset = number(offset_bytes)
            yield base + offset, number(length_bytes) or len(data)


def check_stream(data: bytes, position: int, length: int, limits: Limits) -> None:
    """Refuse a stream whose sequence headers declare more pixels than are accepted. What is no stream of AV1 (an EXIF
    block is an item, too) ends the walk.

    Raises:
        PictureError: "too_complex" or a size that `limits` refuse.
    """
    end = min(position + length, len(data))
    count = 0
    while position < end:
        count += 1
        limits.check_count(count, limits.chunks, format="AVIF", parts="chunks")
        first = data[position]
        if first & 0x80:  # always 0
            return
        position += 2 if first & 4 else 1  # with the number of a layer
        size, position = _number(data, position, end) if first & 2 else (end - position, position)
        if first >> 3 & 15 == _SEQUENCE_HEADER:
            frame_size = _frame_size(data[position : min(position + size, position + 256)])
            if frame_size is not None:
                limits.check_dimensions(*frame_size, MOST_PIXELS)
        position += size


def _number(data: bytes, position: int, end: int) -> tuple[int, int]:
    """A number of seven bits a byte, and the position after it."""
    value = 0
    for index in range(8):
        if position + index >= end:
            return 0, end
        value |= (data[position + index] & 0x7F) << 7 * index
        if data[position + index] < 0x80:
            return value, position + index + 1
    return value, position + 8


class _Bits:
    def __init__(self, data: bytes) -> None:
        self.value, self.left = int.from_bytes(data, "big"), 8 * len(data)

    def take(self, count: int) -> int:
        self.left -= count
        if self.left < 0:
            raise ValueError("past the end")
        return self.value >> self.left & (1 << count) - 1


def _frame_size(header: bytes) -> tuple[int, int] | None:
    """(width, height) of the largest frame; None where the header is cut off, which no decoder accepts either."""
    bits = _Bits(header)
    try:
        bits.take(3 + 1)  # profile, still picture
        if bits.take(1):  # the short form
            bits.take(5)
        else:
            _skip_operating_points(bits)
        across, down = bits.take(4) + 1, bits.take(4) + 1
        return bits.take(across) + 1, bits.take(down) + 1
    except ValueError:
        return None


def _skip_operating_points(bits: _Bits) -> None:
    delay_bits = 0
    if bits.take(1):  # timing
        bits.take(64)
        if bits.take(1):
            zeros = 0
            while not bits.take(1):
                zeros += 1
            bits.take(zeros if zeros < 32 else 0)
        if bits.take(1):  # the model of a decoder
            delay_bits = bits.take(5) + 1
            bits.take(32 + 5 + 5)
    with_delay = bits.take(1)
    for _ in range(bits.take(5) + 1):
        bits.take(12)
        if bits.take(5) > 7:
            bits.take(1)
        if delay_bits and bits.take(1):
            bits.take(2 * delay_bits + 1)
        if with_delay and bits.take(1):
            bits.take(4)


def check_chunks(data: bytes, start: int, wide: bool, limits: Limits) -> None:
    """Check the chunks of a track (`stco`, or `co64` with `wide`), each a run of frames.

    Raises:
        PictureError: "too_complex" or a size that `limits` refuse.
        struct.error: the box ends too early.
    """
    (count,) = struct.unpack_from(">I", data, start + 4)
    limits.check_count(count, limits.frames * 64, format="AVIF", parts="chunks")
    for position in struct.unpack_from(f">{count}{'Q' if wide else 'I'}", data, start + 8):
        check_stream(data, position, len(data), limits)
