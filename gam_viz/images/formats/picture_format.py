"""`PictureFormat`: what the registry says of one format."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gam_viz.images.limits import Limits
from gam_viz.images.source import Source


@dataclass(frozen=True)
class PictureFormat:
    """One kind of file that can be opened.

    Attributes:
        name: as a reader would name it.
        suffixes: endings of names that promise it, in lower case, without a dot; they choose nothing.
        recognises: whether bytes are of this format, by their first ones.
        open: bytes -> what they hold, from what they declare. Nothing is decoded, and nothing but a `PictureError` is
            raised. Name, format, hash and limits are filled in by `open_source`.
    """

    name: str
    suffixes: tuple[str, ...]
    recognises: Callable[[bytes], bool]
    open: Callable[[bytes, Limits], Source]


def begins_with(*magics: bytes) -> Callable[[bytes], bool]:
    """Recognises what begins with one of these bytes."""
    return lambda data: data.startswith(magics)
