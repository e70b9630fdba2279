"""`render`: one way to look at an opened file -> a `Picture`; `measured_range`: the values that a window may span."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gam_viz.images.errors import PictureError, naming
from gam_viz.images.formats.dicom import display as dicom_display
from gam_viz.images.formats.dicom.header import DicomFile
from gam_viz.images.formats.pillow import decode_frame
from gam_viz.images.formats.raster import display as raster_display
from gam_viz.images.formats.raster.header import RasterFile
from gam_viz.images.picture import Note, Picture
from gam_viz.images.rendering import Rendering
from gam_viz.images.source import Source, raster_frame


def render(source: Source, rendering: Rendering | None = None) -> Picture:
    """Look at a file in one way.

    Args:
        source: opened.
        rendering: what to show and how; None and what it leaves open: as suits the file.

    Returns:
        The picture upright, opaque, as (H, W, 3) uint8 RGB, with a note for everything that was done to it. Its key is
        the bytes' sha256 and the resolved rendering's text.

    Raises:
        PictureError: the file or the rendering is refused; nothing else is raised.
    """
    with naming(source.name):
        resolved = source.resolve(rendering)
        pixels, mode, size, notes = _pixels(source, resolved)
    if source.frames > 1:
        if resolved.frame or source.kind == "dicom":
            notes = (Note("frame_shown", {"number": resolved.frame + 1, "frames": source.frames}), *notes)
        else:
            notes = (Note("first_frame_only"), *notes)
    return Picture(
        pixels=pixels,
        sha256=source.sha256,
        name=source.name,
        format=source.format,
        mode=mode,
        original_size=size,
        notes=(*source.notes, *notes),
        rendering=resolved.to_key(),
    )


def first_look(source: Source) -> Rendering:
    """The rendering to begin with: the file's own. Of a raster too large to be read whole, a part in its middle.

    Raises:
        PictureError: no part of it can be read.
    """
    file = source.file
    if not isinstance(file, RasterFile):
        return Rendering()
    with naming(source.name):
        region = raster_display.readable(file, source.limits)
    return Rendering(region=region)


def measured_range(source: Source, rendering: Rendering | None = None) -> tuple[float, float]:
    """The smallest and the largest value that occur in what a rendering shows, in the file's units: the ends of a
    window slider. Of a raster, in the band shown as red. Decodes that frame or part.

    Raises:
        PictureError: it cannot be decoded, or has no values to window ("not_adjustable").
    """
    with naming(source.name):
        resolved = source.resolve(rendering)
        if isinstance(source.file, DicomFile):
            return dicom_display.measured_range(source.file, resolved.frame, source.limits)
        if isinstance(source.file, RasterFile):
            file = raster_frame(source, resolved.frame)
            band = (resolved.bands or file.default_bands)[0]
            return raster_display.measured_range(file, band, resolved, source.limits)
        if not source.stretchable:
            raise PictureError("not_adjustable", choice="window")
        *_, notes = decode_frame(source.data, source.format, Rendering(resolved.frame), source.limits, source.file)
        for note in notes:
            if note.code == "sixteen_bit_scaled":
                return float(str(note.details["low"])), float(str(note.details["high"]))
        raise PictureError("not_adjustable", choice="window")  # a page of another kind than the first


def _pixels(source: Source, rendering: Rendering) -> tuple[NDArray[np.uint8], str, tuple[int, int], tuple[Note, ...]]:
    file = source.file
    if isinstance(file, DicomFile):
        pixels, notes = dicom_display.render_frame(file, rendering, source.limits)
        return pixels, source.mode, source.size, notes
    if isinstance(file, RasterFile):
        file = raster_frame(source, rendering.frame)
        pixels, notes = raster_display.render_raster(file, rendering, source.limits)
        return pixels, file.mode, (file.width, file.height), notes
    pixels, mode, essentials, notes = decode_frame(source.data, source.format, rendering, source.limits, file)
    return pixels, mode, essentials.size, notes
