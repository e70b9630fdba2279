"""A format is one entry of the registry: it is recognised, named, limited and read by that alone."""

from pathlib import Path

import numpy as np
import pytest

from gam_viz.images import Limits, PictureError, Rendering, decode, first_look, measured_range, open_source, render
from gam_viz.images.formats.registry import FORMATS, accepted_names, format_of_suffix, recognise
from tests.images.toy_format import TOY, toy

GREY = np.arange(80 * 90).reshape(80, 90) % 251
DOCS = Path(__file__).resolve().parents[2] / "docs" / "pictures.md"


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FORMATS, "Toy", TOY)


def test_a_format_that_is_not_registered_is_no_picture() -> None:
    assert code(toy(GREY)) == "format_refused"  # it begins like a PNM that is not read
    assert format_of_suffix("a.toy") == ("toy", None)


@pytest.mark.usefixtures("registered")
def test_a_registered_format_is_read_like_any_other() -> None:
    source = open_source(toy(GREY), "folder/a.toy")
    assert (source.format, source.name, source.size, source.frames, source.notes) == ("Toy", "a.toy", (90, 80), 1, ())
    picture = render(source)
    np.testing.assert_array_equal(picture.pixels, np.repeat(GREY[..., None], 3, axis=2))
    assert (picture.format, picture.mode, picture.original_size) == ("Toy", "L", (90, 80))
    assert picture.key == picture.sha256 == source.sha256
    assert first_look(source) == Rendering()
    assert accepted_names().endswith("NIfTI, DICOM and Toy")


@pytest.mark.usefixtures("registered")
def test_its_name_its_limits_and_what_it_lacks_are_said() -> None:
    assert [note.code for note in decode(toy(GREY), "a.png").notes] == ["name_differs_from_format"]
    assert code(toy(np.zeros((100, 100)))) == ""
    assert code(toy(np.zeros((100, 101)))) == "too_many_pixels"
    assert code(toy(GREY), Limits(pixels=7_199)) == "too_many_pixels"
    assert code(toy(GREY)[:-1]) == "truncated"
    source = open_source(toy(GREY), "a.toy")
    for rendering in (Rendering(window="minmax"), Rendering(stretch=(1, 99)), Rendering(bands=(1, 1, 1))):
        with pytest.raises(PictureError) as caught:
            render(source, rendering)
        assert caught.value.code == "not_adjustable"
    with pytest.raises(PictureError) as caught:
        measured_range(source)
    assert (caught.value.code, caught.value.details["name"]) == ("not_adjustable", "a.toy")


def test_a_dicom_file_dressed_up_as_another_is_a_dicom_file() -> None:
    for start in (b"BM", b"II*\0", b"\x89PNG\r\n\x1a\n", b"P5 "):
        assert recognise(start.ljust(128, b"\0") + b"DICM").name == "DICOM"


def test_the_guide_names_every_format() -> None:
    table = DOCS.read_text(encoding="utf-8").partition("## How much")[0].replace("JPEG 2000", "JPEG2000")
    assert [name for name in FORMATS if name not in table] == []


def code(data: bytes, limits: Limits | None = None) -> str:
    try:
        decode(data, "a", limits or Limits())
    except PictureError as error:
        return error.code
    return ""
