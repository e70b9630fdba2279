"""The limits, and the sentences that say them."""

import pickle
import re
from pathlib import Path

import pytest

import gam_viz.images
from gam_viz.images import LIMITS, Limits, Note, PictureError
from gam_viz.images.formats.registry import format_of_suffix
from gam_viz.text import words

MB = 1024 * 1024
SOURCES = [path.read_text(encoding="utf-8") for path in Path(gam_viz.images.__path__[0]).rglob("*.py")]


def test_the_limits_are_the_ones_promised():
    assert (LIMITS.pixels, LIMITS.side) == (40_000_000, 10_000)
    assert (LIMITS.frames, LIMITS.bands) == (64, 32)
    assert (LIMITS.file_bytes, LIMITS.files, LIMITS.session_bytes) == (25 * MB, 20, 200 * MB)


@pytest.mark.parametrize(
    ("check", "code"),
    [
        (lambda: LIMITS.check_file_size(25 * MB + 1), "too_many_bytes"),
        (lambda: LIMITS.check_batch([1] * 21), "too_many_files"),
        (lambda: LIMITS.check_batch([1], files_before=20), "too_many_files"),
        (lambda: LIMITS.check_batch([25 * MB] * 9), "session_full"),
        (lambda: LIMITS.check_batch([1], bytes_before=200 * MB), "session_full"),
        (lambda: LIMITS.check_dimensions(0, 5), "no_pixels"),
        (lambda: LIMITS.check_dimensions(10_001, 1), "side_too_long"),
        (lambda: LIMITS.check_dimensions(8_000, 5_001), "too_many_pixels"),
        (lambda: LIMITS.check_dimensions(8_000, 5_000, 30_000_000), "too_many_pixels"),
        (lambda: Limits(pixels=4).check_dimensions(5, 1), "too_many_pixels"),
    ],
)
def test_one_past_the_limit_is_refused_in_one_sentence(check, code):
    with pytest.raises(PictureError) as caught:
        check()
    assert caught.value.code == code
    assert_one_sentence(str(caught.value))


def test_the_limits_themselves_are_accepted():
    LIMITS.check_file_size(1)
    LIMITS.check_file_size(25 * MB)
    LIMITS.check_batch([10 * MB] * 20)
    LIMITS.check_dimensions(1, 1)
    LIMITS.check_dimensions(8_000, 5_000)
    LIMITS.check_dimensions(6_000, 5_000, 30_000_000)
    LIMITS.check_dimensions(1, 10_000)


def test_an_error_keeps_code_and_details_between_processes():
    error = PictureError("truncated", format="PNG")
    copy = pickle.loads(pickle.dumps(error))
    assert (copy.code, copy.details, str(copy)) == (error.code, error.details, str(error))


def family(prefix: str) -> set[str]:
    return {key.removeprefix(prefix) for key in words("en").sentences if key.startswith(prefix)}


def test_every_code_in_the_source_has_a_text_and_every_text_is_used():
    source = "\n".join(SOURCES)
    raised = set(re.findall(r'PictureError\(\s*"(\w+)"', source)) | {"truncated", "damaged"}
    assert raised == family("errors.picture.")
    noted = set(re.findall(r'Note\(\s*"(\w+)"', source))
    noted |= set(re.findall(r'"(\w+_(?:expanded|converted)|bands_given\w*)"', source))
    assert noted == family("rendering.note.")
    assert set(re.findall(r'parts="([^"]+)"', source)) == family("errors.picture_parts.")


def test_notes_are_sentences():
    assert str(Note("exif_rotated", {"orientation": 6})) == "The camera's orientation mark (EXIF 6) was applied."
    for code in family("rendering.note."):
        assert words("en").sentences[f"rendering.note.{code}"].endswith(".")


def test_usual_suffixes_are_known():
    usual = "png jpg jpeg webp bmp tif tiff gif avif jp2 j2k jpf jpx pbm pgm ppm pnm dcm dicom"
    assert all(format_of_suffix("a." + suffix)[1] for suffix in usual.split())
    assert format_of_suffix("README") == ("", None)


def assert_one_sentence(text: str) -> None:
    assert text[0].isupper() or text[0].isdigit(), text
    assert text.endswith("."), text
    assert "\n" not in text
    assert ". " not in text, text
    assert len(text) < 220, text
