"""The reader's own files: what is kept of them for the session, the same on every page, and what was refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from gam_viz.app.shared.pictures import rendered
from gam_viz.app.shared.session_cache import SHORT
from gam_viz.app.shared.words import picture_sentence
from gam_viz.images import LIMITS, PictureError, Source, first_look, open_source
from gam_viz.images.zip_files import is_archive, members
from gam_viz.titles import literal


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
        said = picture_sentence(self.error)
        return f"**{written(self.name)}** · {said}" if self.name else said


def uploads() -> tuple[Upload, ...]:
    """The files of this session, in the order they came."""
    kept: dict[str, Upload] = st.session_state.get("uploads", {})
    return tuple(kept.values())


def refused() -> tuple[Refused, ...]:
    """What was not kept of the files that came last, until others come or the reader has read it."""
    files: tuple[Refused, ...] = st.session_state.get("uploads-refused", ())
    return files


def dismiss() -> None:
    """The reader knows what was refused."""
    st.session_state["uploads-refused"] = ()


def plain(name: str) -> str:
    """A file's name without what Markdown would take for markup."""
    return "".join(character if character.isalnum() or character in "._- " else "_" for character in name)[:80]


def written(name: str) -> str:
    """The same as Markdown, in which it is no address either: "www.a.b" is a file's name, too."""
    return literal(plain(name))


def numbered(files: Iterable[Upload]) -> dict[str, str]:
    """The files' names with their numbers, which tell those of one name apart, by sha256."""
    return {upload.sha256: f"{number}. {plain(upload.name)}" for number, upload in enumerate(files, 1)}


@dataclass
class Intake:
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
