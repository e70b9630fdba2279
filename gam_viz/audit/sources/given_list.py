"""A list of pictures: a CSV or Parquet file with a column of paths, and one of classes where they are known."""

from __future__ import annotations

import os
from pathlib import Path

import pyarrow as pa
from pyarrow import csv, parquet

from gam_viz.audit.errors import AuditError
from gam_viz.audit.sources.listing import Listed, ListedFiles, Listing, told
from gam_viz.text.refusal import first_line

SUFFIXES = (".csv", ".parquet")


def open_list(path: Path, listing: Listing | None = None) -> ListedFiles:
    """Its files in its order; paths are below the folder that the list lies in, where they are not absolute.

    Args:
        path: of the list: columns "path", and "label" with names of classes where they are known.
        listing: of it, where it is known already.

    Raises:
        AuditError: the list cannot be read, or has no column of paths.
    """
    root = path.parent
    if listing is None:
        table = _table(path)
        paths = table["path"].to_pylist()
        labels = table["label"].to_pylist() if "label" in table.column_names else [None] * len(paths)
        listing = Listing.of(
            Listed(os.fsencode(each), *told(root / each), label)
            for each, label in zip((str(each or "") for each in paths), labels, strict=True)
        )
    return ListedFiles("list", str(path), root, listing)


def _table(path: Path) -> pa.Table:
    try:
        if path.suffix.lower() == ".csv":
            texts = csv.ConvertOptions(column_types={"path": pa.string(), "label": pa.string()})
            table = csv.read_csv(path, convert_options=texts)
        else:
            table = parquet.read_table(path)
    except pa.ArrowException as error:
        raise AuditError("audit.refused.list_unreadable", name=path.name, why=first_line(error)) from error
    if "path" not in table.column_names:
        found = ", ".join(table.column_names[:8])
        raise AuditError("audit.refused.list_without_paths", name=path.name, found=found)
    kinds = [("path", pa.string()), ("label", pa.string())]
    return table.select([name for name, _ in kinds if name in table.column_names]).cast(
        pa.schema([each for each in kinds if each[0] in table.column_names])
    )
