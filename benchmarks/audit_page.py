"""Does the Audit page answer within a second? An audit of a million rows that were never pictures, and every question.

Rows are drawn at random: two networks (CBAM and GAM of the scenes, untrained), a part for each 4,096 rows, as the
command writes them. Asked twice: as a server that has just started, and again. Where others use the machine too, the
processor time says more than the wall's; DuckDB divides it among the cores. Nothing is asserted.

    python benchmarks/audit_page.py [--rows 1000000] [--out FOLDER]
"""

from __future__ import annotations

import argparse
import io
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT))
SHARD = 4096


def made(root: Path, count: int) -> Path:
    """Returns the audit's folder."""
    import numpy as np
    import pyarrow as pa
    from pyarrow import parquet

    from gam_viz.audit import folder as files
    from gam_viz.audit.columns import CHANNELS, schema_of
    from gam_viz.audit.folder import part_name
    from gam_viz.audit.run import begun
    from gam_viz.datasets.scenes.draw import CLASSES
    from gam_viz.networks.checkpoints import read
    from tests.audit.audits import write_networks, write_pictures

    (root / "networks").mkdir(parents=True)
    networks = {name: read(path) for name, path in write_networks(root / "networks").items()}
    write_pictures(root / "pictures", 1)
    out = root / "audits" / "million"
    run = begun(root / "pictures", networks, out)
    schema, random = schema_of(run.networks, truth=True), np.random.default_rng(0)
    across = 1000  # tiles

    def column(field: pa.Field, numbers: Any) -> pa.Array:
        name, rows = field.name, len(numbers)
        if name == "item":
            return pa.array(numbers)
        if name == "name":
            return pa.array([f"{number // across}-{number % across}" for number in numbers.tolist()])
        if name in ("left", "top"):
            places = numbers % across if name == "left" else numbers // across
            return pa.array((places * 64).astype(np.int32))
        if name == "status":
            return pa.array(["ok"] * rows).cast(field.type)
        if name == "label" or name.endswith("/prediction"):
            return pa.array(np.array(CLASSES)[random.integers(0, len(CLASSES), rows)]).cast(field.type)
        if name == "disagree":
            return pa.array(random.random(rows) < 0.1)
        if field.type == pa.float32():
            return pa.array(random.random(rows, np.float32))
        if pa.types.is_fixed_size_binary(field.type):
            return pa.array([random.bytes(64) for _ in range(rows)], field.type)
        return pa.nulls(rows, field.type)

    for of in (files.ROWS, files.CHANNELS):
        (out / of).mkdir()
    for part, start in enumerate(range(0, count, SHARD)):
        numbers = np.arange(start, min(count, start + SHARD))
        table = pa.Table.from_arrays([column(field, numbers) for field in schema], schema=schema)
        parquet.write_table(table, out / files.ROWS / part_name(part), compression="zstd", row_group_size=SHARD)
        channels = [_channels(network, CHANNELS, random) for network in run.networks]
        parquet.write_table(pa.concat_tables(channels), out / files.CHANNELS / part_name(part), compression="zstd")
    manifest = json.loads((out / files.MANIFEST).read_text())
    size = [across * 64, -(-count // across) * 64]
    manifest["source"] |= {"kind": "scene", "count": count, "size": size, "tile": 64, "stride": 64, "stamp": [0, 0]}
    manifest["source"] |= {"where": str(root / "scene.tif"), "bands": [1, 2, 3], "ranges": None}
    (out / files.MANIFEST).write_text(json.dumps(manifest))
    return out


def _channels(network: Any, schema: Any, random: Any) -> Any:
    import numpy as np
    import pyarrow as pa

    rows = [(gate.key, channel) for gate in network.gates if gate.per_channel for channel in range(gate.shape[0])]
    count, low = len(rows), random.random(len(rows), np.float32)
    gates, numbers = zip(*rows, strict=True)
    columns = [[network.name] * count, gates, numbers, [SHARD] * count, [1.0] * count, low / 2, low]
    return pa.Table.from_arrays(
        [pa.array(each).cast(field.type) for each, field in zip(columns, schema, strict=True)], schema=schema
    )


def questions() -> dict[str, Callable[[Any], Any]]:
    """What the page asks, by name."""
    from gam_viz.audit import questions as asked
    from gam_viz.audit import rows

    gate = "gam/layer1.0/spatial/mean"
    return {
        "how many": rows.counts,
        "disagree most": lambda audit: rows.most_apart(audit, 1000),
        "least on the object": lambda audit: rows.off_the_object(audit, "gam", 1000),
        "masks of ten rows": lambda audit: rows.maps_of(audit, range(500_000, 500_010)),
        "a statistic of all gates": lambda audit: asked.gate_statistics(audit, "gam", "mean"),
        "channels at an end": lambda audit: asked.channels_at_an_end(audit, "gam"),
        "confusion": lambda audit: asked.confusion(audit, "gam"),
        "a histogram": lambda audit: asked.histogram(audit, gate),
        "a part of it": lambda audit: rows.in_between(audit, gate, 0.5, 0.6, 1000),
        "a number over the scene": lambda audit: asked.on_the_scene(audit, gate),
        "predictions over the scene": lambda audit: asked.on_the_scene(audit, "gam/prediction"),
        "tiles of a cell": lambda audit: rows.tiles_of_part(audit, 3, 4),
        "what was refused": rows.refused,
    }


def size_of(table: Any) -> int:
    """Bytes of an answer as Parquet."""
    from pyarrow import parquet

    sink = io.BytesIO()
    parquet.write_table(table, sink)
    return len(sink.getvalue())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--out", type=Path, help="where the audit is made, or was made before")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        root = options.out or Path(temporary)
        out = root / "audits" / "million"
        if not out.is_dir():
            made(root, options.rows)
        from gam_viz.audit.opened import Audit

        start = time.perf_counter()
        audit = Audit(out)
        columns = len(audit.columns)
        opening = time.perf_counter() - start
        print(f"{audit.manifest.count:,} rows, {columns} columns, {len(audit.parts)} parts; opened in {opening:.2f} s")
        for name, ask in questions().items():
            times = []
            for _ in range(2):
                start, worked = time.perf_counter(), time.process_time()
                table = ask(audit)
                times += [time.perf_counter() - start, time.process_time() - worked]
            first, of_first, second, of_second = times
            said = f"{first:6.2f} s ({of_first:.2f} s of processor time), again {second:6.2f} s ({of_second:.2f} s)"
            print(f"{name:28}  {said}  {size_of(table):9,} bytes", flush=True)


if __name__ == "__main__":
    main()
