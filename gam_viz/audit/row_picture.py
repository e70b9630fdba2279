"""The picture of a row, opened again where it came from, and only if it is still the picture that was audited."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePath

import numpy as np
import numpy.typing as npt

from gam_viz.audit.errors import AuditError
from gam_viz.audit.opened import Audit
from gam_viz.audit.sources import AuditSource, SourceChoices, open_audit_source
from gam_viz.audit.sources.listing import read_file
from gam_viz.images import Picture, Source, open_source

FILES = ("folder", "list")  # kinds of sources whose pictures are files on this machine


@dataclass(frozen=True, eq=False)
class RowPicture:
    """What a row is of.

    Attributes:
        name: of the row.
        label: the class that is known of it; None where there is none.
        found: the file, opened; or pixels, of what is no file.
        inside: (H, W) bool, where the object is known to lie; None where nobody knows.
    """

    name: str
    label: str | None
    found: Source | Picture
    inside: npt.NDArray[np.bool_] | None = None


@dataclass(frozen=True, eq=False)
class RowPictures:
    """Pictures of an audit's rows.

    What an audit says of files is not trusted: a file is read whole or refused by size, and shown only if its sha256 is
    that of its row. So an audit that somebody else made opens no file here that its maker did not have.

    Attributes:
        audit: whose.
    """

    audit: Audit

    def get(self, item: int) -> RowPicture:
        """That of one row.

        Raises:
            AuditError: there is no such row, it had no picture, or its picture is not there any more, or another.
            PictureError: it is refused now.
        """
        found = self.audit.query("select name, label, sha256 from pictures where item = ?", [item]).to_pylist()
        if not found:
            raise AuditError("audit.refused.no_row", item=item)
        (row,) = found
        if row["sha256"] is None:
            raise AuditError("audit.refused.row_without_picture", item=item)
        files, inside = self.audit.manifest.source["kind"] in FILES, None
        try:
            if files:
                data = self._bytes(item)
                digest = hashlib.sha256(data).hexdigest()
            else:
                (one,) = self._source.items(item, item + 1)
                picture, known = one.picture(), one.truth()
                digest, inside = picture.sha256, None if known is None else known[0]
        except (OSError, LookupError, TypeError, ValueError) as error:  # nothing is told of what is another file
            raise AuditError("audit.refused.row_gone", item=item) from error
        if digest != row["sha256"]:
            raise AuditError("audit.refused.row_gone", item=item)
        return RowPicture(
            row["name"], row["label"], open_source(data, PurePath(row["name"]).name) if files else picture, inside
        )

    def _bytes(self, item: int) -> bytes:
        where = Path(self.audit.manifest.source["where"])
        root = where if self.audit.manifest.source["kind"] == "folder" else where.parent
        (path,) = self.audit.query("select path from items where item = ?", [item])["path"].to_pylist()
        return read_file(root / os.fsdecode(path))

    @cached_property
    def _source(self) -> AuditSource:
        """Of a ZIP, a scene or a data set."""
        of = self.audit.manifest.source
        return open_audit_source(of["where"], SourceChoices.from_dict(of["choices"]), int(of.get("tile", 1)))
