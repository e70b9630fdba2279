"""JPEG 2000's codestream: what its header asks of a decoder, in files of their own and inside DICOM.

OpenJPEG sets memory aside for every tile, precinct and block of code that a header declares, and walks all packets
that follow from them, so a few hundred bytes can cost gigabytes. All of them are counted here before it starts.

Markers: ISO/IEC 15444-1, annex A.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from PIL.Jpeg2KImagePlugin import Jpeg2KImageFile

from gam_viz.images.errors import PictureError
from gam_viz.images.formats.header import Essentials, header_reader
from gam_viz.images.formats.iso_boxes import boxes
from gam_viz.images.formats.picture_format import begins_with
from gam_viz.images.formats.pillow import pillow_format
from gam_viz.images.limits import Limits

_SIZ, _COD, _COC, _SOT, _SOD, _EOC = 0xFF51, 0xFF52, 0xFF53, 0xFF90, 0xFF93, 0xFFD9
_MOST_TILES, _MOST_PACKETS, _MOST_BLOCKS = 4_096, 1_000_000, 1_000_000
_FORMAT = "JPEG2000"


@dataclass(frozen=True)
class Codestream:
    """What a codestream declares.

    Attributes:
        width: pixels across.
        height: pixels down.
        components: channels.
        bits: of one value.
        complete: whether all its parts are there, up to the mark of its end.
    """

    width: int
    height: int
    components: int
    bits: int
    complete: bool


@dataclass(frozen=True)
class _Grid:
    width: int
    height: int
    tile_width: int
    tile_height: int
    tiles: int
    components: int


@header_reader(_FORMAT)
def read_jpeg2000(data: bytes, limits: Limits, frame: int) -> Essentials:
    """Check the codestream of a JPEG 2000 file, or one without a file around it.

    Raises:
        PictureError: "truncated", "damaged", "too_complex" or a size that `limits` refuse.
    """
    start, end = 0, len(data)
    if not data.startswith(b"\xff\x4f"):
        streams = [(start, end) for kind, start, end in boxes(data, _FORMAT, limits) if kind == b"jp2c"]
        if not streams:
            raise PictureError("truncated", format=_FORMAT)
        start, end = streams[0]
    stream = check_codestream(memoryview(data)[start : min(end, len(data))], limits)
    if end > len(data) or not stream.complete:
        # OpenJPEG would make up what is missing.
        raise PictureError("truncated", format=_FORMAT)
    return Essentials(data, (stream.width, stream.height), bits=stream.bits)


def check_codestream(data: memoryview, limits: Limits) -> Codestream:
    """Read a codestream's headers and refuse what would cost a decoder too much.

    Raises:
        PictureError: "damaged", "too_complex" or a size that `limits` refuse.
        struct.error: a header ends too early.
    """
    if bytes(data[:4]) != b"\xff\x4f\xff\x51":
        raise PictureError("damaged", format=_FORMAT)
    grid, bits = _read_size(data[6:], limits)
    position, complete = 2, False
    count = 0
    tile_end: int | None = None  # of the tile-part whose header is being read
    while position + 2 <= len(data):
        (marker,) = struct.unpack_from(">H", data, position)
        count += 1
        limits.check_count(count, limits.chunks, format=_FORMAT, parts="segments")
        if marker == _EOC:
            complete = True
            break
        if marker == _SOD:
            if tile_end is None:
                raise PictureError("damaged", format=_FORMAT)
            position, tile_end = tile_end, None
            continue
        (length,) = struct.unpack_from(">H", data, position + 2)
        if marker < 0xFF00 or length < 2:
            raise PictureError("damaged", format=_FORMAT)
        body = data[position + 4 : position + 2 + length]
        if marker == _SOT:
            (part,) = struct.unpack_from(">I", body, 2)
            # 0: up to the mark of the end, which are the last two bytes.
            tile_end = position + part if part else len(data) - 2
            if tile_end < position + 2 + length:
                raise PictureError("damaged", format=_FORMAT)
        elif marker == _COD:
            _check_coding(grid, body, body[0], 5, limits)
        elif marker == _COC:
            skip = 1 if grid.components < 257 else 2
            _check_coding(grid, body, body[skip], skip + 1, limits)
        position += 2 + length
    return Codestream(grid.width, grid.height, grid.components, bits, complete)


def _read_size(body: memoryview, limits: Limits) -> tuple[_Grid, int]:
    _, right, bottom, left, top, tile_width, tile_height, tile_left, tile_top, components = struct.unpack_from(
        ">HIIIIIIIIH", body
    )
    width, height = right - left, bottom - top
    limits.check_dimensions(width, height)
    if components < 1 or not (tile_width and tile_height) or tile_left > left or tile_top > top:
        raise PictureError("damaged", format=_FORMAT)
    if components > 4:
        raise PictureError("unsupported_mode", format=_FORMAT, mode=f"{components} channels")
    if width * height * components > limits.jpeg2000_samples:
        raise PictureError(
            "too_many_pixels",
            width=width,
            height=height,
            megapixels=width * height / 1e6,
            limit_megapixels=limits.jpeg2000_samples / components / 1e6,
        )
    depths = [struct.unpack_from(">BBB", body, 36 + 3 * index) for index in range(components)]
    if any(not across or not down for _, across, down in depths):
        raise PictureError("damaged", format=_FORMAT)
    tiles = -(-(right - tile_left) // tile_width) * -(-(bottom - tile_top) // tile_height)
    limits.check_count(tiles, _MOST_TILES, format=_FORMAT, parts="tiles")
    bits = max((depth & 0x7F) + 1 for depth, _, _ in depths)
    grid = _Grid(width, height, min(tile_width, right), min(tile_height, bottom), tiles, components)
    return grid, bits


def _check_coding(grid: _Grid, body: memoryview, style: int, at: int, limits: Limits) -> None:
    """Count precincts, packets and blocks of code that follow from one coding style (COD or COC).

    Args:
        grid: sizes and tiles.
        body: of the marker.
        style: its first flags; bit 0 says that the sizes of precincts are listed.
        at: where in `body` the number of levels stands.
        limits: for the refusal.
    """
    layers = struct.unpack_from(">H", body, 2)[0] if at == 5 else 1
    levels, log_width, log_height = struct.unpack_from(">BBB", body, at)
    log_width, log_height = log_width + 2, log_height + 2
    if levels > 32 or not (2 <= log_width <= 10 and 2 <= log_height <= 10 and log_width + log_height <= 12):
        raise PictureError("damaged", format=_FORMAT)
    precincts = blocks = 0
    for level in range(levels + 1):
        shift = levels - level  # how often this level was halved
        width, height = -(-grid.tile_width >> shift) or 1, -(-grid.tile_height >> shift) or 1
        size = body[at + 5 + level] if style & 1 else 0xFF
        log_across, log_down = size & 15, size >> 4
        precincts += _cells(width, log_across) * _cells(height, log_down)
        # A block lies in one precinct; below the coarsest level, precincts cover halved bands.
        inner = 1 if level else 0
        across, down = min(log_width, max(0, log_across - inner)), min(log_height, max(0, log_down - inner))
        blocks += (_cells(width, across) + 1) * (_cells(height, down) + 1)
    every = grid.tiles * grid.components
    limits.check_count(every * precincts * layers, _MOST_PACKETS, format=_FORMAT, parts="packets")
    limits.check_count(every * blocks, _MOST_BLOCKS, format=_FORMAT, parts="code_blocks")


def _cells(length: int, log_size: int) -> int:
    return (length >> log_size) + 1


_MAGICS = (b"\x00\x00\x00\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51")  # in a file of boxes, or alone
JPEG2000 = pillow_format(
    _FORMAT,
    Jpeg2KImageFile,
    ("jp2", "j2k", "j2c", "jpc", "jpf", "jpx"),
    begins_with(*_MAGICS),
    read_jpeg2000,
)
