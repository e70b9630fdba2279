"""Real files from elsewhere, in the data folder that `GAM_VIZ_DATA` names (not part of the repository)."""

import io
import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gam_viz.images import Picture, PictureError, Rendering, decode, open_source, render

# What the manifest's own reading says holds no pixels, or not all of them.
NO_PICTURE = {"MR_truncated.dcm": "truncated", "rtplan.dcm": "no_pixel_data"}


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


@pytest.mark.parametrize("group", ["dicom", "geotiff", "exif", "pillow_ok", "ucmerced_original"])
def test_valid_files_are_shown(group: str) -> None:
    for name, data in given_files(group):
        if name in NO_PICTURE:
            continue
        picture = decode(data, name)
        assert picture.pixels.shape[:2] == (picture.height, picture.width)
        # Something is seen, but for a raster without data, a frame of one colour, and a page of one colour.
        if name not in ("all-nodata.tif", "mode_16bit.png", "multipage.tiff"):
            assert picture.pixels.std() > 5, name


def test_files_without_a_whole_picture_are_refused_with_their_reason() -> None:
    for name, data in given_files("dicom"):
        if name in NO_PICTURE:
            with pytest.raises(PictureError) as caught:
                decode(data, name)
            assert caught.value.code == NO_PICTURE[name]


def test_rotated_photographs_stand_upright():
    for name, data in given_files("exif"):
        picture = decode(data, name)
        assert (picture.width > picture.height) == name.startswith("Landscape"), name
        assert ("exif_rotated" in [note.code for note in picture.notes]) == (not name.endswith("_1.jpg")), name


def test_hostile_files_are_refused_in_one_sentence_or_are_harmless():
    refused = 0
    for name, data in given_files("hostile"):
        result = outcome(data, name)
        if isinstance(result, PictureError):
            refused += 1
            assert str(result).endswith("."), name
            assert ". " not in str(result), name
        else:  # a sound picture with a damaged label, such as an EXIF block that divides by zero
            assert result.notes == (), name
    assert refused >= 3


def test_a_window_changes_what_is_seen() -> None:
    data = dict(given_files("dicom"))["CT_small.dcm"]
    source = open_source(data, "CT_small.dcm")
    pictures = [render(source, Rendering(window=name)) for name in ("lung", "bone", "brain", "abdomen", "minmax")]
    assert len({picture.pixels.tobytes() for picture in pictures}) == 5
    assert len({picture.key for picture in pictures}) == 5


def test_satellite_colours_are_the_decoder_s_of_every_other_program() -> None:
    data = dict(given_files("geotiff"))["RGB.byte.tif"]
    theirs = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    np.testing.assert_array_equal(decode(data, "RGB.byte.tif").pixels, theirs)


def outcome(data: bytes, name: str) -> Picture | PictureError:
    try:
        return decode(data, name)
    except PictureError as error:
        return error
