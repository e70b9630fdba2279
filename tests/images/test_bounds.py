"""Every bound from both sides, and the arithmetic of pixels with the numbers written out."""

import numpy as np
import pytest

from gam_viz.images import Limits, PictureError, Rendering, decode
from gam_viz.images.formats.dicom.display import window_to_grey
from gam_viz.images.formats.registry import FORMATS
from gam_viz.images.formats.to_rgb import upright
from tests.images.dicom_files import dicom
from tests.images.test_hostile import COLOURS, bmp, chunk, encoded, gif, png

DATA = {
    name: encoded(COLOURS, "PPM" if name == "PNM" else name)
    for name in FORMATS
    if name not in ("NumPy", "NIfTI", "DICOM")
}
DATA["DICOM"] = dicom(COLOURS, SamplesPerPixel=3)
PROGRESSIVE = encoded(COLOURS, "JPEG", progressive=True)
RUNS = bmp(32, 24, compression=1, body=b"\x20\x05\0\0" * 24)


def code(data: bytes, **limits: int) -> str:
    try:
        decode(data, "a", Limits(**limits))
    except PictureError as error:
        return error.code
    return "shown"


@pytest.mark.parametrize("name", DATA)
def test_pixels_sides_and_bytes_of_every_format(name: str) -> None:
    size = len(DATA[name])
    whole = {"tile_bytes": 100}  # of a TIFF in smaller parts, a larger picture would be read reduced
    assert [code(DATA[name], pixels=most, **whole) for most in (768, 767)] == ["shown", "too_many_pixels"]
    assert [code(DATA[name], side=most, **whole) for most in (32, 31)] == ["shown", "side_too_long"]
    assert [code(DATA[name], file_bytes=most) for most in (size, size - 1)] == ["shown", "too_many_bytes"]


@pytest.mark.parametrize(
    ("data", "limit", "most", "refused"),
    [
        (png(3, 1, before=chunk(b"teSt") * 2), "chunks", 5, "too_complex"),  # and IHDR, IDAT, IEND
        (gif(5, 5, before=b"!\xfe" + b"\x01a" * 7 + b"\0"), "chunks", 2, "too_complex"),  # four blocks count as one
        (DATA["WebP"], "chunks", 1, "too_complex"),
        (RUNS, "rle_bytes", len(RUNS), "too_complex"),
        (PROGRESSIVE, "scan_pixels", 768 * PROGRESSIVE.count(b"\xff\xda"), "too_complex"),
        (DATA["JPEG2000"], "jpeg2000_samples", 3 * 768, "too_many_pixels"),
    ],
    ids=["png", "gif", "webp", "bmp", "jpeg", "jpeg2000"],
)
def test_parts_of_files(data: bytes, limit: str, most: int, refused: str) -> None:
    assert code(data, **{limit: most - 1}) == refused
    assert code(data, **{limit: most}) != refused


def test_more_segments_need_a_higher_limit_one_by_one() -> None:
    longer = DATA["JPEG"].replace(b"\xff\xd8", b"\xff\xd8" + b"\xff\xe5\0\2" * 3, 1)
    least = [next(n for n in range(99) if code(data, jpeg_segments=n) == "shown") for data in (DATA["JPEG"], longer)]
    before = DATA["JPEG"][: DATA["JPEG"].index(b"\xff\xda") + 2]
    kinds = (0xE0, 0xDB, 0xC0, 0xC4, 0xDA)
    assert least[0] == sum(before.count(bytes((0xFF, kind))) for kind in kinds)
    assert least[1] == least[0] + 3


def test_orientations_written_out() -> None:
    stored = np.array([[1, 2, 3], [4, 5, 6]], np.uint8)
    turned = {
        1: [[1, 2, 3], [4, 5, 6]],
        2: [[3, 2, 1], [6, 5, 4]],
        3: [[6, 5, 4], [3, 2, 1]],
        4: [[4, 5, 6], [1, 2, 3]],
        5: [[1, 4], [2, 5], [3, 6]],
        6: [[4, 1], [5, 2], [6, 3]],
        7: [[6, 3], [5, 2], [4, 1]],
        8: [[3, 6], [2, 5], [1, 4]],
    }
    for orientation, expected in turned.items():
        np.testing.assert_array_equal(upright(stored[..., None], orientation)[..., 0], expected, str(orientation))


def test_opacity_over_white_is_rounded_to_the_nearest() -> None:
    rgba = np.array([[[0, 100, 255, alpha] for alpha in (0, 1, 127, 128, 254, 255)]], np.uint8)
    pixels = decode(encoded(rgba, "PNG"), "a.png").pixels[0]
    np.testing.assert_array_equal(pixels[:, 0], [255, 254, 128, 127, 1, 0])
    np.testing.assert_array_equal(pixels[:, 1], [255, 254, 178, 177, 101, 100])
    np.testing.assert_array_equal(pixels[:, 2], [255] * 6)


def test_deep_grey_is_rounded_to_the_nearest() -> None:
    values = np.array([[1000, 1001, 1002, 1003, 1510]], np.uint16)  # two values to a step of grey
    np.testing.assert_array_equal(decode(encoded(values, "PNG"), "a.png").pixels[0, :, 1], [0, 1, 1, 2, 255])
    for value, grey in ((0, 0), (128, 0), (129, 1), (32_767, 127), (32_768, 128), (65_535, 255)):
        flat = encoded(np.full((2, 2), value, np.uint16), "PNG")
        assert decode(flat, "a.png").pixels[0, 0, 0] == grey, value


def test_windows_by_the_standard_s_formulas() -> None:
    values = np.array([[-161, -160, -159, 39, 40, 238, 239, 240]])
    # PS3.3, C.11.2.1.2.1: ((x - (c - 0.5)) / (w - 1) + 0.5) * 255
    np.testing.assert_array_equal(window_to_grey(values, 40, 400)[0], [0, 0, 1, 127, 128, 254, 255, 255])
    # C.11.2.1.3.2: ((x - c) / w + 0.5) * 255
    exact = window_to_grey(np.array([[-160, -159, 40, 239, 240]]), 40, 400, "LINEAR_EXACT")
    np.testing.assert_array_equal(exact[0], [0, 1, 128, 254, 255])
    # C.11.2.1.3.1: 255 / (1 + exp(-4 (x - c) / w))
    sigmoid = window_to_grey(np.array([[-360, -60, 40, 140, 440]]), 40, 400, "SIGMOID")
    np.testing.assert_array_equal(sigmoid[0], [5, 69, 128, 186, 250])


def test_a_window_of_ones_own_on_deep_grey() -> None:
    values = np.array([[999, 1000, 1001, 1500, 2000, 2001]], np.uint16)
    picture = decode(encoded(values, "PNG"), "a.png", rendering=Rendering(window=(1500, 1000)))
    np.testing.assert_array_equal(picture.pixels[0, :, 0], [0, 0, 0, 128, 255, 255])
