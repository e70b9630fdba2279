"""Pictures that a program hands over."""

import numpy as np
import pytest
import torch
from PIL import Image

from gam_viz.images import PictureError
from gam_viz.images.given import given_pictures


@pytest.fixture
def folder(tmp_path):
    for name, colour in (("dog/b.png", 200), ("cat/a.png", 100), ("notes.txt", 0)):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        if path.suffix == ".txt":
            path.write_text("no picture", encoding="utf-8")
        else:
            Image.new("RGB", (5, 4), (colour, 0, 0)).save(path)
    return tmp_path


def test_a_folder_is_looked_through_and_names_its_classes(folder):
    pictures = given_pictures(folder)
    assert [pictures.name(n) for n in range(len(pictures))] == ["cat/a.png", "dog/b.png"]
    assert [pictures.item(n).label(("cat", "bird")) for n in range(2)] == ["cat", None]
    assert pictures.picture(1).pixels[0, 0].tolist() == [200, 0, 0]
    before = pictures.item(0).digest
    Image.new("RGB", (6, 4)).save(folder / "cat" / "a.png")
    assert pictures.item(0).digest != before


def test_a_file_that_is_no_picture_costs_only_itself(folder):
    (folder / "broken.png").write_bytes(b"no picture")
    pictures = given_pictures(folder)
    with pytest.raises(PictureError):
        pictures.picture(0)
    assert pictures.picture(1).width == 5


@pytest.mark.parametrize(
    "given",
    [
        Image.new("L", (5, 4), 128),
        np.full((4, 5), 128, np.uint8),
        np.full((4, 5, 1), 128, np.uint8),
        np.full((3, 4, 5), 128, np.uint8),
        torch.full((3, 4, 5), 128 / 255),
        torch.full((1, 4, 5), 128 / 255, requires_grad=True),
    ],
)
def test_pictures_in_memory(given):
    pictures = given_pictures([given])
    assert pictures.picture(0).pixels.shape == (4, 5, 3)
    assert (pictures.picture(0).pixels == 128).all()
    assert pictures.name(0) == "picture 0"
    assert pictures.item(0).source() is None


def test_a_data_set_is_read_when_it_is_looked_at():
    read = []

    class Data:
        def __len__(self):
            return 1000

        def __getitem__(self, index):
            read.append(index)
            return torch.full((3, 4, 5), index / 1000), index % 2

    pictures = given_pictures(Data())
    assert len(pictures) == 1000
    assert read == []
    assert pictures.item(3).label(("even", "odd")) == "odd"
    assert pictures.picture(500).pixels[0, 0].tolist() == [128] * 3
    assert read == [3, 500]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("no/such/folder", "no picture and no folder no/such/folder"),
        (["missing.png"], "no picture missing.png"),
        ([], "no picture was given"),
        (7, "got int"),
        (iter(()), "got tuple_iterator"),
    ],
)
def test_what_is_not_there_is_said(given, sentence):
    with pytest.raises(ValueError, match=sentence):
        given_pictures(given)


def test_an_empty_folder_is_said(tmp_path):
    with pytest.raises(ValueError, match="no picture of a kind that is read"):
        given_pictures(tmp_path)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (np.zeros((2, 3, 4, 5)), r"is no picture: \(H, W\), or .* got \(2, 3, 4, 5\)"),
        (torch.randn(3, 4, 5), "holds numbers from -.* 0..1 before normalisation"),
        (np.full((4, 5), np.nan), "holds numbers from nan to nan"),
    ],
)
def test_what_is_no_picture_is_said(given, sentence):
    with pytest.raises(ValueError, match=sentence):
        given_pictures([given]).picture(0)
