"""A raster as an opened file: its pages, each with bands of its own."""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np

from gam_viz.images.errors import PictureError
from gam_viz.images.facts import Window
from gam_viz.images.formats.raster import display
from gam_viz.images.formats.raster.header import RasterFile, open_raster
from gam_viz.images.limits import Limits
from gam_viz.images.rendering import Rendering
from gam_viz.images.source import PictureFile, Rendered, Source, size_facts


@dataclass(frozen=True, eq=False)
class RasterPages(PictureFile):
    """A TIFF file whose first page is a raster.

    Attributes:
        data: the whole file.
        first: what its first page declares.
        limits: what is accepted.
    """

    data: bytes
    first: RasterFile
    limits: Limits

    def page(self, frame: int) -> RasterFile:
        """What one page declares.

        Raises:
            PictureError: the page is refused.
        """
        if frame == 0:
            return self.first
        page = _open_page(self.data, self.limits, frame)
        if page is None:
            raise PictureError("unsupported_mode", format="TIFF", mode="a page of another kind than the first")
        return page

    def resolve(self, rendering: Rendering) -> Rendering:
        return display.resolve(self.page(rendering.frame), rendering)

    def show(self, rendering: Rendering) -> Rendered:
        page = self.page(rendering.frame)
        pixels, notes = display.render_raster(page, rendering, self.limits)
        return Rendered(pixels, page.mode, (page.width, page.height), notes)

    def first_look(self) -> Rendering:
        return Rendering(region=display.readable(self.first, self.limits))

    def measured_range(self, rendering: Rendering) -> tuple[float, float]:
        page = self.page(rendering.frame)
        band = (rendering.bands or page.default_bands)[0]
        return display.measured_range(page, band, rendering, self.limits)


def raster_source(data: bytes, limits: Limits) -> Source | None:
    """What a TIFF file holds whose first page is for GDAL; None if it is for Pillow.

    Raises:
        PictureError: the page is refused.
    """
    page = _open_page(data, limits, 0)
    if page is None:
        return None
    whole = np.iinfo(page.dtype) if np.dtype(page.dtype).kind in "iu" else None
    return Source(
        kind="raster",
        size=(page.width, page.height),
        mode=page.mode,
        file=RasterPages(data, page, limits),
        frames=min(page.pages, limits.frames),
        dtype=page.dtype,
        bands=page.bands,
        value_range=(float(whole.min), float(whole.max)) if whole else None,
        windows=() if page.paletted else (Window("minmax"), *([Window("full")] if whole else [])),
        stretchable=not page.paletted,
        facts=(*size_facts((page.width, page.height), page.pages), *page.facts),
    )


def _open_page(data: bytes, limits: Limits, frame: int) -> RasterFile | None:
    try:
        return open_raster(data, limits, frame)
    except (struct.error, IndexError, OverflowError) as error:
        raise PictureError("truncated", format="TIFF") from error
