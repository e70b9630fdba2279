"""PNM: portable bitmaps, graymaps and pixmaps in their binary forms."""

from __future__ import annotations

import re

from PIL.PpmImagePlugin import PpmImageFile

from gam_viz.images.errors import PictureError
from gam_viz.images.formats.header import Essentials, header_reader
from gam_viz.images.formats.picture_format import begins_with
from gam_viz.images.formats.pillow import pillow_format
from gam_viz.images.limits import Limits

# The kind, width, height and, but for bitmaps (P4), the largest value, then one white space; comments between them.
_GAP = rb"(?:\s|#[^\n\r]{0,1000}[\n\r]){1,9}"
_HEADER = re.compile(rb"P(?:(4)|([56]))" + _GAP + rb"(\d{1,9})" + _GAP + rb"(\d{1,9})(?(1)|" + _GAP + rb"(\d{1,5}))\s")


@header_reader("PNM")
def read_pnm(data: bytes, limits: Limits, frame: int) -> Essentials:
    header = _HEADER.match(data)
    if header is None:
        raise PictureError("damaged", format="PNM")
    kind = int(header[1] or header[2])
    width, height, largest = (int(number or 1) for number in header.groups()[2:])
    # Pillow unpacks these in C, and other depths value by value in Python.
    if largest not in {4: (1,), 5: (255, 65_535), 6: (255,)}[kind]:
        raise PictureError("unsupported_mode", format="PNM", mode=f"values up to {largest}")
    row = {4: (width + 7) // 8, 5: width * (2 if largest > 255 else 1), 6: 3 * width}[kind]
    complete = len(data) - header.end() >= row * height
    return Essentials(data, (width, height), bits=16 if largest > 255 else 8, complete=complete)


_MAGICS = tuple(kind + space for kind in (b"P4", b"P5", b"P6") for space in (b" ", b"\n", b"\r", b"\t"))
PNM = pillow_format("PNM", PpmImageFile, ("pbm", "pgm", "ppm", "pnm"), begins_with(*_MAGICS), read_pnm)
