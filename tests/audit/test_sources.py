"""Where pictures come from: the same pictures whatever they lie in, tiles that cover a scene once."""

import io
import itertools
import zipfile

import numpy as np
import pyarrow as pa
import pytest
import rasterio
from pyarrow import parquet

from gam_viz.audit.errors import AuditError
from gam_viz.audit.item import NoDataError
from gam_viz.audit.sources import SourceChoices, open_audit_source
from gam_viz.audit.sources.scene import OPENED_WITH
from gam_viz.audit.sources.tiling import Tiling
from gam_viz.images.formats.raster.header import SAFE
from tests.audit.audits import audited


def opened(where, side=64, **choices):
    return open_audit_source(where, SourceChoices(**choices), side)


def test_a_folder_a_zip_and_lists_give_the_same_rows(pictures, networks, tmp_path):
    names = sorted(path.relative_to(pictures).as_posix() for path in pictures.rglob("*.png"))
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for name in names:
            archive.write(pictures / name, name)
        archive.writestr("__MACOSX/._0001.png", b"second half")
    labels = [name.rpartition("/")[0] or None for name in names]
    lists = pa.table({"label": labels, "path": [str(pictures / name) for name in names]})
    parquet.write_table(lists, tmp_path / "all.parquet")
    rows = "".join(f"{pictures / name},{label or ''}\n" for name, label in zip(names, labels, strict=True))
    (tmp_path / "all.csv").write_text("path,label\n" + rows)
    plain = audited(pictures, networks, tmp_path / "folder").sort_by("sha256")
    for source in ("all.zip", "all.parquet", "all.csv"):
        found = audited(tmp_path / source, networks, tmp_path / f"out-{source}").sort_by("sha256")
        for column in plain.column_names:
            if column not in ("item", "name", "label", "sentence"):
                assert found[column].to_pylist() == plain[column].to_pylist(), (source, column)


def test_what_is_no_source(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "one.png").write_bytes(b"x")
    (tmp_path / "list.csv").write_text("file,label\na.png,cat\n")
    (tmp_path / "bad.parquet").write_bytes(b"PAR1")
    (tmp_path / "bad.tif").write_bytes(b"II*\0")
    for name, sentence in {
        "empty": "There are no files in",
        "one.png": "There is nothing to audit at",
        "nowhere": "There is nothing to audit at",
        "list.csv": "has no column called path; it has file, label",
        "bad.parquet": "cannot be read as a list",
        "bad.tif": "cannot be read as a GeoTIFF",
    }.items():
        with pytest.raises(AuditError, match=sentence):
            opened(tmp_path / name)


@pytest.mark.parametrize("size", [(64, 64), (65, 64), (300, 170), (1000, 333)])
@pytest.mark.parametrize(("side", "stride"), [(64, 64), (64, 20), (50, 70)])
@pytest.mark.parametrize("block", [(64, 64), (256, 256), (1, 1000)])
def test_tiles_have_a_number_each(size, side, stride, block):
    tiling = Tiling(*size, side, stride, block)
    places = [tiling.place(number) for number in range(len(tiling))]
    assert sorted(places) == [(row, column) for row in range(tiling.rows) for column in range(tiling.columns)]
    corners = np.array([tiling.corner(number) for number in range(len(tiling))])
    assert (corners >= 0).all()
    assert (corners.max(axis=0) == np.array(size) - side).all()  # the last are moved in


def test_tiles_are_read_block_after_block():
    """No block is come back to once it was left."""
    tiling = Tiling(2048, 1024, 128, 128, (512, 512))
    blocks = [tuple(np.array(tiling.corner(number)) // 512) for number in range(len(tiling))]
    changes = 1 + sum(a != b for a, b in itertools.pairwise(blocks))
    assert changes == len(set(blocks)) == 8


def scene(path, values, **profile):
    """(N, H, W) as a tiled, compressed GeoTIFF."""
    count, height, width = values.shape
    shape = {"count": count, "height": height, "width": width, "dtype": values.dtype}
    tiled = {"tiled": True, "blockxsize": 128, "blockysize": 128, "compress": "deflate"}
    with rasterio.open(path, "w", driver="GTiff", **shape, **(tiled | profile)) as file:
        file.write(values)
    return path


def test_a_tile_is_its_part_of_the_scene(tmp_path):
    values = np.random.default_rng(0).integers(0, 256, (3, 200, 330), np.uint8)
    source = opened(scene(tmp_path / "scene.tif", values, photometric="RGB"), tile=64, stride=50)
    for item in source.items(0, len(source)):
        left, top = item.corner
        expected = values[:, top : top + 64, left : left + 64].transpose(1, 2, 0)
        assert (item.picture().pixels == expected).all()


def test_measured_bands_have_one_range_in_all_tiles(tmp_path):
    values = np.linspace(0, 10_000, 4 * 256 * 256).reshape(4, 256, 256).astype(np.uint16)
    source = opened(scene(tmp_path / "scene.tif", values), bands=(4, 2, 1))
    tiles = [item.picture() for item in source.items(0, len(source))]
    assert [len(tile.bands.names) for tile in tiles] == [3] * 16
    assert (tiles[3].bands.read(1).__next__() == values[3, 64:128, 64:128]).all()
    brightness = [tile.pixels[..., 0].mean() for tile in tiles]  # the values rise from row to row
    corners = [item.corner[::-1] for item in source.items(0, len(source))]
    assert brightness[corners.index((0, 0))] < 40
    assert brightness[corners.index((192, 192))] > 215


def test_tiles_without_data_are_left_out(tmp_path, networks):
    values = np.full((3, 128, 256), 90, np.uint8)
    values[:, :, :160] = 0
    path = scene(tmp_path / "scene.tif", values, photometric="RGB", nodata=0)
    source = opened(path, nodata=0.5)
    by_corner = {item.corner: item for item in source.items(0, len(source))}
    with pytest.raises(NoDataError, match="100% of the tile"):
        by_corner[0, 0].picture()
    assert by_corner[128, 0].picture().pixels.max() == 90  # half of it
    table = audited(path, networks, tmp_path / "out")
    assert sorted(table["status"].to_pylist()) == ["no data"] * 4 + ["ok"] * 4
    assert table["gap"].null_count == 4


def test_scenes_that_are_refused(tmp_path):
    values = np.zeros((1, 100, 100), np.complex64)
    with pytest.raises(AuditError, match="complex64"):
        opened(scene(tmp_path / "complex.tif", values))
    path = scene(tmp_path / "small.tif", np.zeros((1, 100, 100), np.uint8))
    with pytest.raises(AuditError, match="less than one tile of 224 x 224"):
        opened(path, side=224)
    with pytest.raises(AuditError, match="has bands 1 to 1"):
        opened(path, bands=(2,))


def test_a_raster_that_names_other_files_is_none(tmp_path):
    """GDAL would read a text file through it."""
    (tmp_path / "evil.tif").write_text('<VRTDataset rasterXSize="64" rasterYSize="64"></VRTDataset>')
    with pytest.raises(AuditError, match="cannot be read as a GeoTIFF"):
        opened(tmp_path / "evil.tif")


def test_a_zip_keeps_names_that_are_no_text(tmp_path):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("图片/a.png", b"x")
        archive.writestr("../../outside.png", b"x")
    (tmp_path / "a.zip").write_bytes(data.getvalue())
    assert [item.name for item in opened(tmp_path / "a.zip").items(0, 2)] == ["图片/a.png", "../../outside.png"]


@pytest.mark.parametrize("settings", [OPENED_WITH, SAFE])
def test_a_block_is_unfolded_once(settings):
    """Rasterio takes the size of GDAL's cache in bytes, GDAL's own commands take it in MB: 256 bytes hold no block."""
    with rasterio.Env(**settings):
        assert rasterio.env.get_gdal_config("GDAL_CACHEMAX") >= 64 * 2**20
