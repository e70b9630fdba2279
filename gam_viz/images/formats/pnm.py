"""PNM: portable bitmaps, graymaps and pixmaps, binary and plain, of any largest value.

Pillow reads the binary ones whose values fill a byte or two, in C. Plain numbers, and values up to another largest one,
it takes one by one in Python; here NumPy unpacks them and writes them anew as what Pillow is quick at.

Format: https://netpbm.sourceforge.net/doc/pnm.html
"""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray
from PIL.PpmImagePlugin import PpmImageFile

from gam_viz.images.errors import PictureError
from gam_viz.images.formats.header import Essentials, header_reader
from gam_viz.images.formats.picture_format import begins_with
from gam_viz.images.formats.pillow import pillow_format
from gam_viz.images.limits import Limits

# The kind, width, height and, but for bitmaps (P4), the largest value, then one white space; comments between them.
_GAP = rb"(?:\s|#[^\n\r]{0,1000}[\n\r]){1,9}"
_HEADER = re.compile(
    rb"P(?:([14])|([2356]))" + _GAP + rb"(\d{1,9})" + _GAP + rb"(\d{1,9})(?(1)|" + _GAP + rb"(\d{1,5}))\s"
)


@header_reader("PNM")
def read_pnm(data: bytes, limits: Limits, frame: int) -> Essentials:
    header = _HEADER.match(data)
    if header is None:
        raise PictureError("damaged", format="PNM")
    kind = int(header[1] or header[2])
    width, height, largest = (int(number or 1) for number in header.groups()[2:])
    limits.check_dimensions(width, height)
    if not 1 <= largest <= 65_535:
        raise PictureError("damaged", format="PNM")
    channels, deep = 3 if kind in (3, 6) else 1, largest > 255
    if kind == 4 or (kind > 4 and largest in ((255, 65_535) if kind == 5 else (255,))):
        row = (width + 7) // 8 if kind == 4 else width * channels * (2 if deep else 1)
        complete = len(data) - header.end() >= row * height
        return Essentials(data, (width, height), bits=16 if deep else 8, complete=complete)
    count = width * height * channels
    if kind > 3:
        body = data[header.end() : header.end() + count * (2 if deep else 1)]
        values = np.frombuffer(body[: len(body) // 2 * 2] if deep else body, ">u2" if deep else np.uint8)
    else:
        values = _plain_values(data[header.end() :], kind, count)
    if values.size < count:
        raise PictureError("truncated", format="PNM")
    values = np.minimum(values[:count], largest)
    if channels == 1 and largest > 255:  # measured values, which are stretched later on
        head, stored = b"P5 %d %d 65535\n", values.astype(">u2")
    else:
        shares = (values.astype(np.uint32) * 255 + largest // 2) // largest
        head, stored = b"P6 %d %d 255\n" if channels == 3 else b"P5 %d %d 255\n", shares.astype(np.uint8)
    if kind == 1:
        stored = 255 - stored  # 1 is black
    bits = 16 if deep else 8
    return Essentials(head % (width, height) + stored.tobytes(), (width, height), bits=bits)


def _plain_values(text: bytes, kind: int, count: int) -> NDArray[np.uint32]:
    """Up to `count` numbers between white space; a bitmap's need none between them.

    Raises:
        PictureError: "damaged", where something stands there that is no number.
    """
    text = re.sub(rb"#[^\n\r]*", b" ", text)
    if kind == 1:
        bits = np.frombuffer(b"".join(text.split()), np.uint8)[:count].astype(np.uint32) - ord("0")
        if (bits > 1).any():
            raise PictureError("damaged", format="PNM")
        return bits
    if len(text) < 2 * count - 1:  # a digit each, and white space between them
        raise PictureError("truncated", format="PNM")
    if re.fullmatch(rb"[\d\s]*+", text) is None:
        raise PictureError("damaged", format="PNM")
    return np.fromstring(text, dtype=np.uint32, sep=" ") if text.strip() else np.zeros(0, np.uint32)


_MAGICS = tuple(
    kind + space for kind in (b"P1", b"P2", b"P3", b"P4", b"P5", b"P6") for space in (b" ", b"\n", b"\r", b"\t")
)
PNM = pillow_format("PNM", PpmImageFile, ("pbm", "pgm", "ppm", "pnm"), begins_with(*_MAGICS), read_pnm)
