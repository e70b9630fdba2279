"""`decode`: an uploaded file's bytes -> a `Picture`, or one sentence that says why not."""

from __future__ import annotations

from gam_viz.images.limits import LIMITS, Limits
from gam_viz.images.open_source import open_source
from gam_viz.images.picture import Picture
from gam_viz.images.render import render
from gam_viz.images.rendering import Rendering


def decode(data: bytes, name: str, limits: Limits = LIMITS, rendering: Rendering | None = None) -> Picture:
    """Decode one uploaded picture: `open_source` and `render` in one step.

    Args:
        data: the file's bytes, of one of the `FORMATS` in formats/registry.py.
        name: the file's name; used for display and for a note when it promises another format, never to
            choose a decoder.
        limits: what to accept.
        rendering: which frame, bands, window ...; None for what suits the file (of several pictures, the first).

    Returns:
        The picture upright, opaque, as (H, W, 3) uint8 RGB, with a note for everything that was done to it.

    Raises:
        PictureError: the file is refused; nothing else is raised, whatever the bytes are.
    """
    return render(open_source(data, name, limits), rendering)
