"""An audit that is there: asked with SQL over its parts, of which only the columns that a question names are read."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gam_viz.audit import folder as files
from gam_viz.audit.errors import AuditError
from gam_viz.audit.folder import AuditFolder
from gam_viz.audit.manifest import Manifest, known

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa


class Audit:
    """What `gam-viz audit` wrote.

    Args:
        address: the folder, or an address that fsspec knows.

    Attributes:
        folder: it.
        manifest: what was audited.

    Raises:
        AuditError: no audit is there.
    """

    def __init__(self, address: str | Path) -> None:
        self.folder = AuditFolder(address)
        manifest = known(self.folder)
        if manifest is None:
            raise AuditError("audit.refused.no_audit", out=self.folder.address)
        self.manifest: Manifest = manifest

    def __repr__(self) -> str:
        names = ", ".join(each["name"] for each in self.manifest.networks)
        return f"Audit({self.folder.address}: {self.manifest.count} pictures, {names})"

    @property
    def parts(self) -> list[str]:
        """Names of the shards that are there."""
        there = self.folder.names(files.ROWS)
        return [name for name in there if name.endswith(".parquet")]

    @property
    def whole(self) -> bool:
        """Whether all shards are there."""
        return len(self.parts) == self.manifest.shards

    @cached_property
    def columns(self) -> list[str]:
        """Of `pictures`.

        Raises:
            AuditError: no shard is there yet.
        """
        return list(self.query("select * from pictures limit 0").column_names)

    def connect(self) -> duckdb.DuckDBPyConnection:
        """DuckDB with the views `pictures` (a row a picture; see `columns.schema_of`) and `channels` (a row a channel
        and shard; see `columns.CHANNELS`).

        Raises:
            AuditError: no shard is there yet.
        """
        import duckdb

        names = self.parts
        if not names:
            raise AuditError("audit.refused.no_rows", out=self.folder.address)
        connection = duckdb.connect(":memory:")
        if self.folder.local is None:
            connection.register_filesystem(self.folder.system)
        for view, of in (("pictures", files.ROWS), ("channels", files.CHANNELS)):
            listed = ", ".join(_quoted(self.folder.url(f"{of}/{name}")) for name in names)
            connection.execute(f"create view {view} as select * from read_parquet([{listed}])")
        return connection

    def query(self, sql: str, parameters: list[Any] | None = None) -> pa.Table:
        """The answer of one question to `pictures` and `channels`, such as
        `select name from pictures where disagree order by gap desc limit 20`.

        Raises:
            AuditError: no shard is there yet.
            duckdb.Error: it is no question that DuckDB understands.
        """
        with self.connect() as connection:
            return connection.sql(sql, params=parameters).to_arrow_table()

    def counts(self) -> dict[str, int]:
        """Pictures by what became of them, of the shards that are there."""
        found = self.query("select status, count(*) as count from pictures group by status order by status")
        return dict(zip(found["status"].to_pylist(), found["count"].to_pylist(), strict=True))


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
