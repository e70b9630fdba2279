"""`open_source`: an uploaded file's bytes -> what it holds and offers.

The order is the safety: count the bytes, look what the content is, read what it declares and refuse by that, and only
then let one decoder, never a choice of decoders, see the part of the file that it needs. Opening decodes nothing.
Everything happens in memory.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace

from gam_viz.images.errors import naming
from gam_viz.images.formats.registry import format_of_suffix, recognise
from gam_viz.images.limits import LIMITS, Limits
from gam_viz.images.picture import Note
from gam_viz.images.source import Source


def open_source(data: bytes, name: str, limits: Limits = LIMITS) -> Source:
    """What an uploaded file holds, from what it declares.

    Args:
        data: the file's bytes.
        name: the file's name; used for display and for a note when it promises another format, never to choose a
            decoder.
        limits: what to accept.

    Raises:
        PictureError: the file is refused; nothing else is raised, whatever the bytes are.
    """
    name = clean_name(name)
    with naming(name):
        limits.check_file_size(len(data))
        format = recognise(data)
        source = format.open(data, limits)
    notes = source.notes
    suffix, promised = format_of_suffix(name)
    if promised not in (None, format.name):
        notes = (Note("name_differs_from_format", {"suffix": suffix, "format": format.name}), *notes)
    return replace(source, name=name, format=format.name, sha256=hashlib.sha256(data).hexdigest(), notes=notes)


def clean_name(name: str) -> str:
    """A file's name fit to be printed on one line: no folders, no control characters, at most 120
    characters."""
    base = re.split(r"[/\\]", name)[-1]
    base = "".join(letter if letter.isprintable() else " " for letter in base).strip()
    if len(base) > 120:
        base = base[:80] + "..." + base[-37:]
    return base or "picture"
