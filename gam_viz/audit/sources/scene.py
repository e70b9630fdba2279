"""A GeoTIFF of any size as tiles, read where they lie: neither the file nor the list of its tiles is ever in memory.

As with uploaded rasters, GDAL is held to one driver, to the file itself and to this machine.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import rasterio
from rasterio.enums import ColorInterp
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader
from rasterio.windows import Window

from gam_viz.audit.errors import AuditError
from gam_viz.audit.item import AuditItem, NoDataError
from gam_viz.audit.sources.choices import SourceChoices
from gam_viz.audit.sources.listing import told
from gam_viz.audit.sources.tiling import Tiling
from gam_viz.images import PictureError
from gam_viz.images.bands import Bands
from gam_viz.images.formats.raster.display import DEFAULT_STRETCH
from gam_viz.images.formats.raster.header import SAFE
from gam_viz.images.formats.to_grey import limits_of, scaled
from gam_viz.images.picture import Picture, pixels_sha256
from gam_viz.images.rendering import Rendering
from gam_viz.text.refusal import first_line

SUFFIXES = (".tif", ".tiff")
CACHE = 256 * 2**20  # bytes of unfolded blocks, of all scenes of a process
_BLOCK = 64 * 2**20  # bytes of one band's block, which is unfolded whole
_SAMPLED = 64  # tiles that the range of values is told from
OPENED_WITH = {**SAFE, "GDAL_CACHEMAX": CACHE}


@dataclass(frozen=True, eq=False)
class TileItem(AuditItem):
    """A tile of a scene.

    Attributes:
        scene: it is cut from.
    """

    scene: TiledScene | None = None

    def picture(self) -> Picture:
        assert self.scene is not None
        assert self.corner is not None
        return self.scene.tile(*self.corner, self.name)


@dataclass(frozen=True, eq=False)
class TiledScene:
    """A raster's tiles by number.

    Attributes:
        where: the file.
        tiling: how it is cut.
        bands: that are read, counted from 1.
        ranges: of each band, the values that become black and white; None where bytes are taken as they are.
        nodata: largest share of a tile without data, 0..1.
        stamp: size of the file and when it was written.
    """

    where: str
    tiling: Tiling
    bands: tuple[int, ...]
    ranges: tuple[tuple[float, float], ...] | None
    nodata: float
    stamp: tuple[int, int]
    kind: str = "scene"
    listing: None = None
    _opened: threading.local = field(default_factory=threading.local, repr=False)

    def __len__(self) -> int:
        return len(self.tiling)

    def facts(self) -> dict[str, object]:
        """What tells it from other sources, and from itself after a change."""
        cut = self.tiling
        return {
            "kind": self.kind,
            "count": len(self),
            "stamp": list(self.stamp),
            "size": [cut.width, cut.height],
            "tile": cut.side,
            "stride": cut.stride,
            "bands": list(self.bands),
            "ranges": None if self.ranges is None else [list(each) for each in self.ranges],
            "nodata": self.nodata,
        }

    def items(self, start: int, stop: int) -> list[AuditItem]:
        """Of a shard."""
        items = list[AuditItem]()
        for number in range(start, min(stop, len(self))):
            row, column = self.tiling.place(number)
            items.append(TileItem(f"{row}-{column}", corner=self.tiling.corner(number), scene=self))
        return items

    def tile(self, left: int, top: int, name: str) -> Picture:
        """A tile as a picture of its first three bands, or its first as grey, that carries all.

        Raises:
            NoDataError: too much of it is without data.
            PictureError: the file is damaged there.
        """
        side = self.tiling.side
        window = Window(left, top, side, side)
        try:
            dataset = self._dataset()
            stored = dataset.read(list(self.bands), window=window)  # (N, side, side)
            empty = _without_data(dataset, self.bands[0], window, stored)
        except RasterioError as error:
            raise PictureError("damaged", format="TIFF") from error
        if empty is not None and (share := float(empty.mean())) > self.nodata:
            raise NoDataError("audit.row.no_data", percent=100 * share)
        shown = stored[:3] if len(stored) >= 3 else stored[:1]
        if self.ranges is not None:
            valid = None if empty is None else ~empty
            shown = np.stack([scaled(b, valid, *of) for b, of in zip(shown, self.ranges, strict=False)])
        pixels = np.ascontiguousarray(np.broadcast_to(shown, (3, side, side)).transpose(1, 2, 0))
        digest = pixels_sha256(pixels)
        largest = float(np.iinfo(stored.dtype).max) if stored.dtype.kind in "iu" else None

        def read(count: int) -> Iterator[npt.NDArray[Any]]:
            yield from stored[:count]

        bands = Bands(tuple(map(str, self.bands)), largest, digest, read)
        return Picture(pixels, digest, name, "TIFF", str(stored.dtype), (side, side), bands=bands)

    def _dataset(self) -> DatasetReader:
        """The file, opened once in each thread: GDAL's handles belong to one."""
        if (dataset := getattr(self._opened, "dataset", None)) is None:
            environment = rasterio.Env(**OPENED_WITH)
            environment.__enter__()  # for as long as the thread lives
            dataset = self._opened.dataset = rasterio.open(self.where, driver="GTiff")
            self._opened.environment = environment
        return dataset


def _without_data(dataset: DatasetReader, band: int, window: Window, stored: npt.NDArray[Any]) -> Any:
    """(side, side) bool: where there is no data; None where there is everywhere."""
    empty = dataset.read_masks(band, window=window) == 0
    if stored.dtype.kind == "f":
        empty |= ~np.isfinite(stored[0])
    return empty if empty.any() else None


def open_scene(path: Path, choices: SourceChoices, side: int) -> TiledScene:
    """A scene, cut as `choices` say.

    Args:
        path: of a TIFF.
        choices: tile, stride, bands, nodata.
        side: of a tile where they leave it open.

    Raises:
        AuditError: it is no raster that is read, smaller than a tile, or has no such band; or its blocks are so large
            that every tile would need far more than itself.
    """
    side = choices.tile or side
    try:
        with rasterio.Env(**OPENED_WITH), rasterio.open(path, driver="GTiff") as dataset:
            kinds = {np.dtype(kind) for kind in dataset.dtypes}
            if len(kinds) != 1 or any(kind.kind not in "buif" for kind in kinds):
                raise AuditError("audit.refused.scene_kind", name=path.name, kinds=", ".join(sorted(dataset.dtypes)))
            if min(dataset.width, dataset.height) < side:
                sizes = {"width": dataset.width, "height": dataset.height}
                raise AuditError("audit.refused.scene_small", name=path.name, side=side, **sizes)
            bands = choices.bands or _usual_bands(dataset)
            if not all(1 <= band <= dataset.count for band in bands):
                raise AuditError("audit.refused.scene_bands", name=path.name, count=dataset.count)
            down, across = dataset.block_shapes[0]
            (kind,) = kinds
            if down * across * kind.itemsize > _BLOCK:
                megabytes = down * across * kind.itemsize / 2**20
                raise AuditError("audit.refused.scene_blocks", name=path.name, megabytes=megabytes)
            tiling = Tiling(dataset.width, dataset.height, side, choices.stride or side, (down, across))
            ranges = None if kind == np.uint8 else _ranges(dataset, tiling, bands[:3])
    except RasterioError as error:
        raise AuditError("audit.refused.scene_unreadable", name=path.name, why=first_line(error)) from error
    return TiledScene(str(path), tiling, tuple(bands), ranges, choices.nodata, told(path))


def _usual_bands(dataset: DatasetReader) -> tuple[int, ...]:
    """What the file calls red, green and blue; else its first three, or its first."""
    roles = list(dataset.colorinterp)
    colours = (ColorInterp.red, ColorInterp.green, ColorInterp.blue)
    if all(colour in roles for colour in colours):
        return tuple(roles.index(colour) + 1 for colour in colours)
    return (1, 2, 3) if dataset.count >= 3 else (1,)


def _ranges(dataset: DatasetReader, tiling: Tiling, bands: tuple[int, ...]) -> tuple[tuple[float, float], ...]:
    """Black and white of each band, the same for all tiles: percentiles of some, spread over the scene. To read all of
    it reduced would be to unfold all of it, where a file has no overviews."""
    numbers = np.unique(np.linspace(0, len(tiling) - 1, _SAMPLED).astype(int))
    windows = [Window(*tiling.corner(int(number)), tiling.side, tiling.side) for number in numbers]
    found = []
    for band in bands:
        values = np.concatenate([dataset.read(band, window=window) for window in windows])
        valid = np.concatenate([dataset.read_masks(band, window=window) for window in windows]) > 0
        found.append(limits_of(values, valid, Rendering(stretch=DEFAULT_STRETCH)))
    return tuple(found)
