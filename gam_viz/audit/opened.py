"""An audit that is there: asked with SQL over its parts, of which only the columns that a question names are read."""

from __future__ import annotations

import threading
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

#: Nothing is fetched or written: no extensions of DuckDB's, no files for what does not fit into memory.
_ALONE: dict[str, Any] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "temp_directory": "",
}


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
        self._lock = threading.Lock()
        self._kept: tuple[tuple[object, ...], duckdb.DuckDBPyConnection] | None = None

    def __repr__(self) -> str:
        names = ", ".join(each["name"] for each in self.manifest.networks)
        return f"Audit({self.folder.address}: {self.manifest.count} pictures, {names})"

    @property
    def parts(self) -> list[str]:
        """Names of the shards that are there."""
        there = self.folder.names(files.ROWS)
        return [name for name in there if name.endswith(".parquet")]

    @property
    def explained(self) -> bool:
        """Whether attributions and ablations of some pictures are there."""
        return self.folder.has(files.EXPLAINED)

    @property
    def state(self) -> tuple[object, ...]:
        """Changes where its answers may: when shards come, or other explanations."""
        return (*self.parts, self.folder.stamp(files.EXPLAINED))

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
        """DuckDB with the views `pictures` (a row a picture; see `columns.schema_of`), `channels` (a row a channel and
        shard; see `columns.CHANNELS`), and where they are there `items` (a row a file; see `sources.listing`) and
        `explained` (see `explained.SCHEMA`).

        It installs nothing, writes nothing to disk, and of an audit on this machine it reads that folder alone,
        whatever it is asked.

        Raises:
            AuditError: no shard is there yet.
        """
        import duckdb

        names = self.parts
        if not names:
            raise AuditError("audit.refused.no_rows", out=self.folder.address)
        connection = duckdb.connect(":memory:", config=_ALONE)
        connection.execute("set global parquet_metadata_cache = true")  # cursors have settings of their own
        local = self.folder.local
        if local is None:
            connection.register_filesystem(self.folder.system)
        else:
            connection.execute(f"set allowed_directories = [{_quoted(str(local))}]; set enable_external_access = false")
        for view, of in (("pictures", files.ROWS), ("channels", files.CHANNELS)):
            listed = ", ".join(_quoted(self.folder.url(f"{of}/{name}")) for name in names)
            connection.execute(f"create view {view} as select * from read_parquet([{listed}])")
        if self.folder.has(files.EXPLAINED):
            of = _quoted(self.folder.url(files.EXPLAINED))
            connection.execute(f"create view explained as select * from read_parquet({of})")
        if self.folder.has(files.LISTING):
            listing = f"read_parquet({_quoted(self.folder.url(files.LISTING))}, file_row_number = true)"
            connection.execute(f"create view items as select file_row_number as item, path, label from {listing}")
        return connection

    def query(self, sql: str, parameters: list[Any] | None = None) -> pa.Table:
        """The answer of one question to `pictures`, `channels` and `items`, such as
        `select name from pictures where disagree order by gap desc limit 20`. What DuckDB learnt of the parts is kept
        for the next one, until its `state` is another.

        Raises:
            AuditError: no shard is there yet.
            duckdb.Error: it is no question that DuckDB understands, or a part is damaged.
        """
        state = self.state
        with self._lock:
            if self._kept is None or self._kept[0] != state:
                self._kept = state, self.connect()
            cursor = self._kept[1].cursor()
        with cursor:
            return cursor.sql(sql, params=parameters).to_arrow_table()

    def counts(self) -> dict[str, int]:
        """Pictures by what became of them, of the shards that are there."""
        found = self.query("select status, count(*) as count from pictures group by status order by status")
        return dict(zip(found["status"].to_pylist(), found["count"].to_pylist(), strict=True))


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
