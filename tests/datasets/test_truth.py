"""Where the answer lies in real pictures: boxes and masks over the right pictures, refused where they do not fit."""

import io
import json
import zipfile

import numpy as np
import pytest
from PIL import Image

from gam_viz.datasets import DatasetError, MissingDataError, load_dataset
from gam_viz.datasets.truth import load_truth


def png(side, value=0, mode="L"):
    content = io.BytesIO()
    Image.new(mode, (side, side), value).save(content, "PNG")
    return content.getvalue()


def lesion(side=256, rows=slice(40, 80), columns=slice(100, 200)):
    mask = np.zeros((side, side), np.uint8)
    mask[rows, columns] = 255
    content = io.BytesIO()
    Image.fromarray(mask).convert("1").save(content, "PNG")
    return content.getvalue()


def busi(root, masks):
    """Two training and two test pictures of each class; `masks` by their name."""
    with zipfile.ZipFile(root / "busi256.zip", "w") as archive:
        for place, name in enumerate(("benign", "malignant", "normal")):
            for split in ("train", "test"):
                for number in (9, 10):
                    archive.writestr(f"busi256/{split}/{name}/{name}-{number}.png", png(256, 40 * place + number))
        for name, content in masks.items():
            archive.writestr(f"busi256/masks/{name}.png", content)
    return root


ALL = {f"{name}/{name}-{number}": lesion() for name in ("benign", "malignant") for number in (9, 10)} | {
    f"normal/normal-{number}": png(256) for number in (9, 10)
}


def test_lesions_lie_on_their_own_pictures(tmp_path):
    masks = ALL | {"malignant/malignant-9": lesion(rows=slice(0, 10))}
    truth = load_truth("busi", busi(tmp_path, masks))
    test = load_dataset("busi", "test", tmp_path)
    assert len(truth) == 4  # normal pictures have no lesion
    assert np.array_equal(truth.data.images, test.images[truth.index])
    assert np.array_equal(truth.data.labels, [0, 0, 1, 1])
    # By name 10 comes before 9.
    assert [int(mask.sum()) for mask in truth.masks] == [4000, 4000, 4000, 1000]
    assert truth.data.images[3, 0, 0, 0] == 49
    assert not truth.ignored.any()


def test_busi_holds_out_the_last_of_each_class(tmp_path):
    data = load_dataset("busi", "train", busi(tmp_path, ALL))
    assert data.held_out.tolist() == [False, True] * 3
    assert (data.info.classes, data.info.licence) == (("benign", "malignant", "normal"), "CC BY 4.0")


@pytest.mark.parametrize(
    ("masks", "said"),
    [
        ({}, "busi256.zip holds no masks of its test pictures: "),
        (ALL | {"benign/benign-9": lesion(128)}, r"the mask of benign-9.png is \(128, 128\), and the picture \(256"),
        (ALL | {"benign/benign-9": b"no picture"}, r"the masks in busi256.zip cannot be read: "),
        ({name: png(256) for name in ALL}, "nothing is known of where the objects of BUSI, breast ultrasound lie"),
    ],
)
def test_masks_that_do_not_fit_end_in_one_sentence(tmp_path, masks, said):
    with pytest.raises(DatasetError, match=said) as raised:
        load_truth("busi", busi(tmp_path, masks))
    assert "\n" not in str(raised.value)


def aerial(root, pictures, size=128):
    for name, count in (("airplane", 3), ("beach", 2)):
        for split, first in (("train", 0), ("test", 80)):
            folder = root / "ucmerced128" / split / name
            folder.mkdir(parents=True, exist_ok=True)
            for number in range(first, first + count):
                Image.new("RGB", (128, 128), (number, 0, 0)).save(folder / f"{name}{number:02}.png")
    if pictures is not None:
        (root / "ucmerced_boxes.json").write_text(json.dumps({"image_size": size, "pictures": pictures}))
    return root


def test_boxes_lie_on_their_own_pictures_and_unsure_ones_are_ignored(tmp_path):
    pictures = {
        "airplane/airplane82.jpg": {
            "boxes": [[0, 0, 10.5, 10], [60, 0, 70, 10]],
            "unsure": [1],
            "left_out": [[5, 5, 20, 10]],
        },
        "airplane/airplane80.jpg": {"boxes": [[0, 0, 128, 64]]},
        "airplane/airplane81.jpg": {"boxes": [[0, 0, 5, 5]], "unsure": [0]},  # nothing is left
    }
    truth = load_truth("ucmerced", aerial(tmp_path, pictures))
    assert truth.data.images[:, 0, 0, 0].tolist() == [82, 80]
    assert truth.masks[0].sum() == 100  # a pixel belongs to a box where its centre does: 10.5 is not beyond it
    assert truth.ignored[0].sum() == 100 + 15 * 5 - 5 * 5
    assert not (truth.ignored & truth.masks).any()
    assert truth.masks[1].mean() == 0.5


@pytest.mark.parametrize(
    ("pictures", "size", "error", "said"),
    [
        (None, 128, MissingDataError, r"the boxes of UC Merced Land Use are not in the data folder .*_boxes.json$"),
        ({}, 256, DatasetError, "its boxes are for pictures of 256 pixels, not 128"),
        ({}, 128, DatasetError, "nothing is known of where the objects of UC Merced Land Use lie"),
        ({"airplane/airplane99.jpg": {"boxes": []}}, 128, DatasetError, "ucmerced_boxes.json cannot be read: "),
        ({"zeppelin/zeppelin80.jpg": {"boxes": []}}, 128, DatasetError, "ucmerced_boxes.json cannot be read: "),
    ],
)
def test_boxes_that_do_not_fit_end_in_one_sentence(tmp_path, pictures, size, error, said):
    with pytest.raises(error, match=said):
        load_truth("ucmerced", aerial(tmp_path, pictures, size))


def test_of_other_data_nothing_is_known(tmp_path):
    with pytest.raises(
        DatasetError, match=r"it is not known where the objects of mednist lie; known are ucmerced, busi"
    ):
        load_truth("mednist", tmp_path)
