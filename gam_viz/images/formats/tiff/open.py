"""TIFF's entry in the registry: pages go to GDAL or to Pillow, as suits their pixels, and from Pillow to GDAL where it
gives up: it has no place for some orders of bytes and numbers of bits, and wants every tile whole."""

from __future__ import annotations

from dataclasses import dataclass, replace

from PIL.TiffImagePlugin import TiffImageFile

from gam_viz.images.bands import Bands
from gam_viz.images.errors import PictureError
from gam_viz.images.formats.picture_format import PictureFormat, begins_with
from gam_viz.images.formats.pillow import PillowDecoder, PillowFile
from gam_viz.images.formats.raster.display import render_raster, resolve
from gam_viz.images.formats.raster.file import open_page, pages_as_bands, raster_source
from gam_viz.images.formats.tiff.check import read_tiff
from gam_viz.images.limits import Limits
from gam_viz.images.picture import Note
from gam_viz.images.rendering import Rendering
from gam_viz.images.source import Rendered, Source

_GIVEN_UP = ("truncated", "damaged", "unsupported_mode")


@dataclass(frozen=True, eq=False)
class TiffFile(PillowFile):
    """A TIFF file whose first page is for Pillow."""

    def show(self, rendering: Rendering) -> Rendered:
        try:
            return super().show(rendering)
        except PictureError as error:
            shown = self._by_gdal(rendering, error.code) if error.code in _GIVEN_UP else None
            if shown is None:
                raise
            return shown

    def bands_of(self, rendering: Rendering, key: str) -> Bands | None:
        try:
            page = open_page(self.data, self.limits, rendering.frame, last_resort=True)
        except PictureError:  # as Pillow alone reads
            return None
        if page is None or len(page.bands) != 1 or page.pages < 2:
            return None
        return pages_as_bands(self.data, page, rendering, self.limits, key)

    def _by_gdal(self, rendering: Rendering, code: str) -> Rendered | None:
        """The page as GDAL reads it; None where it cannot either. Strips that end early stay refused."""
        page = open_page(self.data, self.limits, rendering.frame, last_resort=True)
        if page is None or (code != "unsupported_mode" and not page.tiled):
            return None
        if rendering.stretch is None and rendering.window is None:
            rendering = replace(rendering, window="full" if page.dtype == "uint8" else "minmax")
        try:
            pixels, notes = render_raster(page, resolve(page, rendering), self.limits)
        except PictureError:
            return None
        notes = notes if code == "unsupported_mode" else (*notes, Note("short_tiles"))
        return Rendered(pixels, page.mode, (page.width, page.height), notes)


_PILLOW = PillowDecoder("TIFF", TiffImageFile, read_tiff, file=TiffFile)


def _open(data: bytes, limits: Limits) -> Source:
    """The first page decides."""
    source = raster_source(data, limits)
    if source is not None:
        return source
    try:
        return _PILLOW.open(data, limits)
    except PictureError as error:
        source = raster_source(data, limits, last_resort=True) if error.code == "unsupported_mode" else None
        if source is None:
            raise
        return source


_MAGICS = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")  # the last two: BigTIFF
TIFF = PictureFormat("TIFF", ("tif", "tiff"), begins_with(*_MAGICS), _open)
