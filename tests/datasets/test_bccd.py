"""BCCD: tiles named by what they hold, split by picture; a pack that is missing or contradicts itself."""

import io
import json
import zipfile

import numpy as np
import pytest
from PIL import Image

from gam_viz.datasets import DatasetError, MissingDataError, load_dataset
from gam_viz.datasets.bccd import CLASSES, SIDE, tiles_of

SIZE = [640, 480]
WHITE = ("WBC", 20, 30, 160, 150)
RED = [("RBC", x, y, x + 100, y + 100) for x in (200, 320, 440, 540) for y in (10, 130, 250, 370)]


def packed(root, splits=("train", "val", "test"), size=SIZE, damaged=b""):
    generator = np.random.default_rng(0)
    boxes = [list(WHITE), ["Platelets", 330, 100, 360, 130], *map(list, RED)]
    described = {split: {"size": SIZE, "split": split, "boxes": boxes} for split in splits}
    with zipfile.ZipFile(root / "bccd.zip", "w") as archive:
        archive.writestr("bccd/boxes.json", json.dumps({"pictures": described}))
        for name in described:
            content = io.BytesIO()
            Image.fromarray(generator.integers(0, 255, (size[1], size[0], 3), dtype=np.uint8)).save(content, "JPEG")
            archive.writestr(f"bccd/pictures/{name}.jpg", damaged or content.getvalue())
    return root


def test_tiles_are_named_by_what_they_hold():
    tiles = tiles_of("one", SIZE, [WHITE, ("Platelets", 330, 100, 360, 130), *RED])
    held = {(tile.left, tile.top): CLASSES[tile.label] for tile in tiles}
    assert held[0, 0] == "white cell"  # whole
    assert held[224, 0] == "platelets"
    assert (112, 0) not in held  # cuts the white cell
    assert held[448, 288] == "red cells only"
    assert sum(name == "red cells only" for name in held.values()) == 3
    for tile in tiles:
        assert {box[0] for box in tile.boxes} == {("WBC", "Platelets", "RBC")[tile.label]}
        for _, x0, y0, x1, y1 in tile.boxes:
            assert 0 <= x0 < x1 <= SIDE
            assert 0 <= y0 < y1 <= SIDE


def test_a_white_cell_larger_than_a_tile_names_those_that_it_fills():
    tiles = tiles_of("one", SIZE, [("WBC", 0, 0, 400, 400)])
    assert {(tile.left, tile.top) for tile in tiles} == {(x, y) for x in (0, 112, 224) for y in (0, 144, 288)} - {
        (224, 288)  # 176 x 112 of 192 x 192 is filled
    } | {(224, 288)}


def test_it_is_split_by_picture(tmp_path):
    root = packed(tmp_path)
    train, test = (load_dataset("bccd", split, root) for split in ("train", "test"))
    assert train.images.shape == (2 * len(test), SIDE, SIDE, 3)
    assert train.held_out.tolist() == [False] * len(test) + [True] * len(test)
    assert (train.info.classes, train.info.size, train.info.licence) == (CLASSES, SIDE, "MIT")
    assert np.array_equal(train.labels[: len(test)], test.labels)


def test_what_is_missing_or_contradicts_itself_ends_in_one_sentence(tmp_path):
    with pytest.raises(MissingDataError, match=r"BCCD is not in the data folder .*: expected bccd.zip$"):
        load_dataset("bccd", "test", tmp_path)
    with pytest.raises(DatasetError, match=r"bccd.zip cannot be read: test is \(320, 240\) and its boxes are for"):
        load_dataset("bccd", "test", packed(tmp_path, ("test",), (320, 240)))
    with pytest.raises(DatasetError, match=r"bccd.zip cannot be read: "):
        load_dataset("bccd", "test", packed(tmp_path, damaged=b"not a picture"))
    with pytest.raises(DatasetError, match="holds no tiles to train on, or none to test"):
        load_dataset("bccd", "test", packed(tmp_path, ("test",)))
    (tmp_path / "bccd.zip").write_bytes(b"not a zip")
    with pytest.raises(DatasetError, match=r"bccd.zip cannot be read: "):
        load_dataset("bccd", "test", tmp_path)
