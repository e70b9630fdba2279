"""`render`: one way to look at an opened file -> a `Picture`; `measured_range`: the values that a window may span."""

from __future__ import annotations

from gam_viz.images.errors import naming
from gam_viz.images.picture import Note, Picture
from gam_viz.images.rendering import Rendering
from gam_viz.images.source import Source


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
        pixels, mode, size, notes = source.file.show(resolved)
    if source.frames > 1:
        if resolved.frame or source.kind == "dicom":
            notes = (Note("frame_shown", {"number": resolved.frame + 1, "frames": source.frames}), *notes)
        else:
            notes = (Note("first_frame_only"), *notes)
    part = Rendering(frame=resolved.frame, region=resolved.region, time=resolved.time).to_key()
    return Picture(
        pixels=pixels,
        sha256=source.sha256,
        name=source.name,
        format=source.format,
        mode=mode,
        original_size=size,
        notes=(*source.notes, *notes),
        rendering=resolved.to_key(),
        bands=source.file.bands_of(resolved, f"{source.sha256}?{part}"),
    )


def first_look(source: Source) -> Rendering:
    """The rendering to begin with: the file's own. Of a raster too large to be read whole, a part in its middle.

    Raises:
        PictureError: no part of it can be read.
    """
    with naming(source.name):
        return source.file.first_look()


def measured_range(source: Source, rendering: Rendering | None = None) -> tuple[float, float]:
    """The smallest and the largest value that occur in what a rendering shows, in the file's units: the ends of a
    window slider. Of a raster, in the band shown as red. Decodes that frame or part.

    Raises:
        PictureError: it cannot be decoded, or has no values to window ("not_adjustable").
    """
    with naming(source.name):
        return source.file.measured_range(source.resolve(rendering))
