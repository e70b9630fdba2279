"""Which kind of source an address is."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

from gam_viz.audit.errors import AuditError
from gam_viz.audit.item import AuditItem
from gam_viz.audit.sources import given_list, scene
from gam_viz.audit.sources.choices import SourceChoices
from gam_viz.audit.sources.folder import open_folder
from gam_viz.audit.sources.listing import Listing
from gam_viz.audit.sources.split import open_split
from gam_viz.audit.sources.zipped import open_zip
from gam_viz.datasets import data_root

SPLIT = "data:"


class AuditSource(Protocol):
    """Pictures by number."""

    @property
    def kind(self) -> str:
        """folder, zip, list, split or scene."""

    @property
    def where(self) -> str:
        """Its address."""

    @property
    def listing(self) -> Listing | None:
        """Of sources that are files: all of them."""

    def __len__(self) -> int: ...

    def facts(self) -> dict[str, Any]:
        """What tells it from other sources, and from itself after a change; as JSON."""

    def items(self, start: int, stop: int) -> list[AuditItem]:
        """Of a shard: start, start + 1, … before stop."""


def open_audit_source(
    where: str | Path, choices: SourceChoices, side: int, listing: Listing | None = None
) -> AuditSource:
    """The source of that address.

    Args:
        where: a folder; a ZIP; a list of paths, as .csv or .parquet; `data:NAME` or `data:NAME/train`; a GeoTIFF.
        choices: what is said beside it.
        side: of a scene's tiles where nobody says it.
        listing: of its files, where it is known already.

    Raises:
        AuditError: there is nothing of that kind, or nothing in it.
        PictureError: a ZIP as a whole is refused.
        DatasetError: a data set is not known, or not there.
        OSError: it cannot be read.
    """
    if str(where).startswith(SPLIT):
        return open_split(str(where), data_root(choices.data_root))
    path = Path(where).expanduser().absolute()
    source: AuditSource
    if path.is_dir():
        source = open_folder(path, listing)
    elif not path.is_file():
        raise AuditError("audit.refused.no_source", where=str(where))
    elif path.suffix.lower() in given_list.SUFFIXES:
        source = given_list.open_list(path, listing)
    elif path.suffix.lower() in scene.SUFFIXES:
        source = scene.open_scene(path, choices, side)
    elif path.suffix.lower() == ".zip":
        source = open_zip(path)
    else:
        raise AuditError("audit.refused.no_source", where=str(where))
    if not len(source):
        raise AuditError("audit.refused.empty_source", where=str(where))
    return source
