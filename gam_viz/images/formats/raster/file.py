"""A raster as an opened file: its pages, each with bands of its own."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from numpy.typing import NDArray

from gam_viz.images.bands import Bands
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
        page = open_page(self.data, self.limits, frame)
        if page is None:
            raise PictureError("unsupported_mode", format="TIFF", mode="a page of another kind than the first")
        return page

    def resolve(self, rendering: Rendering) -> Rendering:
        return display.resolve(self.page(rendering.frame), rendering)

    def show(self, rendering: Rendering) -> Rendered:
        page = self.page(rendering.frame)
        pixels, notes = display.render_raster(page, rendering, self.limits)
        return Rendered(pixels, page.mode, (page.width, page.height), notes)

    def bands_of(self, rendering: Rendering, key: str) -> Bands:
        page = self.page(rendering.frame)
        if len(page.bands) == 1 and page.pages > 1:
            return pages_as_bands(self.data, page, rendering, self.limits, key)
        names = tuple(band.name for band in page.bands) + (("alpha",) if page.alpha is not None else ())
        largest = None if page.value_range is None else page.value_range[1]
        read = partial(display.stored_bands, page, rendering, self.limits)
        return Bands(names, largest, key, read, opacity=page.alpha is not None)

    def first_look(self) -> Rendering:
        return Rendering(region=display.readable(self.first, self.limits))

    def measured_range(self, rendering: Rendering) -> tuple[float, float]:
        page = self.page(rendering.frame)
        band = (rendering.bands or page.default_bands)[0]
        return display.measured_range(page, band, rendering, self.limits)


def pages_as_bands(data: bytes, page: RasterFile, rendering: Rendering, limits: Limits, key: str) -> Bands:
    """The pages of a file, a band each, as programs write a stack that do not write bands.

    Args:
        data: the whole file.
        page: the one that is shown, of one band.
        rendering: resolved.
        limits: what is accepted.
        key: see `Bands`.
    """

    def read(count: int) -> Iterator[NDArray[Any]]:
        for frame in range(count):
            each = page if frame == rendering.frame else open_page(data, limits, frame, last_resort=True)
            if each is None or (len(each.bands), each.width, each.height) != (1, page.width, page.height):
                raise PictureError("unsupported_mode", format="TIFF", mode="pages of several sizes or kinds")
            yield from display.stored_bands(each, rendering, limits, 1)

    names = tuple(str(number) for number in range(1, min(page.pages, limits.frames) + 1))
    return Bands(names, None if page.value_range is None else page.value_range[1], key, read)


def raster_source(data: bytes, limits: Limits, *, last_resort: bool = False) -> Source | None:
    """What a TIFF file holds whose first page is for GDAL; None if it is for Pillow, or, as a
    `last_resort`, for nobody.

    Raises:
        PictureError: the page is refused.
    """
    page = open_page(data, limits, 0, last_resort=last_resort)
    if page is None:
        return None
    return Source(
        kind="raster",
        size=(page.width, page.height),
        mode=page.mode,
        file=RasterPages(data, page, limits),
        frames=min(page.pages, limits.frames),
        dtype=page.dtype,
        bands=page.bands,
        value_range=page.value_range,
        windows=() if page.paletted else (Window("minmax"), *([Window("full")] if page.value_range else [])),
        stretchable=not page.paletted,
        facts=(*size_facts((page.width, page.height), page.pages), *page.facts),
    )


def open_page(data: bytes, limits: Limits, frame: int, *, last_resort: bool = False) -> RasterFile | None:
    """What one page of a TIFF file declares, as `open_raster` says.

    Raises:
        PictureError: the page is refused.
    """
    try:
        return open_raster(data, limits, frame, last_resort=last_resort)
    except (struct.error, IndexError, OverflowError) as error:
        raise PictureError("truncated", format="TIFF") from error
