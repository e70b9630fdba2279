"""The audits that whoever started the server lets it show, and the pictures of their rows."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from gam_viz.app.shared import state
from gam_viz.app.shared.networks import checkpoints
from gam_viz.app.shared.own_networks import group_of
from gam_viz.app.shared.session_cache import cached
from gam_viz.app.shared.words import language
from gam_viz.audit.folder import MANIFEST, audits_below
from gam_viz.audit.opened import Audit
from gam_viz.audit.row_picture import RowPicture, RowPictures
from gam_viz.runtime.installation import audit_folders

MOST = 40  # pictures of rows that a session keeps


def audits() -> dict[str, Path]:
    """Name -> folder, in order. A link can name these, and no other folder."""
    return _audits(tuple(map(str, audit_folders())))


def asked_for_audit() -> bool:
    """Whether the reader, or a link, came to any of them; until then nothing else speaks of audits."""
    asked = "audit" in (st.query_params.get("source"), st.session_state.get("source")) or state.kept("audit")
    return bool(asked) and bool(audits())


@st.cache_data(show_spinner=False, ttl=10)
def _audits(folders: tuple[str, ...]) -> dict[str, Path]:
    return audits_below(map(Path, folders))


def opened_audit(folder: Path) -> Audit:
    """One of them, opened once for all sessions.

    Raises:
        AuditError: it is none, or damaged.
    """
    return _pictures(str(folder), _stamp(folder)).audit


def row_picture(folder: Path, item: int) -> RowPicture:
    """What one of its rows is of.

    Raises:
        AuditError: it is not there any more, or there is no such row.
        PictureError: it is refused.
    """
    stamp = _stamp(folder)
    pictures = _pictures(str(folder), stamp)
    return cached("audited", (str(folder), stamp, item), lambda: pictures.get(item), most=MOST)


def _stamp(folder: Path) -> tuple[int, int]:
    try:
        status = (folder / MANIFEST).stat()
    except OSError:
        return 0, 0
    return status.st_mtime_ns, status.st_size


@st.cache_resource(show_spinner=False, max_entries=8)
def _pictures(folder: str, stamp: tuple[int, int]) -> RowPictures:
    return RowPictures(Audit(folder))


def link_to_compare(audit: Audit, name: str, item: int) -> dict[str, str]:
    """The Compare page on a row's picture, with those of the audit's networks that are there."""
    digests = {network["sha256"] for network in audit.manifest.networks}
    there = [each for each in checkpoints()[0] if each.sha256 in digests]
    link = {"lang": language()}
    if there:
        group = group_of(there[0])
        names = ",".join(each.card.name for each in there)
        link |= {"data": group, f"networks-{group}": names, "fit": there[0].card.fit}
    source = audit.manifest.source
    _, _, split = str(source["where"]).partition("/")
    if source["kind"] == "split" and split in ("", "test") and there:
        return {**link, "source": "test", "test": str(item)}
    return {**link, "source": "audit", "audit": name, "item": str(item)}
