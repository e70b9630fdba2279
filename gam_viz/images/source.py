"""`Source`: an uploaded file, opened but not decoded: what it holds, and which ways to look at it it offers."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field, replace
from typing import Literal

from gam_viz.images.errors import PictureError
from gam_viz.images.facts import Band, Fact, Window
from gam_viz.images.formats.dicom import display as dicom_display
from gam_viz.images.formats.dicom.header import DicomFile
from gam_viz.images.formats.header import Essentials
from gam_viz.images.formats.raster import display as raster_display
from gam_viz.images.formats.raster.header import RasterFile, open_raster
from gam_viz.images.limits import LIMITS, Limits
from gam_viz.images.picture import Note
from gam_viz.images.rendering import Rendering

Kind = Literal["picture", "dicom", "raster"]


@dataclass(frozen=True, eq=False)
class Source:
    """An uploaded file, opened but not decoded.

    Attributes:
        kind: "picture" (colours for eyes), "dicom" (measured grey with windows, or colour) or "raster" (bands).
        name: the file's name without folders, safe to print on one line.
        format: what the content is ("PNG", "DICOM", ...), whatever the name says.
        sha256: of the uploaded bytes.
        size: (width, height) in pixels as stored; of the first frame.
        mode: how values are stored: Pillow's mode ("RGB", "I;16"), "4 x uint16", "16-bit MONOCHROME2".
        frames: how many pictures can be chosen from with `Rendering.frame`.
        bands: of a raster; empty for others, whose channels are no choice.
        dtype: NumPy's name of the type of a value.
        value_range: smallest and largest value that can be stored, in the file's units; None for floating point.
            `measured_range` says which occur.
        windows: what can be laid on grey values, best first; empty where there is nothing to window.
        stretchable: whether percentiles can be chosen.
        facts: what the file says about itself, for people. Nothing about a patient is ever read.
        notes: what is to be said about the file whatever the rendering.
        limits: what was accepted, and is enforced when it is rendered.
        data: the uploaded bytes; for the renderers. Empty for DICOM, whose bytes say who is on the picture.
        file: what the decoder's own reader found; for the renderers.
    """

    kind: Kind
    name: str
    format: str
    sha256: str
    size: tuple[int, int]
    mode: str
    frames: int
    dtype: str
    bands: tuple[Band, ...] = ()
    value_range: tuple[float, float] | None = None
    windows: tuple[Window, ...] = ()
    stretchable: bool = False
    facts: tuple[Fact, ...] = ()
    notes: tuple[Note, ...] = ()
    limits: Limits = LIMITS
    data: bytes = field(default=b"", repr=False)
    file: Essentials | DicomFile | RasterFile = field(default=Essentials(b"", (0, 0)), repr=False)

    def resolve(self, rendering: Rendering | None = None) -> Rendering:
        """A rendering with all that was left open chosen as suits the file. Pictures for eyes leave it open.

        Raises:
            PictureError: the file does not offer what was chosen.
        """
        rendering = rendering or Rendering()
        if rendering.frame >= self.frames:
            raise PictureError("no_such_frame", frame=rendering.frame, frames=f"0 to {self.frames - 1}")
        if isinstance(self.file, RasterFile):
            return raster_display.resolve(raster_frame(self, rendering.frame), rendering)
        for choice, value in (("band", rendering.bands), ("region", rendering.region)):
            if value is not None:
                raise PictureError("not_adjustable", choice=choice)
        if isinstance(self.file, DicomFile):
            if rendering.window is None and rendering.stretch is None:
                rendering = replace(rendering, window=dicom_display.default_window(self.file, rendering.frame))
            dicom_display.check(self.file, rendering)
            return rendering
        if (rendering.window or rendering.stretch) and not self.stretchable:
            raise PictureError("not_adjustable", choice="window" if rendering.window else "stretch")
        if rendering.window == "minmax" or rendering.stretch == (0, 100):
            return replace(rendering, window=None, stretch=None)  # what is done anyway
        return rendering


def as_raster(data: bytes, limits: Limits, frame: int = 0) -> RasterFile | None:
    """A page of a TIFF file, if it is one for GDAL; None if it is one for Pillow.

    Raises:
        PictureError: the page is refused.
    """
    try:
        return open_raster(data, limits, frame)
    except (struct.error, IndexError, OverflowError) as error:
        raise PictureError("truncated", format="TIFF") from error


def raster_frame(source: Source, frame: int) -> RasterFile:
    """The page that is meant; each has bands of its own."""
    assert isinstance(source.file, RasterFile)
    if frame == 0:
        return source.file
    file = as_raster(source.data, source.limits, frame)
    if file is None:
        raise PictureError("unsupported_mode", format="TIFF", mode="a page of another kind than the first")
    return file
