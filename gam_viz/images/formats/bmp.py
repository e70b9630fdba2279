"""BMP: two headers, then rows."""

from __future__ import annotations

import struct

from PIL.BmpImagePlugin import BmpImageFile

from gam_viz.images.errors import PictureError
from gam_viz.images.formats.header import Essentials, header_reader
from gam_viz.images.formats.picture_format import begins_with
from gam_viz.images.formats.pillow import pillow_format
from gam_viz.images.limits import Limits


@header_reader("BMP")
def read_bmp(data: bytes, limits: Limits, frame: int) -> Essentials:
    (header,) = struct.unpack_from("<I", data, 14)
    if header == 12:
        width, height = struct.unpack_from("<HH", data, 18)
        return Essentials(data, (width, height))
    width, height, _planes, _bits, compression = struct.unpack_from("<iiHHI", data, 18)
    if compression in (1, 2):
        limits.check_count(len(data), limits.rle_bytes, format="BMP", parts="run_length_bytes")
    elif compression not in (0, 3):
        raise PictureError(
            "unsupported_compression",
            format="BMP",
            compression={4: "JPEG", 5: "PNG"}.get(compression, f"method {compression}"),
            accepted_compressions="none, RLE",
        )
    return Essentials(data, (width, abs(height)))  # a negative height: rows run from top to bottom


BMP = pillow_format("BMP", BmpImageFile, ("bmp", "dib"), begins_with(b"BM"), read_bmp)
