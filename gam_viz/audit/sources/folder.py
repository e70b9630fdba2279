"""A folder, looked through to its bottom."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from gam_viz.audit.folder import MANIFEST
from gam_viz.audit.sources.listing import Listed, ListedFiles, Listing, told
from gam_viz.images.zip_files import litter


def open_folder(folder: Path, listing: Listing | None = None) -> ListedFiles:
    """All files below a folder, each folder's in order of their names, its folders after them.

    Left out are names that begin with a dot, what systems add of their own, and folders that hold an audit. A link to
    a file counts as the file; a link to a folder is not followed, and has a row that says so.

    Args:
        folder: where.
        listing: of it, where it is known already.
    """
    if listing is None:
        root = os.fsencode(folder)
        listing = Listing.of(
            Listed(os.path.relpath(path, root), *told(Path(os.fsdecode(path))), _class_of(path, root))
            for path in _files(root)
        )
    return ListedFiles("folder", str(folder), folder, listing)


def _files(folder: bytes) -> Iterator[bytes]:
    """One that cannot be looked into stands for what is in it."""
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError:
        yield folder
        return
    names = {entry.name for entry in entries}
    if MANIFEST.encode() in names:
        return
    entries = [each for each in entries if not each.name.startswith(b".") and not litter(os.fsdecode(each.name))]
    folders = [entry for entry in entries if entry.is_dir(follow_symlinks=False)]
    yield from (entry.path for entry in entries if entry not in folders)
    for entry in folders:
        yield from _files(entry.path)


def _class_of(path: bytes, root: bytes) -> str | None:
    """The name of the folder that a file lies in, which is a class's where pictures are sorted by class."""
    folder = os.path.dirname(path)
    return None if folder == root else os.path.basename(folder).decode("utf-8", "backslashreplace")
