"""Pictures of uploaded files, decoded once for each way to look at them."""

from __future__ import annotations

from gam_viz.app.shared.session_cache import cached, trim
from gam_viz.images import Picture, Rendering, Source, measured_range, render

MOST, MOST_BYTES = 200, 256 * 2**20  # a 40-megapixel picture has 120 million bytes


def rendered(source: Source, rendering: Rendering | None = None) -> Picture:
    """A file's picture, looked at in one way; None is as the file says itself.

    Raises:
        PictureError: it cannot be shown this way; the error says why.
    """
    key = (source.sha256, source.resolve(rendering).to_key())
    picture = cached("pictures", key, lambda: render(source, rendering), most=MOST)
    trim("pictures", lambda kept: kept.pixels.nbytes, MOST_BYTES)
    return picture


def measured(source: Source, rendering: Rendering) -> tuple[float, float]:
    """The smallest and the largest value that occur in what a rendering shows, as `measured_range` says.

    Raises:
        PictureError: it cannot be decoded, or has no values to window.
    """
    key = (source.sha256, rendering.to_key())
    return cached("measured", key, lambda: measured_range(source, rendering), most=MOST)
