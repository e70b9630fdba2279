"""PneumoniaMNIST from a file of arrays: channels, the official validation pictures, what is damaged."""

import zipfile

import numpy as np
import pytest

from gam_viz.datasets import DatasetError, load_dataset, split_validation
from gam_viz.datasets.medmnist import load_pneumoniamnist

COUNTS = {"train": 9, "val": 4, "test": 5}


def arrays():
    """No two pictures are alike; labels are columns, as MedMNIST has them."""
    generator = np.random.default_rng(0)
    made = {}
    for part, count in COUNTS.items():
        made[f"{part}_images"] = generator.integers(0, 256, (count, 28, 28), dtype=np.uint8)
        made[f"{part}_labels"] = (np.arange(count) % 2).astype(np.uint8)[:, None]
    return made


@pytest.fixture
def written(tmp_path):
    def write(name="pneumoniamnist28.npz", **changes):
        """The file; a change of None leaves an array out. Returns its folder."""
        made = {key: value for key, value in {**arrays(), **changes}.items() if value is not None}
        np.savez_compressed(tmp_path / name, **made)
        return tmp_path

    return write


def test_grey_pictures_in_three_channels_with_the_validation_marked(written):
    given = arrays()
    data = load_pneumoniamnist("train", written())
    assert data.images.shape == (13, 28, 28, 3)
    expected = np.concatenate([given["train_images"], given["val_images"]])
    for channel in range(3):
        assert np.array_equal(data.images[..., channel], expected)
    assert data.labels.tolist() == [0, 1, 0, 1, 0, 1, 0, 1, 0, 0, 1, 0, 1]
    assert data.labels.dtype == np.int64
    assert data.held_out.tolist() == [False] * 9 + [True] * 4


def test_the_official_validation_is_the_validation(written):
    given = arrays()
    train, validation = split_validation(load_dataset("pneumoniamnist", "train", written()), 0.05)
    assert np.array_equal(train.images[..., 0], given["train_images"])
    assert np.array_equal(validation.images[..., 1], given["val_images"])
    assert validation.labels.tolist() == given["val_labels"][:, 0].tolist()
    assert train.held_out is validation.held_out is None


def test_the_test_pictures(written):
    data = load_pneumoniamnist("test", written())
    assert np.array_equal(data.images[..., 2], arrays()["test_images"])
    assert data.labels.tolist() == [0, 1, 0, 1, 0]
    assert data.held_out is None


def test_facts_for_the_card(written):
    train, test = (load_pneumoniamnist(split, written()).info for split in ("train", "test"))
    assert train == test  # both with the training pictures' mean, without those held out
    values = arrays()["train_images"] / 255
    np.testing.assert_allclose(train.mean, [values.mean()] * 3, atol=1e-4)
    np.testing.assert_allclose(train.std, [values.std()] * 3, atol=1e-4)
    assert (train.name, train.classes, train.size) == ("pneumoniamnist", ("normal", "pneumonia"), 28)
    assert (train.domain, train.licence) == ("medical", "CC BY 4.0")
    assert not train.mirrored
    assert not train.any_way_up


def test_medmnists_own_name_is_read_too(written):
    written("pneumoniamnist.npz", test_labels=np.ones((5, 1), np.uint8))
    root = written("other.npz")
    assert load_pneumoniamnist("test", root).labels.tolist() == [1] * 5
    assert load_pneumoniamnist("test", written()).labels.tolist() == [0, 1, 0, 1, 0]  # this one comes first


@pytest.mark.parametrize("labels", [np.array([0, 1, 1, 0, 1]), np.array([[0], [1], [1], [0], [1]], dtype=np.int32)])
def test_labels_in_a_row_or_in_a_column(labels, written):
    assert load_pneumoniamnist("test", written(test_labels=labels)).labels.tolist() == [0, 1, 1, 0, 1]


def refused(root, split="test"):
    """The one sentence that says why."""
    with pytest.raises(DatasetError) as caught:
        load_pneumoniamnist(split, root)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_missing_file_is_named_with_where_it_was_looked_for(tmp_path):
    said = refused(tmp_path)
    assert said == f"PneumoniaMNIST is not in the data folder {tmp_path}: expected pneumoniamnist.npz"


def zeros(*shape, dtype=np.uint8):
    return np.zeros(shape, dtype)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"val_images": None}, "cannot be read as MedMNIST arrays: "),
        ({"test_labels": None}, "cannot be read as MedMNIST arrays: "),
        ({"test_labels": np.array([{}] * 5)}, "Object arrays cannot be loaded"),
        ({"test_images": zeros(5, 28, 28, 3)}, r"(N, 28, 28) uint8 with as many labels, got (5, 28, 28, 3) uint8"),
        ({"test_images": zeros(5, 784)}, "got (5, 784) uint8"),
        ({"test_images": zeros(5, 28, 28, dtype=np.float32)}, "got (5, 28, 28) float32"),
        ({"test_images": zeros(5, 64, 64)}, "got (5, 64, 64) uint8"),
        ({"val_images": zeros(4, 27, 28)}, "should hold val_images as (N, 28, 28) uint8"),
        ({"train_images": zeros(0, 28, 28), "train_labels": zeros(0, 1)}, "should hold train_images"),
        ({"test_images": zeros()}, "got () uint8"),
        ({"test_labels": zeros(4, 1)}, "with labels of shape (4, 1)"),
        ({"test_labels": zeros(5, 2)}, "with labels of shape (5, 2)"),
        ({"test_labels": zeros()}, "with labels of shape ()"),
        ({"test_labels": np.full((5, 1), 0.5)}, "with labels of shape (5, 1) float64"),
        ({"test_labels": np.full((5, 1), 2)}, "labels must lie between 0 and 1, got 2 to 2"),
    ],
)
def test_arrays_that_do_not_fit_are_refused_in_one_sentence(changes, sentence, written):
    assert sentence in refused(written(**changes))


@pytest.mark.parametrize(
    "kind", ["empty", "text", "truncated", "flipped bits", "one array", "another zip", "folder", "no array"]
)
def test_a_damaged_file_is_refused_in_one_sentence(kind, written):
    path = written() / "pneumoniamnist28.npz"
    whole = bytearray(path.read_bytes())
    if kind == "flipped bits":
        start = whole.index(b"test_images.npy") + 200
        whole[start : start + 40] = bytes(value ^ 0xFF for value in whole[start : start + 40])
    contents = {"empty": b"", "text": b"no arrays here", "truncated": bytes(whole[:-300])}
    path.write_bytes(contents.get(kind, bytes(whole)))
    if kind == "one array":
        with path.open("wb") as file:
            np.save(file, zeros(5, 28, 28))
    elif kind in ("another zip", "no array"):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("notes.txt" if kind == "another zip" else "train_images.npy", "not an array")
    elif kind == "folder":
        path.unlink()
        path.mkdir()
    assert refused(path.parent).startswith("pneumoniamnist28.npz ")


def test_the_real_pictures(data_root):
    if not any((data_root / name).exists() for name in ("pneumoniamnist28.npz", "pneumoniamnist.npz")):
        pytest.skip("GAM_VIZ_DATA holds no pneumoniamnist.npz")
    train, test = (load_dataset("pneumoniamnist", split, data_root) for split in ("train", "test"))
    assert train.images.shape == (4_708 + 524, 28, 28, 3)
    assert test.images.shape == (624, 28, 28, 3)
    kept, validation = split_validation(train, 0.05)
    counts = [np.bincount(part.labels).tolist() for part in (kept, validation, test)]
    assert counts == [[1_214, 3_494], [135, 389], [234, 390]]  # the official ones
    for part in (train, test):
        assert part.images.min() == 0
        assert part.images.max() >= 254
        assert np.array_equal(part.images[..., 0], part.images[..., 2])
    np.testing.assert_allclose(train.info.mean, [0.57] * 3, atol=0.01)
    np.testing.assert_allclose(train.info.std, [0.17] * 3, atol=0.01)
