"""The part of a file that its decoder needs, and what the file declares about itself.

A decoder is handed nothing else. Colour profiles, previews, comments, text and EXIF are where parsers go
wrong, where a few bytes unfold to gigabytes, and where hundreds of thousands of tiny chunks keep Python busy
for minutes; none of it changes the pixels that are shown. The EXIF orientation, which does, is read here. So
is the declared size, so that it can be refused before a decoder sets memory aside for it.

PNG, JPEG, GIF, WebP and BMP are read here; TIFF, whose parts may lie anywhere in the file, in `tiff`.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable

from gam_viz.images.errors import PictureError
from gam_viz.images.essentials import Essentials
from gam_viz.images.limits import Limits
from gam_viz.images.tiff import exif_orientation, read_tiff


def read_essentials(data: bytes, format: str, limits: Limits) -> Essentials:
    """Take a file of the given format apart without decoding a pixel.

    Args:
        data: the whole file.
        format: what `sniff` said.
        limits: bounds on the number of parts.

    Raises:
        PictureError: "truncated", "damaged", "too_complex", "unsupported_mode" or "unsupported_compression".
    """
    try:
        return _READERS[format](data, limits)
    except (struct.error, IndexError, OverflowError) as error:
        # Every field is read at a position that the file names. Past its end (or, in BigTIFF, past 2**63) means
        # that bytes are missing.
        raise PictureError("truncated", format=format) from error


def _read_png(data: bytes, limits: Limits) -> Essentials:
    if data[12:16] != b"IHDR":
        raise PictureError("truncated" if len(data) < 33 else "damaged", format="PNG")
    width, height, bits = struct.unpack_from(">IIB", data, 16)
    view = memoryview(data)
    parts = [view[:8]]
    position, count, orientation, frames, kind = 8, 0, 1, 1, b""
    while position + 8 <= len(data) and kind != b"IEND":
        length, kind = struct.unpack_from(">I4s", data, position)
        end = position + 12 + length  # length, kind, content, checksum
        count += 1
        limits.check_count(count, limits.chunks, format="PNG", parts="too many chunks")
        if kind in (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"):
            parts.append(view[position:end])
        elif kind == b"eXIf":
            orientation = exif_orientation(data[position + 8 : end - 4])
        elif kind == b"acTL" and end <= len(data):
            (frames,) = struct.unpack_from(">I", data, position + 8)
        position = end
    complete = kind == b"IEND" and position <= len(data)
    return Essentials(
        b"".join(parts), (width, height), orientation, more_frames=frames > 1, bits=bits, complete=complete
    )


def _read_jpeg(data: bytes, limits: Limits) -> Essentials:
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


def _read_gif(data: bytes, limits: Limits) -> Essentials:
    width, height, flags = struct.unpack_from("<HHB", data, 6)
    position = 13 + _palette_bytes(flags)
    parts = [data[:position]]
    count = 0

    def skip_blocks(position: int) -> int:
        nonlocal count
        while length := data[position]:
            position += 1 + length
            count += 1
            limits.check_count(count, 4 * limits.chunks, format="GIF", parts="too many blocks")
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
    more = position < len(data) and data[position] == 0x2C
    return Essentials(b"".join([*parts, b";"]), (width, height), more_frames=more)


def _palette_bytes(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _read_webp(data: bytes, limits: Limits) -> Essentials:
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
    return Essentials(
        data, (width, height), orientation, more_frames=frames > 1, complete=8 + declared <= len(data) + 1
    )


def _read_bmp(data: bytes, limits: Limits) -> Essentials:
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


_READERS: dict[str, Callable[[bytes, Limits], Essentials]] = {
    "PNG": _read_png,
    "JPEG": _read_jpeg,
    "GIF": _read_gif,
    "WebP": _read_webp,
    "BMP": _read_bmp,
    "TIFF": read_tiff,
}
