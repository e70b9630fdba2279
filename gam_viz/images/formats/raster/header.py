"""GeoTIFF and the TIFFs that Pillow has no place for: what a file declares, read by GDAL through rasterio.

GDAL reads two hundred formats, some of which name other files and addresses to be read. It is held to one driver,
to bytes in memory and to the page that was checked: no format by content or name, no files beside it, no network.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import rasterio
from rasterio.enums import ColorInterp
from rasterio.errors import NotGeoreferencedWarning
from rasterio.io import DatasetReader, MemoryFile

from gam_viz.images.errors import PictureError
from gam_viz.images.facts import Band, Fact, printable
from gam_viz.images.formats.raster.bands import said_of_bands, sentinel_roles
from gam_viz.images.formats.tiff.check import (
    NEEDED_BY_RASTER,
    is_premultiplied,
    is_tiled,
    orientation,
    raster_page,
    value_bits,
    white_is_zero,
)
from gam_viz.images.formats.tiff.directory import cut_down
from gam_viz.images.limits import Limits

# A raster without a place on the Earth is as good as any other here.
warnings.filterwarnings("ignore", category=NotGeoreferencedWarning)

SAFE = {
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",  # no files beside it
    "GDAL_PAM_ENABLED": "NO",
    "GDAL_TIFF_INTERNAL_MASK": "YES",
    "GDAL_CACHEMAX": 64 * 2**20,  # bytes of unfolded blocks
    "GDAL_NUM_THREADS": "1",
    "GTIFF_IGNORE_READ_ERRORS": "NO",
    "CPL_CURL_ENABLE_VSIMEM": "NO",
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": "{none}",
    "GDAL_HTTP_MAX_RETRY": "0",
    "PROJ_NETWORK": "OFF",
    "GDAL_GEOREF_SOURCES": "INTERNAL",
}
_ROLES = {
    ColorInterp.red: "red",
    ColorInterp.green: "green",
    ColorInterp.blue: "blue",
    ColorInterp.alpha: "alpha",
    ColorInterp.gray: "grey",
    ColorInterp.palette: "palette",
}


@dataclass(frozen=True)
class RasterFile:
    """What one page of a TIFF file declares.

    Attributes:
        data: the file, its chain of directories cut to this page.
        width: pixels across, as stored.
        height: pixels down, as stored.
        dtype: NumPy's name of the values' type.
        bits: of them, the ones that are used: a type of 16 bits holds values of 12.
        bands: all but opacity.
        alpha: the number of the band of opacity; None without one.
        premultiplied: whether the other bands are stored multiplied by it.
        pages: pages of the whole file.
        orientation: EXIF orientation 1..8.
        white_is_smallest: whether grey values are written upside down.
        facts: place, resolution and so on.
        tiled: whether it is cut into tiles, and not into strips.
    """

    data: bytes = field(repr=False)
    width: int
    height: int
    dtype: str
    bits: int
    bands: tuple[Band, ...]
    alpha: int | None
    premultiplied: bool
    pages: int
    orientation: int
    white_is_smallest: bool
    facts: tuple[Fact, ...]
    tiled: bool = False

    @property
    def mode(self) -> str:
        """How values are stored, for people: "4 x uint16"."""
        return f"{len(self.bands)} x {self.dtype}"

    @property
    def value_range(self) -> tuple[float, float] | None:
        """The smallest and the largest value that can be stored; None for floating point."""
        if self.dtype.startswith("float"):
            return None
        low, high = np.iinfo(self.dtype).min, np.iinfo(self.dtype).max
        return float(low), float(high if low else min(high, 2**self.bits - 1))

    @property
    def paletted(self) -> bool:
        """Whether values are numbers of colours, which cannot be averaged or stretched."""
        return len(self.bands) == 1 and self.bands[0].role == "palette" and self.dtype == "uint8"

    @property
    def default_bands(self) -> tuple[int, int, int]:
        """The bands that the file calls red, green and blue, by their role or by their name; else the first three; of
        fewer than three, the first one as grey."""
        for label in (lambda band: band.role, lambda band: band.name.lower()):
            named = {label(band): band.number for band in reversed(self.bands)}
            if {"red", "green", "blue"} <= named.keys():
                return named["red"], named["green"], named["blue"]
        numbers = [band.number for band in self.bands]
        return (numbers[0], numbers[1], numbers[2]) if len(numbers) >= 3 else (numbers[0],) * 3


def open_raster(data: bytes, limits: Limits, frame: int = 0, *, last_resort: bool = False) -> RasterFile | None:
    """What a TIFF file's page declares, if it is one for GDAL; None if it is one for Pillow, or, as a `last_resort`,
    for nobody.

    Raises:
        PictureError: "too_complex", "too_many_bands", "damaged", "truncated", "unsupported_mode",
            "unsupported_compression" or "no_pixels".
        struct.error, OverflowError: the directory lies past the end of the file.
    """
    found = raster_page(data, limits, frame, last_resort=last_resort)
    if found is None:
        return None
    page, pages = found
    alone = cut_down(page, NEEDED_BY_RASTER)
    said = said_of_bands(page[0])
    with opened(alone) as dataset:
        if dataset.width < 1 or dataset.height < 1:
            raise PictureError("no_pixels", width=dataset.width, height=dataset.height)
        dtypes = set(dataset.dtypes)
        if len(dtypes) != 1 or "complex" in dataset.dtypes[0]:
            raise PictureError("unsupported_mode", format="TIFF", mode=f"{dataset.count} x {dataset.dtypes[0]}")
        roles = [
            said.get((number, "colorinterp")) or _ROLES.get(role, "")
            for number, role in enumerate(dataset.colorinterp, start=1)
        ]
        if white_is_zero(page[0]):  # GDAL makes up a palette for it
            roles = ["grey" if role == "palette" else role for role in roles]
        roles = sentinel_roles(said, roles)
        if dataset.count > 2:  # the first of many bands is no more grey than the others
            roles = ["" if role == "grey" else role for role in roles]
        alpha = roles.index("alpha") + 1 if "alpha" in roles and dataset.count > 1 else None
        bands = tuple(
            Band(number, printable(said.get((number, "description"), "")) or str(number), role)
            for number, role in enumerate(roles, start=1)
            if number != alpha
        )
        if len(bands) > limits.bands:
            raise PictureError("too_many_bands", bands=len(bands), limit_bands=limits.bands)
        return RasterFile(
            data=alone,
            width=dataset.width,
            height=dataset.height,
            dtype=dataset.dtypes[0],
            bits=value_bits(page[0]),
            bands=bands,
            alpha=alpha,
            premultiplied=alpha is not None and is_premultiplied(page[0]),
            pages=pages,
            orientation=orientation(page[0]),
            white_is_smallest=white_is_zero(page[0]) and len(bands) == 1,
            facts=tuple(_facts(dataset, bands)),
            tiled=is_tiled(page[0]),
        )


@contextmanager
def opened(data: bytes) -> Iterator[DatasetReader]:
    """GDAL's view of a TIFF file in memory; whatever GDAL trips over becomes a `PictureError`.

    Raises:
        PictureError: "damaged" or "out_of_memory".
    """
    try:
        with rasterio.Env(**SAFE), MemoryFile(data) as memory, memory.open(driver="GTiff") as dataset:
            yield dataset
    except PictureError:
        raise
    except MemoryError as error:
        raise PictureError("out_of_memory") from error
    except Exception as error:
        # rasterio raises its own errors, ValueError, TypeError and SystemError, and the list changes.
        raise PictureError("damaged", format="TIFF") from error


def _facts(dataset: DatasetReader, bands: tuple[Band, ...]) -> Iterator[Fact]:
    named = ", ".join(band.name for band in bands)
    yield Fact("bands", {"bands": len(bands), "names": named})
    yield Fact("number_type", {"dtype": dataset.dtypes[0]})
    nodata = dataset.nodata
    if nodata is not None:
        yield Fact("no_data", {"value": float(nodata)})
    factors = dataset.overviews(1)
    if factors:
        yield Fact("overviews", {"factors": ", ".join(map(str, factors[:16]))})
    crs = dataset.crs
    if not crs:
        return
    code = crs.to_epsg(confidence_threshold=100)
    yield Fact("crs", {"crs": f"EPSG:{code}" if code else printable(_crs_name(crs.to_wkt()), 60)})
    step = dataset.transform
    x, y = math.hypot(step.a, step.d), math.hypot(step.b, step.e)
    if x > 0 and y > 0 and math.isfinite(x + y):
        unit = "degrees" if crs.is_geographic else printable(crs.linear_units, 20)
        yield Fact("ground_resolution", {"x": x, "y": y, "unit": unit})


def _crs_name(wkt: str) -> str:
    """The name of a coordinate system: the first text in quotes of its description."""
    parts = wkt.split('"')
    return parts[1] if len(parts) > 1 else wkt
