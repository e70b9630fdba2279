"""The reader's own files: uploaded one by one or in a ZIP, kept for the session, the same on every page.

Streamlit forgets a widget's files when a page without that widget is drawn, and the widgets of two pages are two
widgets. So what is uploaded moves at once into the session, and the widget is emptied.

The widget takes any file: DICOM files often have no ending, and what a file is, its content decides. So the refusal is
a sentence of the app's own, in the reader's language.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from gam_viz.app.shared import state
from gam_viz.app.shared.pictures import rendered
from gam_viz.app.shared.session_cache import SHORT, forget, release
from gam_viz.app.shared.words import picture_sentence, text
from gam_viz.images import LIMITS, PictureError, Source, first_look, open_source
from gam_viz.images.zip_files import is_archive, members

MEGABYTE = 2**20
# The widget names the server's limit for any upload, in English; the caption below it says what holds for pictures.
STYLE = """<style>[class*="st-key-files-"] [data-testid="stFileUploaderDropzoneInstructions"] {display: none}</style>"""
MANY = 3  # refusals that are told one by one beside the widget


@dataclass(frozen=True)
class Upload:
    """One uploaded file, opened.

    Attributes:
        name: as it was uploaded.
        size: in bytes.
        source: what it holds and offers.
    """

    name: str
    size: int
    source: Source = field(repr=False)

    @property
    def sha256(self) -> str:
        """Of its bytes; also its identity in caches."""
        return self.source.sha256

    @property
    def short(self) -> str:
        """Its identity in widgets and links."""
        return self.sha256[:SHORT]


@dataclass(frozen=True)
class Refused:
    """A file that was not kept.

    Attributes:
        name: as it was uploaded; empty where all that were left over are meant.
        error: why.
    """

    name: str
    error: PictureError

    def __str__(self) -> str:
        """In the reader's language, as Markdown."""
        said = picture_error(self.error)
        return f"**{plain(self.name)}** · {said}" if self.name else said


def uploads() -> tuple[Upload, ...]:
    """The files of this session, in the order they came."""
    kept: dict[str, Upload] = st.session_state.get("uploads", {})
    return tuple(kept.values())


def refused() -> tuple[Refused, ...]:
    """What was not kept of the files that came last, until others come or the reader has read it."""
    files: tuple[Refused, ...] = st.session_state.get("uploads-refused", ())
    return files


def draw_uploader(*, table: bool = False) -> tuple[Upload, ...]:
    """Draw the widget, what it accepts, what is kept, and what was wrong with the last files.

    Args:
        table: there is room for the names of what is kept, and a table beside it tells what was refused.

    Returns:
        The files of this session.
    """
    number = st.session_state.setdefault("uploader", 0)
    st.html(STYLE)
    st.file_uploader(
        text("common.sidebar.files"),
        accept_multiple_files=True,
        key=f"files-{number}",
        on_change=_take,
        args=(number,),
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
    files = uploads()
    if files and table:
        _kept(files)
    elif files:
        with st.popover(_amount(files), type="tertiary"):
            _kept(files)
    if refused() and not table:
        _refusals(refused())
    return files


def dismiss() -> None:
    """The reader knows what was refused."""
    st.session_state["uploads-refused"] = ()


def picture_error(error: PictureError) -> str:
    """What was wrong with a file, in the reader's language."""
    return picture_sentence(error)


def plain(name: str) -> str:
    """A file's name without what Markdown would take for markup."""
    return "".join(character if character.isalnum() or character in "._- " else "_" for character in name)[:80]


def numbered(files: Iterable[Upload]) -> dict[str, str]:
    """The files' names with their numbers, which tell those of one name apart, by sha256."""
    return {upload.sha256: f"{number}. {plain(upload.name)}" for number, upload in enumerate(files, 1)}


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
                name,
                icon=":material/close:",
                type="tertiary",
                key=f"forget-{sha256[:12]}",
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
        with st.popover(text("common.uploads.why"), type="tertiary"):
            for file in files:
                st.markdown(str(file))
    st.button(text("common.uploads.dismiss"), type="tertiary", icon=":material/close:", key="dismiss", on_click=dismiss)


def _take(number: int) -> None:
    """Move the widget's files into the session; files that are there already are not doubled."""
    files: list[UploadedFile] = st.session_state[f"files-{number}"]
    if not files:
        return
    intake = _Intake({upload.sha256: upload for upload in uploads()})
    with st.spinner(text("common.uploads.reading"), show_time=True):
        intake.take(files)
    st.session_state["uploads"] = intake.kept
    st.session_state["uploads-refused"] = tuple(intake.refused)
    st.session_state["uploader"] = number + 1
    release(files)
    if intake.newest is not None:  # who uploads a picture wants to see it
        state.put("source", "upload")
        state.put("upload", intake.newest.short)


@dataclass
class _Intake:
    """What becomes of the files that came together.

    Attributes:
        kept: the session's files and the new ones, by sha256.
        refused: the others.
        newest: the last one that was kept, or was there.
    """

    kept: dict[str, Upload]
    refused: list[Refused] = field(default_factory=list)
    newest: Upload | None = None

    def take(self, files: Iterable[UploadedFile]) -> None:
        """All of them, what is in a ZIP like the others; one bad file spoils nothing but itself."""
        waiting: list[tuple[str, Callable[[], bytes]]] = []
        for file in files:
            data = file.getvalue()
            if not is_archive(data):
                waiting.append((file.name, file.getvalue))
                continue
            try:
                waiting.extend((member.name, member.read) for member in members(data, file.name))
            except PictureError as error:
                self._refuse(file.name, error)
        for place, (name, read) in enumerate(waiting):
            if len(self.kept) >= LIMITS.files:
                self._full(len(waiting) - place)
                return
            try:
                self._one(name, read())
            except PictureError as error:
                self._refuse(name, error)

    def _full(self, left: int) -> None:
        try:
            LIMITS.check_batch([0] * left, files_before=len(self.kept))
        except PictureError as error:
            self._refuse("", error)

    def _refuse(self, name: str, error: PictureError) -> None:
        # The error that was raised holds on to where it was raised, and so to the bytes of the file.
        self.refused.append(Refused(name, PictureError(error.code, **error.details)))

    def _one(self, name: str, data: bytes) -> None:
        source = open_source(data, name)
        if source.sha256 not in self.kept:
            before = sum(upload.size for upload in self.kept.values())
            LIMITS.check_batch([len(data)], files_before=len(self.kept), bytes_before=before)
            rendered(source, first_look(source))  # a file that cannot be shown is told of at once
            self.kept[source.sha256] = Upload(name, len(data), source)
        self.newest = self.kept[source.sha256]
