"""A table of the page to take home."""

from __future__ import annotations

import io

import pyarrow as pa
import streamlit as st
from pyarrow import csv, parquet

from gam_viz.app.shared.words import text
from gam_viz.evaluation.disagreement import harmless


def table_downloads(table: pa.Table, name: str) -> None:
    """Draw a button for each form.

    Args:
        table: of Arrow.
        name: what it is about, in the file's name.
    """
    with st.container(horizontal=True, gap="small"):
        for form, mime, data in (
            ("CSV", "text/csv", as_csv(table)),
            ("Parquet", "application/vnd.apache.parquet", as_parquet(table)),
        ):
            st.download_button(
                text("audit.page.download", form=form),
                data,
                f"gam-viz-audit-{name}.{form.lower()}",
                mime,
                icon=":material/download:",
                key=f"download-{name}-{form}",
                on_click="ignore",
            )


def as_csv(table: pa.Table) -> bytes:
    """In UTF-8 with the mark that Excel needs; no cell of a file's is taken for a formula."""
    columns = {name: _cells(table[name]) for name in table.column_names}
    sink = io.BytesIO()
    csv.write_csv(pa.table(columns), sink)
    return b"\xef\xbb\xbf" + sink.getvalue()


def _cells(column: pa.ChunkedArray) -> pa.ChunkedArray | list[str | None]:
    if pa.types.is_list(column.type):
        return [" ".join(map(str, cell)) for cell in column.to_pylist()]
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type) or pa.types.is_boolean(column.type):
        return column
    return [None if cell is None else harmless(str(cell)) for cell in column.to_pylist()]


def as_parquet(table: pa.Table) -> bytes:
    """As it is."""
    sink = io.BytesIO()
    parquet.write_table(table, sink, compression="zstd")
    return sink.getvalue()
