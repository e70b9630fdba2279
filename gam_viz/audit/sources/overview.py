"""A scene as one small picture, where its file has one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import rasterio
from rasterio.errors import RasterioError

from gam_viz.audit.sources.listing import told
from gam_viz.audit.sources.scene import OPENED_WITH
from gam_viz.images.formats.to_grey import scaled

_UNFOLDED = 64_000_000  # pixels that are unfolded to make one small picture


def overview(source: dict[str, Any], side: int = 900) -> npt.NDArray[np.uint8] | None:
    """(h, w, 3) uint8, no side longer than `side`, of the bands and ranges that were audited. None where the file is
    not there any more, or is so large that all of it would have to be read, for it holds no overviews.

    Args:
        source: of an audit's manifest, a scene's.
        side: in pixels.
    """
    path = Path(source["where"])
    if list(told(path)) != list(source["stamp"]):
        return None
    try:
        with rasterio.Env(**OPENED_WITH), rasterio.open(path, driver="GTiff") as dataset:
            reduced = max(1.0, max(dataset.width, dataset.height) / side)
            there = max((each for each in dataset.overviews(source["bands"][0]) if each <= reduced), default=1)
            if dataset.width * dataset.height / there**2 > _UNFOLDED:
                return None
            form = (round(dataset.height / reduced), round(dataset.width / reduced))
            bands = source["bands"][:3] if len(source["bands"]) >= 3 else source["bands"][:1]
            stored = dataset.read(bands, out_shape=(len(bands), *form))
            valid = dataset.read_masks(bands[0], out_shape=form) > 0
    except (RasterioError, OSError, ValueError, LookupError, TypeError):
        return None
    if source["ranges"] is not None:
        stored = np.stack([scaled(band, valid, *of) for band, of in zip(stored, source["ranges"], strict=False)])
    return np.repeat(stored, 3 // len(stored), axis=0).transpose(1, 2, 0).astype(np.uint8)
