"""TIFF's entry in the registry: pages go to GDAL or to Pillow, as suits their pixels."""

from __future__ import annotations

from PIL.TiffImagePlugin import TiffImageFile

from gam_viz.images.formats.picture_format import PictureFormat, begins_with
from gam_viz.images.formats.pillow import PillowDecoder
from gam_viz.images.formats.raster.file import raster_source
from gam_viz.images.formats.tiff.check import read_tiff
from gam_viz.images.limits import Limits
from gam_viz.images.source import Source

_PILLOW = PillowDecoder("TIFF", TiffImageFile, read_tiff)


def _open(data: bytes, limits: Limits) -> Source:
    """The first page decides."""
    return raster_source(data, limits) or _PILLOW.open(data, limits)


_MAGICS = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")  # the last two: BigTIFF
TIFF = PictureFormat("TIFF", ("tif", "tiff"), begins_with(*_MAGICS), _open)
