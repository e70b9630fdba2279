"""AVIF: what its boxes and the streams in them declare.

The decoder believes what it is told about size before it sees a pixel's code, so all of it is read here: `ispe` (the
size of every picture inside) and the headers of the streams.

Layout: ISO/IEC 23000-22.
"""

from __future__ import annotations

import struct

from PIL import ExifTags, Image
from PIL.AvifImagePlugin import AvifImageFile

from gam_viz.images.errors import PictureError
from gam_viz.images.formats.av1 import MOST_PIXELS, check_chunks, check_stream, item_places
from gam_viz.images.formats.colour_profile import LARGEST_PROFILE
from gam_viz.images.formats.header import Essentials, header_reader
from gam_viz.images.formats.iso_boxes import boxes
from gam_viz.images.formats.pillow import pillow_format
from gam_viz.images.formats.tiff.directory import valid_orientation
from gam_viz.images.limits import Limits


@header_reader("AVIF")
def read_avif(data: bytes, limits: Limits, frame: int) -> Essentials:
    """What an AVIF file declares, but for the way up, which the plugin reports (`container_orientation`).

    Raises:
        PictureError: "truncated", "damaged", "too_complex" or a size that `limits` refuse.
    """
    sizes: list[tuple[int, int]] = []
    frames, complete, places, inner, profile = 1, True, 0, 0, b""
    for kind, start, end in boxes(data, "AVIF", limits):
        if kind == b"ispe":
            sizes.append(struct.unpack_from(">II", data, start + 4))
        elif kind == b"stsz":  # the track of an image sequence
            frames = max(frames, struct.unpack_from(">I", data, start + 8)[0])
        elif kind in (b"stco", b"co64"):
            check_chunks(data, start, kind == b"co64", limits)
        elif kind == b"colr" and data[start : start + 4] in (b"prof", b"rICC") and end - start <= LARGEST_PROFILE:
            profile = data[start + 4 : end]
        elif kind == b"iloc":
            places = start
        elif kind == b"idat":
            inner = start
        complete = complete and end <= len(data)
    if not sizes:
        raise PictureError("truncated" if not complete else "damaged", format="AVIF")
    for width, height in sizes:
        limits.check_dimensions(width, height, MOST_PIXELS)
    if places:
        for position, length in item_places(data, places, inner, limits):
            check_stream(data, position, length, limits)
    size = max(sizes, key=lambda side: side[0] * side[1])
    return Essentials(data, size, frames=frames, profile=profile, complete=complete)


def _recognises(data: bytes) -> bool:
    """By the brands of an ISO media file: its own, and those that it is compatible with."""
    end = min(int.from_bytes(data[:4], "big"), 256)
    brands = {data[8:12], *(data[at : at + 4] for at in range(16, end, 4))}
    return data[4:8] == b"ftyp" and not brands.isdisjoint((b"avif", b"avis"))


def container_orientation(image: Image.Image) -> int:
    """How the boxes `irot` and `imir` turn and mirror the picture, as an EXIF orientation 1..8: Pillow reports it in
    place of the one that an EXIF block says, which browsers leave alone, and applies neither."""
    return valid_orientation(image.getexif().get(ExifTags.Base.Orientation, 1))


AVIF = pillow_format("AVIF", AvifImageFile, ("avif",), _recognises, read_avif, MOST_PIXELS, container_orientation)
