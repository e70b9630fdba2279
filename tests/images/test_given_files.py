"""Real files from elsewhere, in the data folder that `GAM_VIZ_DATA` names (not part of the repository)."""

import json
import os
import time
from pathlib import Path

import pytest

from gam_viz.images import Picture, PictureError, decode

FORMATS = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".gif")


def given_files(group: str) -> list[tuple[str, bytes]]:
    root = os.environ.get("GAM_VIZ_DATA")
    if not root:
        pytest.skip("GAM_VIZ_DATA is not set: no sample files from elsewhere to read")
    folder = Path(root) / "samples"
    manifest = folder / "MANIFEST.json"
    if not manifest.is_file():
        pytest.skip("the folder that GAM_VIZ_DATA names has no samples/MANIFEST.json")
    entries = json.loads(manifest.read_text(encoding="utf-8"))
    files = [folder / entry["file"] for entry in entries if entry["group"] == group]
    assert files, f"no sample of the group {group}"
    return [(path.name, path.read_bytes()) for path in files]


def test_odd_but_valid_files_are_shown():
    shown = 0
    for name, data in given_files("pillow_ok"):
        if name.lower().endswith(FORMATS):
            picture = decode(data, name)
            assert picture.pixels.shape[:2] == (picture.height, picture.width)
            shown += 1
        else:
            with pytest.raises(PictureError, match="accepted are PNG, JPEG"):
                decode(data, name)
    assert shown >= 8


def test_rotated_photographs_stand_upright():
    for name, data in given_files("exif"):
        picture = decode(data, name)
        assert (picture.width > picture.height) == name.startswith("Landscape"), name
        assert ("exif_rotated" in [note.code for note in picture.notes]) == (not name.endswith("_1.jpg")), name


def test_hostile_files_are_refused_in_one_sentence_or_are_harmless():
    refused = 0
    for name, data in given_files("hostile"):
        start = time.perf_counter()
        result = outcome(data, name)
        assert time.perf_counter() - start < 5, name
        if isinstance(result, PictureError):
            refused += 1
            assert str(result).endswith("."), name
            assert ". " not in str(result), name
        else:  # a sound picture with a damaged label, such as an EXIF block that divides by zero
            assert result.notes == (), name
    assert refused >= 3


def test_every_other_file_ends_in_a_picture_or_a_sentence():
    for group in ("dicom", "geotiff", "ucmerced_original"):
        for name, data in given_files(group):
            result = outcome(data, name)
            assert isinstance(result, Picture) or str(result).endswith("."), name


def outcome(data: bytes, name: str) -> Picture | PictureError:
    try:
        return decode(data, name)
    except PictureError as error:
        return error
