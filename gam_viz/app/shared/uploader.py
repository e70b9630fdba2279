"""The widget for the reader's own files: uploaded one by one or in a ZIP.

Streamlit forgets a widget's files when a page without that widget is drawn, and the widgets of two pages are two
widgets. So what is uploaded moves at once into the session, and the widget is emptied.

The widget takes any file: DICOM files often have no ending, and what a file is, its content decides. So the refusal is
a sentence of the app's own, in the reader's language.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from gam_viz.app.shared import state
from gam_viz.app.shared.session_cache import SHORT, forget, release
from gam_viz.app.shared.uploads import Intake, Refused, Upload, dismiss, numbered, refused, uploads
from gam_viz.app.shared.words import text
from gam_viz.images import LIMITS
from gam_viz.titles import literal

MEGABYTE = 2**20
# The widget names the server's limit for any upload, in English; the caption below it says what holds for pictures.
STYLE = """<style>[class*="st-key-files-"] [data-testid="stFileUploaderDropzoneInstructions"] {display: none}</style>"""
MANY = 3  # refusals that are told one by one beside the widget


def draw_uploader(*, table: bool = False) -> tuple[Upload, ...]:
    """Draw the widget, what it accepts, what is kept, and what was wrong with the last files.

    Args:
        table: there is room for the names of what is kept, and a table beside it tells what was refused.

    Returns:
        The files of this session.
    """
    _widget("")
    files = uploads()
    if files and table:
        _kept(files)
    elif files:
        with st.expander(_amount(files), type="compact"):
            _kept(files)
    if refused() and not table:
        _refusals(refused())
    return files


def upload_door(label: str, key: str = "upload-door") -> None:
    """Draw a button that opens the widget in a dialog: for who looks at the page and not at its choices."""
    if st.button(label, icon=":material/add_photo_alternate:", key=key):
        st.dialog(label)(_dialog)(st.session_state.setdefault("uploader", 0))


def _dialog(before: int) -> None:
    """The widget alone, until files came that were taken.

    Args:
        before: the widget's number when the dialog was opened.
    """
    came = st.session_state["uploader"] != before
    if came and not refused():
        st.rerun()
    _widget("door-")
    if came:
        _refusals(refused())


def _widget(place: str) -> None:
    """The widget, and what it accepts; `place` tells two of one page apart."""
    key = f"files-{place}{st.session_state.setdefault('uploader', 0)}"
    st.html(STYLE)
    st.file_uploader(
        text("common.sidebar.files"),
        accept_multiple_files=True,
        key=key,
        on_change=_take,
        args=(key,),
        help=text(
            "common.uploads.help",
            side=LIMITS.side,
            megabytes=LIMITS.session_bytes // MEGABYTE,
            frames=LIMITS.frames,
            bands=LIMITS.bands,
        ),
    )
    st.caption(
        text(
            "common.sidebar.limits",
            megabytes=LIMITS.file_bytes // MEGABYTE,
            megapixels=LIMITS.pixels // 10**6,
            files=LIMITS.files,
        )
    )


def _amount(files: Collection[Upload]) -> str:
    size = sum(upload.size for upload in files) / MEGABYTE
    return text("common.uploads.kept", files=len(files), megabytes=size)


def _kept(files: Collection[Upload]) -> None:
    """What is kept where, and how to have it forgotten."""
    st.caption(f"{_amount(files)} · {text('common.uploads.forget_help')}")
    st.button(
        text("common.uploads.forget"),
        icon=":material/delete:",
        key="forget-all",
        on_click=_forget,
        args=([upload.sha256 for upload in files],),
    )
    if len(files) == 1:
        return
    with st.container(horizontal=True, gap="small", key="gv-kept"):
        for sha256, name in numbered(files).items():
            st.button(
                literal(name),
                icon=":material/close:",
                type="tertiary",
                key=f"forget-{sha256[:SHORT]}",
                help=text("common.uploads.forget_one"),
                on_click=_forget,
                args=([sha256],),
            )


def _forget(files: Iterable[str]) -> None:
    for sha256 in files:
        forget(sha256)


def _refusals(files: tuple[Refused, ...]) -> None:
    """Each in a sentence; many of them behind one line."""
    if len(files) <= MANY:
        for file in files:
            st.error(str(file))
    else:
        st.error(text("common.uploads.refused", files=len(files)))
        with st.expander(text("common.uploads.why"), type="compact"):
            for file in files:
                st.markdown(str(file))
    st.button(text("common.uploads.dismiss"), type="tertiary", icon=":material/close:", key="dismiss", on_click=dismiss)


def _take(key: str) -> None:
    """Move the widget's files into the session; files that are there already are not doubled."""
    files: list[UploadedFile] = st.session_state[key]
    if not files:
        return
    intake = Intake({upload.sha256: upload for upload in uploads()})
    with st.spinner(text("common.uploads.reading"), show_time=True):
        intake.take(files)
    st.session_state["uploads"] = intake.kept
    st.session_state["uploads-refused"] = tuple(intake.refused)
    st.session_state["uploader"] += 1
    release(files)
    if intake.newest is not None:  # who uploads a picture wants to see it
        state.put("source", "upload")
        state.put("upload", intake.newest.short)
