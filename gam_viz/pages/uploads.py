"""The reader's own files: uploaded in the sidebar, kept for the session, the same on every page.

Streamlit forgets a widget's files when a page without that widget is drawn, and the widgets of two pages are two
widgets. So what is uploaded moves at once into the session, and the widget is emptied.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

import streamlit as st

from gam_viz.images import ACCEPTED_SUFFIXES, LIMITS, PictureError
from gam_viz.pages import compute, url
from gam_viz.pages.text import text


@dataclass(frozen=True)
class Upload:
    """One uploaded file, not opened yet.

    Attributes:
        name: as it was uploaded.
        sha256: of its bytes; also its identity in widgets and links.
        data: its bytes, within the limits' size.
    """

    name: str
    sha256: str
    data: bytes = field(repr=False)


def uploads() -> tuple[Upload, ...]:
    """The files of this session, in the order they came."""
    kept: tuple[Upload, ...] = st.session_state.get("uploads", ())
    return kept


def draw_uploader() -> tuple[Upload, ...]:
    """Draw the widget, what it accepts, and what was wrong with the last files; returns the files of this session."""
    number = st.session_state.setdefault("uploader", 0)
    st.file_uploader(
        text("sidebar.files"),
        type=list(ACCEPTED_SUFFIXES),
        accept_multiple_files=True,
        key=f"files-{number}",
        on_change=_take,
        args=(number,),
    )
    st.caption(
        text(
            "sidebar.limits",
            megabytes=LIMITS.file_bytes // 2**20,
            megapixels=LIMITS.pixels // 10**6,
            side=LIMITS.side,
            files=LIMITS.files,
        )
    )
    for name, error in st.session_state.get("uploads-refused", ()):
        st.error(f"**{plain(name)}** · {picture_error(error)}" if name else picture_error(error))
    return uploads()


def _take(number: int) -> None:
    """Move the widget's files into the session; files that are there already are not doubled."""
    files = st.session_state[f"files-{number}"]
    if not files:
        return
    kept = list(uploads())
    refused: list[tuple[str, PictureError]] = []
    newest: Upload | None = None
    for file in files:
        data = file.getvalue()
        upload = Upload(file.name, hashlib.sha256(data).hexdigest(), data)
        if any(upload.sha256 == other.sha256 for other in kept):
            newest = upload
            continue
        try:
            compute.decoded(upload.sha256, file.name, data)  # a file that cannot be shown is told of at once
            LIMITS.check_batch([len(data)], files_before=len(kept), bytes_before=sum(len(other.data) for other in kept))
        except PictureError as error:
            refused.append((file.name, error))
            continue
        kept.append(upload)
        newest = upload
    st.session_state["uploads"] = tuple(kept)
    st.session_state["uploads-refused"] = tuple(refused)
    st.session_state["uploader"] = number + 1
    if newest is not None:  # who uploads a picture wants to see it
        url.put("source", "upload")
        url.put("upload", newest.sha256[:12])


def picture_error(error: PictureError) -> str:
    """What was wrong with a file, in the reader's language."""
    return text(f"picture.{error.code}", **error.details)


def plain(name: str) -> str:
    """A file's name without what Markdown would take for markup."""
    return "".join(character if character.isalnum() or character in "._- " else "_" for character in name)[:80]
