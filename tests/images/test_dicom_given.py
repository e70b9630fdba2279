"""The files that ship with pydicom, of many makers and every encoding, against pydicom's own way to read them."""

import warnings
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.pixels import apply_color_lut, apply_modality_lut, apply_windowing

from gam_viz.images import PictureError, Rendering, open_source, render

FOLDER = Path(pydicom.__file__).parent / "data" / "test_files"
FILES = sorted(FOLDER.glob("*.dcm"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_read_like_pydicom_or_refused_like_it(path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data = pydicom.dcmread(path, force=True)
        values = theirs(data)
    if values is None and path.stem != "badVR":  # it has a damaged number among those that are never looked at
        with pytest.raises(PictureError):
            render(open_source(path.read_bytes(), path.name))
        return
    source = open_source(path.read_bytes(), path.name)
    picture = render(source)
    if values is None:
        return
    frames = int(data.get("NumberOfFrames", 1))
    assert source.frames == min(frames, 64)
    first = values[0] if frames > 1 else values
    if source.windows:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            units = apply_modality_lut(first, data).astype(float)
            compare_window(units, data, picture.rendering, picture.pixels[..., 0])
    elif "PALETTE" in data.PhotometricInterpretation:
        np.testing.assert_array_equal(picture.pixels, apply_color_lut(first, data) >> 8)
    else:
        bits = data.BitsStored
        expected = first if bits == 8 else first / (2.0**bits - 1) * 255
        assert np.abs(picture.pixels - expected.astype(float)).max() <= (0 if bits == 8 else 0.51)
    if frames > 1:
        last = render(source, Rendering(frame=source.frames - 1))
        assert last.key != picture.key


def theirs(data: pydicom.Dataset) -> np.ndarray | None:
    try:
        return data.pixel_array
    except (AttributeError, ValueError, RuntimeError, NotImplementedError):
        return None


def compare_window(units: np.ndarray, data: pydicom.Dataset, rendering: str, shown: np.ndarray) -> None:
    if rendering == "wfile.0":
        windowed = apply_windowing(units, data)
        share = (windowed - windowed.min()) / (windowed.max() - windowed.min())
        # Theirs does not say what is black; where both ends of the window occur, it is its smallest value.
        if shown.min() == 0 and shown.max() == 255:
            assert np.abs(shown - share * 255).max() <= 0.51
        return
    assert rendering == "wminmax"
    fill = data.get("PixelPaddingValue")
    if fill is None and units.min() < units.max():
        assert np.abs(shown - (units - units.min()) / (units.max() - units.min()) * 255).max() <= 0.51
