"""Public data sets packed as a zip of pictures by class: facts for the card, what is missing or damaged."""

import zipfile

import numpy as np
import pytest
from PIL import Image

from gam_viz.datasets import DatasetError, load_dataset
from gam_viz.datasets.packs import load_mednist, load_ucmerced

PACKS = {"ucmerced": ("ucmerced128", 128), "mednist": ("mednist64", 64)}
LOADERS = {"ucmerced": load_ucmerced, "mednist": load_mednist}
COLOURS = {"beach": (220, 200, 120), "forest": (20, 90, 30)}


def tree(root, size):
    """Three training pictures and one test picture of each of two classes."""
    for split, count in (("train", 3), ("test", 1)):
        for name, colour in COLOURS.items():
            (root / split / name).mkdir(parents=True, exist_ok=True)
            for number in range(count):
                Image.new("RGB", (size, size), colour).save(root / split / name / f"{name}{number:02}.jpg")
    (root / "meta.json").write_text("{}")
    return root


def zipped(root):
    with zipfile.ZipFile(root.with_suffix(".zip"), "w") as archive:
        for path in sorted(root.rglob("*")):
            archive.write(path, path.relative_to(root.parent).as_posix())
    return root.with_suffix(".zip")


@pytest.fixture(params=list(PACKS))
def name(request):
    return request.param


@pytest.fixture
def unpacked(name, tmp_path):
    pack, size = PACKS[name]
    return tree(tmp_path / pack, size)


@pytest.fixture
def pack(unpacked):
    """The zip alone, without the folder it was made of."""
    path = zipped(unpacked)
    unpacked.rename(unpacked.with_name("elsewhere"))
    return path


def test_the_zip_and_the_folder_give_the_same(name, unpacked):
    folder = {split: LOADERS[name](split, unpacked.parent) for split in ("train", "test")}
    zipped(unpacked)
    unpacked.rename(unpacked.with_name("elsewhere"))
    for split, expected in folder.items():
        data = LOADERS[name](split, unpacked.parent)
        assert np.array_equal(data.images, expected.images)
        assert np.array_equal(data.labels, expected.labels)
        assert data.info == expected.info


def test_pictures_and_facts_for_the_card(name, pack):
    train, test = (load_dataset(name, split, pack.parent) for split in ("train", "test"))
    size = PACKS[name][1]
    assert train.images.shape == (6, size, size, 3)
    assert test.images.shape == (2, size, size, 3)
    assert train.labels.tolist() == [0, 0, 0, 1, 1, 1]
    for label, colour in enumerate(COLOURS.values()):
        assert np.abs(test.images[label].astype(int) - colour).max() <= 3  # JPEG
    info = train.info
    assert (info.name, info.size, info.classes) == (name, size, ("beach", "forest"))
    assert info.title
    assert info.source
    assert info.licence
    np.testing.assert_allclose(info.mean, train.images.reshape(-1, 3).mean(axis=0) / 255, atol=1e-4)
    np.testing.assert_allclose(info.std, train.images.reshape(-1, 3).std(axis=0) / 255, atol=1e-4)
    if name == "ucmerced":  # the first of each class: neighbouring numbers overlap on the ground; one is left to train
        assert train.held_out.tolist() == [True, True, False, True, True, False]
    else:
        assert train.held_out is None
    assert test.held_out is None


def test_what_may_be_turned_and_what_not(tmp_path):
    for pack, size in PACKS.values():
        tree(tmp_path / pack, size)
    aerial, radiographs = load_ucmerced("train", tmp_path).info, load_mednist("train", tmp_path).info
    assert (aerial.domain, aerial.any_way_up, aerial.mirrored) == ("aerial", True, True)
    assert (radiographs.domain, radiographs.any_way_up) == ("medical", False)
    assert "public domain" in aerial.licence
    assert radiographs.licence == "CC BY-SA 4.0"


def refused(name, root, split="train"):
    """The one sentence that says why."""
    with pytest.raises(DatasetError) as caught:
        load_dataset(name, split, root)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_missing_pack_is_named_with_where_it_was_looked_for(name, tmp_path):
    said = refused(name, tmp_path, "test")
    assert f"is not in the data folder {tmp_path}: expected {PACKS[name][0]}.zip, or a folder {PACKS[name][0]}" in said
    assert "test/<class>" in said
    assert refused(name, tmp_path / "nowhere")


def test_a_file_that_is_no_zip_is_refused(name, pack):
    for content in (b"", b"text", pack.read_bytes()[:-200]):
        pack.write_bytes(content)
        assert f"no folder or zip of pictures named {pack.name}" in refused(name, pack.parent)


def test_a_damaged_picture_is_named(name, pack):
    content = bytearray(pack.read_bytes())
    start = content.index(b"train/forest/forest01.jpg") + 60
    content[start : start + 200] = bytes(200)
    pack.write_bytes(content)
    assert "train/forest/forest01.jpg cannot be read as a picture: " in refused(name, pack.parent)
    assert len(load_dataset(name, "test", pack.parent)) == 2


def test_a_split_of_one_class_is_refused(name, unpacked):
    (unpacked / "test" / "forest" / "forest00.jpg").unlink()
    assert "test holds pictures of 1 classes, and at least two are needed" in refused(name, unpacked.parent, "test")


REAL = {
    "ucmerced": {"train": (80, 128), "test": (20, 128)},
    "mednist": {"train": (2_000, 64), "test": (500, 64)},
}


@pytest.mark.parametrize("split", [pytest.param("train", marks=pytest.mark.long), "test"])
def test_the_real_pictures(name, split, data_root):
    pack = PACKS[name][0]
    if not (data_root / f"{pack}.zip").exists():
        pytest.skip(f"GAM_VIZ_DATA holds no {pack}.zip")
    data = load_dataset(name, split, data_root)
    each, size = REAL[name][split]
    classes = {"ucmerced": 21, "mednist": 6}[name]
    assert len(data.info.classes) == classes
    assert np.bincount(data.labels).tolist() == [each] * classes
    assert data.images.shape == (classes * each, size, size, 3)
    # The whole range is used, and no picture is of one colour, though some of MedNIST's are nearly so.
    assert data.images.min() == 0
    assert data.images.max() == 255
    red = data.images[..., 0].reshape(len(data), -1)
    assert np.ptp(red, axis=1).min() > {"ucmerced": 20, "mednist": 0}[name]
    assert all(0.1 < value < 0.7 for value in (*data.info.mean, *data.info.std))
    grey = bool((data.images == data.images[..., :1]).all())
    assert grey == (name == "mednist")
    if name == "ucmerced":
        assert data.info.classes[0] == "agricultural"
        assert data.info.classes[-1] == "tenniscourt"
    else:
        assert data.info.classes == ("AbdomenCT", "BreastMRI", "CXR", "ChestCT", "Hand", "HeadCT")
