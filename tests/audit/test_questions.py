"""What is asked of an audit, against the same counted plainly, on a table of our own: a million rows if --run-long."""

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from gam_viz.audit import folder as files
from gam_viz.audit import questions, rows
from gam_viz.audit.columns import CHANNELS, schema_of
from gam_viz.audit.errors import AuditError
from gam_viz.audit.folder import part_name
from gam_viz.audit.opened import Audit
from gam_viz.audit.run import begun
from gam_viz.datasets.scenes.draw import CLASSES
from gam_viz.networks.checkpoints import read
from tests.audit.audits import write_pictures

PARTS = 4
GATE = "layer1.0/spatial"


@pytest.fixture(scope="module")
def made(networks, tmp_path_factory, thorough):
    """An audit of so many pictures that were never there, and its columns as they were drawn."""
    root, count = tmp_path_factory.mktemp("made"), 1_000_000 if thorough else 20_000
    write_pictures(root / "pictures", 1)
    run = begun(root / "pictures", {name: read(path) for name, path in networks.items()}, root / "out")
    schema = schema_of(run.networks, truth=True)
    random, columns = np.random.default_rng(0), {}
    for field in schema:
        if field.type == pa.float32():
            columns[field.name] = random.random(count).astype(np.float32)
        elif field.name.endswith("prediction") or field.name == "label":
            columns[field.name] = np.array(CLASSES)[random.integers(0, len(CLASSES), count)]
    columns["status"] = np.full(count, "ok")
    columns["item"], columns["gap"] = np.arange(count), random.permutation(count).astype(np.float32) / count
    columns["disagree"] = columns["gam/prediction"] != columns["cbam/prediction"]
    columns["left"], columns["top"] = (np.arange(count) % 500) * 64, (np.arange(count) // 500) * 64
    arrays = [
        pa.array(columns[field.name]).cast(field.type) if field.name in columns else pa.nulls(count, field.type)
        for field in schema
    ]
    table = pa.Table.from_arrays(arrays, schema=schema)
    for part in range(PARTS):
        (root / "out" / files.ROWS).mkdir(exist_ok=True)
        (root / "out" / files.CHANNELS).mkdir(exist_ok=True)
        rows_of_part = table.slice(part * count // PARTS, count // PARTS)
        parquet.write_table(rows_of_part, root / "out" / files.ROWS / part_name(part))
        parquet.write_table(_channels(part), root / "out" / files.CHANNELS / part_name(part))
    return Audit(root / "out"), columns


def _channels(part: int) -> pa.Table:
    """Of CBAM's first channel gate: channel 0 is never open, 1 is in one part alone, 2 is never closed."""
    lowest, highest = [0.01, 0.01, 0.96, 0.3], [0.04, 0.9 if part == 2 else 0.04, 0.99, 0.7]
    columns = [["cbam"] * 4, ["layer1.0/channel"] * 4, [0, 1, 2, 3], [10] * 4, [1.0] * 4, lowest, highest]
    arrays = [pa.array(each, field.type) for each, field in zip(columns, CHANNELS, strict=True)]
    return pa.Table.from_arrays(arrays, schema=CHANNELS)


def test_confusion(made):
    audit, columns = made
    found = questions.confusion(audit, "gam").to_pylist()
    pairs, counts = np.unique(np.stack([columns["label"], columns["gam/prediction"]], 1), axis=0, return_counts=True)
    wanted = {(str(label), str(predicted)): int(n) for (label, predicted), n in zip(pairs, counts, strict=True)}
    assert {(row["label"], row["prediction"]): row["count"] for row in found} == wanted


def test_statistics_with_intervals(made):
    audit, columns = made
    found = questions.gate_statistics(audit, "cbam", "mean").to_pylist()
    assert len(found) == (len(CLASSES) + 1) * 12
    for row in found:
        of = columns["label"] == row["class"] if row["class"] is not None else slice(None)
        values = columns[f"cbam/{row['gate']}/mean"][of].astype(float)
        error = 1.96 * values.std(ddof=1) / len(values) ** 0.5
        assert row["count"] == len(values)
        assert row["mean"] == pytest.approx(values.mean(), rel=1e-9)
        assert (row["low"], row["high"]) == pytest.approx((values.mean() - error, values.mean() + error), rel=1e-5)
    assert questions.gate_statistics(audit, "cbam", "there is none").num_rows == 0


def test_channels_that_stay_at_an_end(made):
    found = {row["gate"]: row for row in questions.channels_at_an_end(made[0], "cbam").to_pylist()}
    assert found == {
        "layer1.0/channel": {"gate": "layer1.0/channel", "channels": 4, "never_open": [0], "never_closed": [2]}
    }


def test_the_pictures_to_look_at(made):
    audit, columns = made
    apart = rows.most_apart(audit, 10).to_pylist()
    order = np.argsort(-np.where(columns["disagree"], columns["gap"], -1), kind="stable")
    assert [row["item"] for row in apart] == order[:10].tolist()
    assert apart[0]["gam/prediction"] == columns["gam/prediction"][order[0]]
    least = rows.off_the_object(audit, "gam", 10).to_pylist()
    column = next(name for name in reversed(columns) if name.startswith("gam/") and name.endswith("spatial/object"))
    assert [row["item"] for row in least] == np.argsort(columns[column], kind="stable")[:10].tolist()
    assert rows.least_familiar(audit, "gam").num_rows == 0  # its file does not tell


def test_a_map_of_a_scene(made):
    audit, columns = made
    audit.manifest.source.update(size=[500 * 64, len(columns["item"]) // 500 * 64], tile=64, stride=64)
    found = questions.on_the_scene(audit, "gap", cells=10).to_pylist()
    side = questions.cell_side(audit, 10)
    assert side == 64 * -(-max(audit.manifest.source["size"]) // 640)
    place = columns["top"] // side * 1000 + columns["left"] // side
    wanted = {int(each): columns["gap"][place == each].astype(float).mean() for each in np.unique(place)}
    assert {row["down"] * 1000 + row["across"]: row["value"] for row in found} == pytest.approx(wanted)
    said = {
        (row["down"], row["across"]): row["value"]
        for row in questions.on_the_scene(audit, "gam/prediction", 10).to_pylist()
    }
    there = columns["gam/prediction"][place == 2].tolist()
    assert there.count(said[0, 2]) == max(there.count(name) for name in CLASSES)
    tiles = rows.tiles_of_part(audit, 0, 2, 10, limit=10_000)["item"].to_pylist()
    assert tiles == columns["item"][place == 2].tolist()


def test_a_histogram_and_what_lies_in_a_part_of_it(made):
    audit, columns = made
    column = "gam/layer1.0/spatial/mean"
    found = questions.histogram(audit, column, 8).to_pylist()
    values = columns[column].astype(float)
    counts, ends = np.histogram(values, 8)
    assert [row["low"] for row in found] == pytest.approx(ends[:-1])
    assert sum(row["count"] for row in found) == len(values)
    assert max(abs(row["count"] - count) for row, count in zip(found, counts, strict=True)) <= 2  # at the parts' ends
    right = columns["label"] == columns["gam/prediction"]
    assert sum(row["right"] for row in found) == right.sum()
    assert {row["labelled"] - row["count"] for row in found} == {0}
    inside = rows.in_between(audit, column, 0.5, 0.6, 10).to_pylist()
    order = [int(item) for item in np.argsort(values, kind="stable") if 0.5 <= values[item] <= 0.6]
    assert [row["item"] for row in inside] == order[:10]


def test_an_audit_reads_its_own_folder_alone(made, tmp_path):
    (tmp_path / "secret.csv").write_text("a\n1\n")
    with pytest.raises(duckdb.Error, match="disabled by configuration"):
        made[0].query(f"select * from read_csv('{tmp_path}/secret.csv')")
    with pytest.raises(duckdb.Error, match="disabled by configuration"):
        made[0].query(f"copy (select 1) to '{tmp_path}/written.csv'")
    assert [path.name for path in tmp_path.iterdir()] == ["secret.csv"]


def test_an_audit_without_rows_or_none_at_all(networks, tmp_path):
    write_pictures(tmp_path / "pictures", 1)
    begun(tmp_path / "pictures", {"gam": read(networks["gam"])}, tmp_path / "out")
    with pytest.raises(AuditError, match="No shard of the audit"):
        Audit(tmp_path / "out").counts()
    with pytest.raises(AuditError, match="There is no audit in"):
        Audit(tmp_path / "pictures")
