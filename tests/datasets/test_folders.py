"""Folders and zips of pictures sorted by class."""

import zipfile

import numpy as np
import pytest
from PIL import Image

from gam_viz.datasets import DatasetError, load_dataset
from gam_viz.datasets.folders import load_folder

RED, BLUE = (220, 30, 20), (20, 40, 230)


def save(picture, path, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.save(path, **options)


def paint(colour, size=(16, 16)):
    return Image.new("RGB", size, colour)


@pytest.fixture
def tree(tmp_path):
    root = tmp_path / "shapes"
    for split, count in (("train", 3), ("test", 1)):
        for number in range(count):
            save(paint(RED), root / split / "red" / f"{number}.png")
            save(paint(BLUE), root / split / "blue" / f"{number}.png")
    return root


def zipped(root, target, prefix=""):
    with zipfile.ZipFile(target, "w") as archive:
        for path in sorted(root.rglob("*")):
            if path.is_file():
                archive.write(path, prefix + path.relative_to(root).as_posix())
    return target


def test_classes_are_the_folders_in_order(tree):
    data = load_folder("train", tree, size=8)
    assert data.info.classes == ("blue", "red")
    assert data.images.shape == (6, 8, 8, 3)
    assert data.labels.tolist() == [0, 0, 0, 1, 1, 1]
    assert data.images[0, 4, 4].tolist() == list(BLUE)
    assert data.images[5, 4, 4].tolist() == list(RED)
    assert len(load_folder("test", tree)) == 2
    assert load_folder("test", tree).images.shape[1:] == (64, 64, 3)


def test_facts_for_the_card(tree):
    info = load_folder("train", tree, size=8).info
    colours = np.array([RED, BLUE]) / 255
    np.testing.assert_allclose(info.mean, colours.mean(axis=0), atol=1e-4)
    np.testing.assert_allclose(info.std, colours.std(axis=0), atol=1e-4)
    assert (info.name, info.title, info.size, info.licence) == ("shapes", "shapes", 8, "not stated")


def test_a_channel_without_variation_can_be_normalised(tmp_path):
    for name in ("a", "b"):
        save(paint((0, 128, 7)), tmp_path / "t" / "train" / name / "0.png")
    assert load_folder("train", tmp_path / "t").info.std == (1.0, 1.0, 1.0)


@pytest.mark.parametrize("prefix", ["", "shapes/", "other/", "train/", "test/"])
def test_a_zip_of_the_tree_gives_the_same(prefix, tree, tmp_path):
    archive = zipped(tree, tmp_path / "shapes.zip", prefix)
    for split in ("train", "test"):
        expected, data = load_folder(split, tree, size=8), load_folder(split, archive, size=8)
        assert np.array_equal(data.images, expected.images)
        assert np.array_equal(data.labels, expected.labels)
        assert data.info == expected.info


def test_a_class_may_be_called_like_a_split(tmp_path):
    root = tmp_path / "vehicles"
    for split in ("train", "test"):
        for name in ("train", "bus"):
            save(paint(RED), root / split / name / "0.png")
    for path in (root, zipped(root, tmp_path / "vehicles.zip", "vehicles/")):
        data = load_folder("train", path)
        assert data.info.classes == ("bus", "train")
        assert len(data) == 2


def test_what_is_no_picture_of_a_class_is_left_out(tree, tmp_path):
    (tree / "meta.json").write_text("{}")
    (tree / "train" / "red" / "notes.txt").write_text("no picture")
    (tree / "train" / "red" / "._0.png").write_text("what macOS leaves")
    save(paint(RED), tree / "train" / "loose.png")
    save(paint(RED), tree / "train" / ".hidden" / "0.png")
    save(paint(BLUE), tree / "train" / "blue" / "deeper" / "9.png")
    for path in (tree, zipped(tree, tmp_path / "shapes.zip", "shapes/")):
        data = load_folder("train", path)
        assert data.info.classes == ("blue", "red")
        assert np.bincount(data.labels).tolist() == [4, 3]  # the picture one folder deeper is blue


def test_macos_folders_in_a_zip_are_left_out(tree, tmp_path):
    archive = zipped(tree, tmp_path / "shapes.zip", "shapes/")
    with zipfile.ZipFile(archive, "a") as more:
        more.writestr("__MACOSX/shapes/train/red/._0.png", b"no picture")
    assert len(load_folder("train", archive)) == 6


def test_oblong_pictures_are_cropped_at_the_centre(tmp_path):
    wide = paint(RED, (60, 20))
    wide.paste(BLUE, (20, 0, 40, 20))
    tall = wide.transpose(Image.Transpose.ROTATE_90)
    save(wide, tmp_path / "train" / "wide" / "0.png")
    save(tall, tmp_path / "train" / "tall" / "0.png")
    images = load_folder("train", tmp_path, size=20).images
    assert (images == BLUE).all()


def test_exif_orientation_is_honoured(tmp_path):
    picture = paint(RED, (16, 16))
    picture.paste(BLUE, (0, 0, 16, 8))  # blue above
    turned = picture.transpose(Image.Transpose.ROTATE_90)  # as a camera held sideways stores it
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees clockwise
    save(turned, tmp_path / "train" / "a" / "0.jpg", exif=exif, quality=95)
    save(picture, tmp_path / "train" / "b" / "0.png")
    upright, expected = load_folder("train", tmp_path, size=16).images.astype(int)
    assert np.abs(upright[:6] - expected[:6]).max() < 30
    assert np.abs(upright[10:] - expected[10:]).max() < 30


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16"])
def test_every_kind_of_picture_becomes_rgb(mode, tmp_path):
    if mode == "I;16":
        picture = Image.fromarray(np.full((16, 16), 130 * 256 + 77, dtype=np.uint16))
    else:
        picture = paint((130, 130, 130)).convert(mode, palette=Image.Palette.ADAPTIVE)
    suffix = ".tif" if mode == "CMYK" else ".png"
    save(picture, tmp_path / "train" / "a" / f"0{suffix}")
    save(paint(RED), tmp_path / "train" / "b" / "0.png")
    grey = load_folder("train", tmp_path, size=16).images[0]
    assert grey.shape == (16, 16, 3)
    assert (grey == grey[:, :, :1]).all()
    assert abs(grey.mean() - 130) < (40 if mode == "1" else 2)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"text named .png", "cannot identify image file"),
        (b"", "cannot identify image file"),
        ("truncated", ""),
        ("32 bits", "32 bits and no known range"),
    ],
)
def test_an_unreadable_picture_is_named(content, sentence, tree, tmp_path):
    path = tree / "train" / "red" / "bad.png"
    if content == "truncated":
        noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
        save(Image.fromarray(noise), path)
        path.write_bytes(path.read_bytes()[:3000])
    elif content == "32 bits":
        save(Image.fromarray(np.ones((8, 8), dtype=np.float32)), path.with_suffix(".tif"))
    else:
        path.write_bytes(content)
    for where in (tree, zipped(tree, tmp_path / "shapes.zip")):
        named = rf"^train/red/bad\.(png|tif) cannot be read as a picture: .*{sentence}"
        with pytest.raises(DatasetError, match=named):
            load_folder("train", where)


def test_a_decompression_bomb_is_refused(tree, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(DatasetError, match=r"train/blue/0\.png cannot be read as a picture: .*decompression bomb"):
        load_folder("train", tree)


@pytest.mark.parametrize(("classes", "count"), [([], 0), (["red"], 1)])
def test_fewer_than_two_classes_are_refused(classes, count, tmp_path):
    (tmp_path / "t" / "train").mkdir(parents=True)
    for name in classes:
        save(paint(RED), tmp_path / "t" / "train" / name / "0.png")
    with pytest.raises(DatasetError, match=f"t/train holds pictures of {count} classes, and at least two are needed"):
        load_folder("train", tmp_path / "t")


def test_what_is_not_there_is_said(tree, tmp_path):
    with pytest.raises(DatasetError, match="no folder or zip of pictures named nowhere; expected <root>/train/<class>"):
        load_folder("train", tmp_path / "nowhere")
    (tmp_path / "text.zip").write_text("no zip")
    with pytest.raises(DatasetError, match=r"no folder or zip of pictures named text\.zip"):
        load_folder("train", tmp_path / "text.zip")
    with pytest.raises(DatasetError, match="8 pixels or more, got size 7"):
        load_folder("train", tree, size=7)


def test_a_damaged_zip_is_refused(tree, tmp_path):
    archive = zipped(tree, tmp_path / "shapes.zip")
    damaged = bytearray(archive.read_bytes())
    damaged[damaged.index(b"train/red/1.png") + 40] ^= 0xFF
    archive.write_bytes(bytes(damaged))
    with pytest.raises(DatasetError, match=r"train/red/1\.png cannot be read as a picture: Bad CRC"):
        load_folder("train", archive)


def test_by_the_registry_under_the_name_it_was_asked_for(tree):
    data = load_dataset("folder:shapes", "train", tree.parent, size=8)
    assert (data.info.name, data.info.title, data.info.size) == ("folder:shapes", "shapes", 8)
