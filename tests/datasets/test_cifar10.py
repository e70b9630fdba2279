"""CIFAR-10 from the packed zip and from torchvision's files."""

import hashlib
import io
import pickle
import zipfile
from urllib.error import URLError

import numpy as np
import pytest
from PIL import Image

from gam_viz.datasets import DatasetError, load_dataset
from gam_viz.datasets.cifar10 import INFO, load_cifar10
from gam_viz.runtime.torchvision_shim import torchvision


def pictures(count, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, 32, 32, 3), dtype=np.uint8)


def strip(part):
    buffer = io.BytesIO()
    Image.fromarray(part.reshape(-1, 32, 3)).save(buffer, "WEBP", lossless=True)
    return buffer.getvalue()


def npy(array):
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def members():
    """Two strips of training pictures and one of test pictures, in a pack's layout."""
    train, test = pictures(7), pictures(3, seed=1)
    return {
        "cifar10/meta.json": b"{}",
        "cifar10/train/strip_001.webp": strip(train[4:]),
        "cifar10/train/strip_000.webp": strip(train[:4]),
        "cifar10/train_labels.npy": npy(np.arange(7, dtype=np.uint8)),
        "cifar10/train_lossless.npy": npy(np.ones(7, dtype=bool)),
        "cifar10/test/strip_000.webp": strip(test),
        "cifar10/test_labels.npy": npy(np.array([9, 0, 3], dtype=np.uint8)),
    }


@pytest.fixture
def pack(tmp_path):
    def write(**changes):
        """The pack; a change of None leaves a member out."""
        with zipfile.ZipFile(tmp_path / "cifar10.zip", "w") as archive:
            for name, content in {**members(), **changes}.items():
                if content is not None:
                    archive.writestr(name, content)
        return tmp_path

    return write


def test_the_pack_gives_pictures_in_order_to_the_bit(pack):
    train, test = (load_cifar10(split, pack()) for split in ("train", "test"))
    assert np.array_equal(train.images, pictures(7))
    assert train.labels.tolist() == [0, 1, 2, 3, 4, 5, 6]
    assert train.labels.dtype == np.int64
    assert np.array_equal(test.images, pictures(3, seed=1))
    assert test.labels.tolist() == [9, 0, 3]
    assert train.info is test.info is INFO
    assert np.array_equal(load_dataset("cifar10", "test", pack()).images, test.images)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"cifar10/train_labels.npy": None}, "There is no item named 'cifar10/train_labels.npy'"),
        ({"cifar10/train_labels.npy": b"no array"}, "cannot be read"),
        ({"cifar10/train_labels.npy": npy(np.array([{}]))}, "Object arrays cannot be loaded"),
        ({"cifar10/train_labels.npy": npy(np.arange(6))}, "7 pictures came with labels of shape"),
        ({"cifar10/train_labels.npy": npy(np.arange(7) + 4)}, "labels must lie between 0 and 9, got 4 to 10"),
        ({"cifar10/train/strip_000.webp": b"RIFF no picture"}, "cannot identify image file"),
        ({"cifar10/train/strip_000.webp": strip(pictures(4))[:-400]}, "cannot be read"),
        ({"cifar10/train/strip_000.webp": strip(pictures(4)[:, :31, :, :])}, "cannot reshape"),
        (
            {"cifar10/train/strip_000.webp": None, "cifar10/train/strip_001.webp": None},
            r"it holds no strips named cifar10/train/\*.webp",
        ),
    ],
)
def test_a_damaged_pack_is_refused_in_one_sentence(changes, sentence, pack):
    root = pack(**changes)
    with pytest.raises(DatasetError, match=sentence) as caught:
        load_cifar10("train", root)
    assert "\n" not in str(caught.value)
    assert len(load_cifar10("test", root)) == 3


@pytest.mark.parametrize("kind", ["truncated", "not a zip", "empty", "a flipped bit", "damaged compression"])
def test_a_damaged_zip_is_refused_in_one_sentence(kind, pack, tmp_path):
    path = pack() / "cifar10.zip"
    whole = path.read_bytes()
    if kind == "damaged compression":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in members().items():
                archive.writestr(name, content)
        whole = path.read_bytes()
        start = whole.index(b"cifar10/test_labels.npy") + len(b"cifar10/test_labels.npy")
        whole = whole[:start] + b"\xff" * 16 + whole[start + 16 :]
    flipped = bytearray(whole)
    flipped[whole.index(b"cifar10/test/strip_000.webp") + 200] ^= 1
    damaged = {"truncated": whole[:-300], "not a zip": b"text", "empty": b"", "a flipped bit": bytes(flipped)}
    path.write_bytes(damaged.get(kind, whole))
    with pytest.raises(DatasetError, match=r"the CIFAR-10 pack cifar10\.zip cannot be read: .") as caught:
        load_cifar10("test", tmp_path)
    assert "\n" not in str(caught.value)


def test_torchvisions_files_are_read_where_there_is_no_pack(tmp_path, monkeypatch):
    """The loader is torchvision's own; only its list of files and checksums is that of two tiny batches."""
    cifar = torchvision.datasets.CIFAR10
    folder = tmp_path / cifar.base_folder
    folder.mkdir()

    def write(name, content):
        (folder / name).write_bytes(pickle.dumps(content))
        return hashlib.md5((folder / name).read_bytes()).hexdigest()

    train, test = pictures(5), pictures(2, seed=1)
    files = {
        name: write(name, {"data": part.transpose(0, 3, 1, 2).reshape(len(part), -1), "labels": labels})
        for name, part, labels in (("data_batch_1", train, [5, 6, 7, 8, 9]), ("test_batch", test, [2, 4]))
    }
    monkeypatch.setattr(cifar, "train_list", [["data_batch_1", files["data_batch_1"]]])
    monkeypatch.setattr(cifar, "test_list", [["test_batch", files["test_batch"]]])
    meta = write("batches.meta", {"label_names": list(INFO.classes)})
    monkeypatch.setattr(cifar, "meta", {"filename": "batches.meta", "key": "label_names", "md5": meta})

    loaded = load_cifar10("train", tmp_path)
    assert np.array_equal(loaded.images, train)
    assert loaded.labels.tolist() == [5, 6, 7, 8, 9]
    assert loaded.labels.dtype == np.int64
    assert np.array_equal(load_cifar10("test", tmp_path).images, test)


@pytest.mark.parametrize(
    "error", [URLError("no network"), RuntimeError("File not found or corrupted."), OSError("full")]
)
def test_without_files_and_network_one_sentence_says_so(error, tmp_path, monkeypatch):
    def fail(root, train, download):
        assert (root, train, download) == (str(tmp_path), False, True)
        raise error

    monkeypatch.setattr(torchvision.datasets, "CIFAR10", fail)
    with pytest.raises(
        DatasetError, match=r"neither cifar10\.zip nor cifar-10-batches-py\) and could not be downloaded"
    ):
        load_cifar10("test", tmp_path)


def test_the_real_packs_test_pictures(data_root):
    if not (data_root / "cifar10.zip").exists():
        pytest.skip("GAM_VIZ_DATA holds no cifar10.zip")
    test = load_cifar10("test", data_root)
    assert test.images.shape == (10_000, 32, 32, 3)
    digests = [hashlib.sha256(array.tobytes()).hexdigest() for array in (test.images, test.labels.astype(np.uint8))]
    assert digests == [
        "1249626010949d8f448e0faf792debbc3da0c50ed31bfff3678c99c37fbc7e48",
        "cec8a24a1e92aa2ecaa0bbd3dbfa86bf6cd8759fbd209a832824c8cf0afca9d5",
    ]
    assert np.bincount(test.labels).tolist() == [1000] * 10
