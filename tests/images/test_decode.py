"""Valid files of every accepted kind come out as the picture they hold, with what was done to them said."""

import hashlib
import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageOps

from gam_viz.images import PictureError, decode
from gam_viz.images.open_source import clean_name

# Four different corners, so that no flip or turn goes unnoticed.
CORNERS = np.zeros((16, 24, 3), np.uint8)
CORNERS[:8, :12] = (250, 30, 20)
CORNERS[:8, 12:] = (40, 200, 60)
CORNERS[8:, :12] = (20, 60, 220)
CORNERS[8:, 12:] = (240, 230, 90)
GREY = np.linspace(0, 255, 16 * 24).astype(np.uint8).reshape(16, 24)


def encoded(image, format: str, **options) -> bytes:
    image = image if isinstance(image, Image.Image) else Image.fromarray(image)
    out = io.BytesIO()
    image.save(out, format, **options)
    return out.getvalue()


def codes(picture) -> list[str]:
    return [note.code for note in picture.notes]


@pytest.mark.parametrize(
    ("format", "options"),
    [
        ("PNG", {}),
        ("BMP", {}),
        ("WebP", {"lossless": True}),
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("TIFF", {"compression": "tiff_adobe_deflate"}),
        ("TIFF", {"compression": "packbits"}),
        ("TIFF", {"big_tiff": True}),
    ],
)
def test_lossless_formats_give_the_same_pixels(format, options):
    data = encoded(CORNERS, format, **options)
    picture = decode(data, f"a.{format.lower()}")
    np.testing.assert_array_equal(picture.pixels, CORNERS)
    assert (picture.format, picture.mode, picture.original_size) == (format, "RGB", (24, 16))
    assert (picture.width, picture.height, picture.notes) == (24, 16, ())
    assert picture.sha256 == picture.key == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize(
    ("format", "options"),
    [("JPEG", {"quality": 95}), ("JPEG", {"progressive": True}), ("WebP", {"quality": 90}), ("GIF", {})],
)
def test_lossy_formats_give_nearly_the_same_pixels(format, options):
    picture = decode(encoded(CORNERS, format, **options), "a")
    assert np.abs(picture.pixels[2:6, 2:8].astype(int) - (250, 30, 20)).max() < 25
    assert np.abs(picture.pixels[10:14, 16:22].astype(int) - (240, 230, 90)).max() < 25


def test_pixels_cannot_be_changed():
    picture = decode(encoded(CORNERS, "PNG"), "a.png")
    with pytest.raises(ValueError, match="read-only"):
        picture.pixels[0, 0] = 0


@pytest.mark.parametrize(("width", "height"), [(1, 1), (1, 5000), (10_000, 1)])
def test_thin_pictures(width, height):
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    np.testing.assert_array_equal(decode(encoded(pixels, "PNG"), "a.png").pixels, pixels)


@pytest.mark.parametrize("format", ["PNG", "JPEG", "TIFF", "BMP", "WebP"])
def test_grey(format):
    picture = decode(encoded(GREY, format, **({"lossless": True} if format == "WebP" else {})), "a")
    assert np.abs(picture.pixels.astype(int) - GREY[..., None]).max() <= 3
    assert codes(picture) == (
        [] if format == "WebP" else ["palette_expanded"] if picture.mode == "P" else ["grey_expanded"]
    )


@pytest.mark.parametrize("format", ["PNG", "TIFF", "BMP", "GIF"])
def test_one_bit(format):
    bits = GREY > 100
    picture = decode(encoded(bits, format), "a")
    np.testing.assert_array_equal(picture.pixels, np.where(bits, 255, 0)[..., None].repeat(3, 2))


@pytest.mark.parametrize("format", ["PNG", "TIFF", "BMP", "GIF"])
def test_palette(format):
    picture = decode(encoded(Image.fromarray(CORNERS).quantize(4), format), "a")
    assert np.abs(picture.pixels.astype(int) - CORNERS).max() <= 2
    assert picture.mode == "P"
    assert codes(picture) == ["palette_expanded"]


@pytest.mark.parametrize("format", ["PNG", "GIF"])
def test_palette_with_a_transparent_colour(format):
    image = Image.fromarray(CORNERS).quantize(4)
    image.info["transparency"] = image.getpixel((0, 0))
    picture = decode(encoded(image, format), "a")
    assert (picture.pixels[:8, :12] == 255).all()
    assert np.abs(picture.pixels[8:].astype(int) - CORNERS[8:]).max() <= 2
    assert codes(picture) == ["palette_expanded", "alpha_on_white"]


def test_palette_with_alpha_of_its_own():
    image = Image.fromarray(CORNERS).quantize(4)
    alpha = bytes(0 if index == image.getpixel((0, 0)) else 255 for index in range(4))
    picture = decode(encoded(image, "PNG", transparency=alpha), "a.png")
    assert (picture.pixels[:8, :12] == 255).all()
    assert np.abs(picture.pixels[8:].astype(int) - CORNERS[8:]).max() <= 2


@pytest.mark.parametrize("format", ["PNG", "TIFF", "WebP"])
def test_alpha_is_laid_on_white(format):
    alpha = np.linspace(0, 255, 16 * 24).astype(np.uint8).reshape(16, 24)
    rgba = np.dstack([CORNERS, alpha])
    picture = decode(encoded(rgba, format, **({"lossless": True, "exact": True} if format == "WebP" else {})), "a")
    share = alpha[..., None] / 255
    expected = CORNERS * share + 255 * (1 - share)
    assert np.abs(picture.pixels - expected).max() <= 0.51
    assert codes(picture) == ["alpha_on_white"]
    assert picture.notes[0].details["percent"] == pytest.approx(100 * (alpha < 255).mean())


def test_an_alpha_channel_that_hides_nothing_is_not_worth_a_note():
    rgba = np.dstack([CORNERS, np.full((16, 24), 255, np.uint8)])
    picture = decode(encoded(rgba, "PNG"), "a.png")
    np.testing.assert_array_equal(picture.pixels, CORNERS)
    assert codes(picture) == []


@pytest.mark.parametrize("format", ["PNG", "TIFF"])
def test_grey_with_alpha(format):
    image = Image.fromarray(np.dstack([GREY, np.where(GREY < 128, 0, 255).astype(np.uint8)]), "LA")
    picture = decode(encoded(image, format), "a")
    np.testing.assert_array_equal(picture.pixels[..., 0], np.where(GREY < 128, 255, GREY))
    assert codes(picture) == ["grey_expanded", "alpha_on_white"]


def test_premultiplied_alpha_in_tiff():
    premultiplied = np.dstack([CORNERS // 2, np.full((16, 24), 128, np.uint8)])
    data = encoded(premultiplied, "TIFF")
    unassociated, associated = struct.pack("<HHIHH", 338, 3, 1, 2, 0), struct.pack("<HHIHH", 338, 3, 1, 1, 0)
    assert unassociated in data
    picture = decode(data.replace(unassociated, associated), "a.tif")
    assert np.abs(picture.pixels - (CORNERS / 2 + 127)).max() <= 2


@pytest.mark.parametrize("format", ["JPEG", "TIFF"])
def test_cmyk(format):
    picture = decode(encoded(Image.fromarray(CORNERS).convert("CMYK"), format), "a")
    assert np.abs(picture.pixels[2:6, 2:8].astype(int) - (250, 30, 20)).max() < 20
    assert picture.mode == "CMYK"
    assert codes(picture) == ["cmyk_converted"]


def test_lab_and_ycbcr_tiff():
    for mode, code in (("LAB", "lab_converted"), ("YCbCr", "ycbcr_converted")):
        picture = decode(encoded(Image.fromarray(CORNERS).convert(mode), "TIFF"), "a.tif")
        assert np.abs(picture.pixels.astype(int) - CORNERS).max() < 8
        assert codes(picture) == [code]


@pytest.mark.parametrize("format", ["PNG", "TIFF"])
def test_sixteen_bit_grey_is_scaled_by_the_values_that_occur(format):
    values = np.linspace(1000, 5095, 16 * 24).astype(np.uint16).reshape(16, 24)
    picture = decode(encoded(values, format), "a")
    expected = (values - 1000.0) / 4095 * 255
    assert np.abs(picture.pixels[..., 0] - expected).max() <= 0.51
    assert codes(picture) == ["grey_expanded", "sixteen_bit_scaled"]
    assert picture.notes[1].details == {"low": 1000, "high": 5095}
    assert "1000 (black) to 5095 (white)" in str(picture.notes[1])


def test_sixteen_bit_grey_big_endian_and_white_is_zero():
    values = np.arange(16 * 24, dtype=np.uint16).reshape(16, 24)
    for order, photometric in (("<", 1), (">", 1), ("<", 0)):
        picture = decode(sixteen_bit_tiff(values, order, photometric), "a.tif")
        expected = np.rint(values / 383 * 255)
        expected = expected if photometric else 255 - expected
        assert np.abs(picture.pixels[..., 0] - expected).max() <= 1, (order, photometric)


def test_sixteen_bit_grey_of_one_value_keeps_its_place():
    picture = decode(encoded(np.full((4, 4), 32768, np.uint16), "PNG"), "a.png")
    assert (picture.pixels == 128).all()


def test_sixteen_bit_colour_png_says_that_it_lost_bits():
    picture = decode(sixteen_bit_rgb_png(), "a.png")
    assert picture.pixels.tolist() == [[[255, 128, 0]]]
    assert codes(picture) == ["sixteen_bit_reduced"]


def test_pixel_kinds_that_would_look_wrong_are_refused_by_name():
    complex_numbers = (struct.pack("<HHII", 339, 3, 1, 3), struct.pack("<HHII", 339, 3, 1, 6))
    data = encoded(Image.fromarray(np.ones((4, 4), np.float32)), "TIFF")
    assert complex_numbers[0] in data
    with pytest.raises(PictureError, match="1 x 32-bit complex float") as caught:
        decode(data.replace(*complex_numbers), "a.tif")
    assert caught.value.code == "unsupported_mode"
    with pytest.raises(PictureError, match="WebP") as caught:
        decode(
            encoded(CORNERS, "TIFF").replace(
                struct.pack("<HHII", 259, 3, 1, 1), struct.pack("<HHII", 259, 3, 1, 50001)
            ),
            "a",
        )
    assert caught.value.code == "unsupported_compression"


@pytest.mark.parametrize("format", ["GIF", "PNG", "WebP", "TIFF"])
def test_of_several_frames_the_first_is_shown_and_that_is_said(format):
    frames = [Image.fromarray(np.roll(CORNERS, k, axis=0)) for k in (0, 5, 9)]
    options = {"lossless": True} if format == "WebP" else {}
    picture = decode(encoded(frames[0], format, save_all=True, append_images=frames[1:], **options), "a")
    assert np.abs(picture.pixels.astype(int) - CORNERS).max() <= 2
    assert codes(picture)[0] == "first_frame_only"


def test_a_name_is_only_a_name():
    picture = decode(encoded(CORNERS, "PNG"), "holiday.JPG")
    assert picture.format == "PNG"
    assert str(picture.notes[0]) == "The name ends in .jpg, but the content is PNG."
    assert decode(encoded(CORNERS, "PNG"), "no ending").notes == ()
    assert clean_name("C:\\photos\\a\nb.png") == "a b.png"
    assert clean_name("../../etc/passwd") == "passwd"
    assert clean_name("") == "picture"
    assert len(clean_name("x" * 500 + ".png")) == 120


# ---- EXIF orientation ------------------------------------------------------------------------------------------

STORED = {  # how the upright picture lies in the file for each orientation
    1: lambda a: a,
    2: np.fliplr,
    3: lambda a: np.rot90(a, 2),
    4: np.flipud,
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: np.rot90(a, 1),
    7: lambda a: np.rot90(a, 2).swapaxes(0, 1),
    8: lambda a: np.rot90(a, -1),
}


def with_orientation(pixels: np.ndarray, format: str, orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {
        "WebP": {"lossless": True},
        "JPEG": {"quality": 95, "subsampling": 0},
        "AVIF": {"quality": 95, "subsampling": "4:4:4"},
    }.get(format, {})
    return encoded(np.ascontiguousarray(pixels), format, exif=exif, **options)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WebP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_comes_out_upright(format, orientation):
    stored = STORED[orientation](CORNERS)
    data = with_orientation(stored, format, orientation)
    picture = decode(data, "a")
    assert picture.pixels.shape == CORNERS.shape
    assert np.abs(picture.pixels.astype(int) - CORNERS).max() < (40 if format == "JPEG" else 1)
    assert picture.original_size == (stored.shape[1], stored.shape[0])
    assert codes(picture) == ([] if orientation == 1 else ["exif_rotated"])
    # A second opinion that shares no code with ours.
    theirs = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB"))
    np.testing.assert_array_equal(picture.pixels, theirs)


@pytest.mark.parametrize(
    "exif", [b"", b"Exif\0\0", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0MM\0*" + b"\xff" * 60, b"II"]
)
def test_broken_exif_does_not_cost_the_picture(exif):
    data = encoded(CORNERS, "JPEG", quality=95)
    segment = b"\xff\xe1" + struct.pack(">H", 2 + len(exif)) + exif
    picture = decode(data[:2] + segment + data[2:], "a.jpg")
    np.testing.assert_array_equal(picture.pixels, decode(data, "a.jpg").pixels)


@pytest.mark.parametrize("value", [0, 9, 65535])
def test_an_orientation_that_does_not_exist_is_ignored(value):
    data = with_orientation(CORNERS, "PNG", 1)
    at = data.index(b"eXIf")
    (length,) = struct.unpack_from(">I", data, at - 4)
    exif = data[at + 4 : at + 4 + length].replace(
        struct.pack(">HHIHH", 0x0112, 3, 1, 1, 0), struct.pack(">HHIHH", 0x0112, 3, 1, value, 0)
    )
    exif = exif.replace(struct.pack("<HHIHH", 0x0112, 3, 1, 1, 0), struct.pack("<HHIHH", 0x0112, 3, 1, value, 0))
    data = data[: at - 4] + chunk(b"eXIf", exif) + data[at + 8 + length :]
    assert codes(decode(data, "a.png")) == []


# ---- files that Pillow does not write ----------------------------------------------------------------------------


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def sixteen_bit_rgb_png() -> bytes:
    header = struct.pack(">IIBBBBB", 1, 1, 16, 2, 0, 0, 0)
    row = b"\0" + struct.pack(">HHH", 65535, 32768, 255)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(row)) + chunk(b"IEND", b"")


def sixteen_bit_tiff(values: np.ndarray, order: str, photometric: int) -> bytes:
    height, width = values.shape
    tags = [(256, width), (257, height), (258, 16), (259, 1), (262, photometric), (277, 1), (278, height)]
    start = 8 + 2 + 12 * (len(tags) + 2) + 4
    entries = [struct.pack(order + "HHIHH", tag, 3, 1, value, 0) for tag, value in tags]
    entries.insert(5, struct.pack(order + "HHII", 273, 4, 1, start))
    entries.append(struct.pack(order + "HHII", 279, 4, 1, 2 * values.size))
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "IH", 8, len(entries))
    return head + b"".join(entries) + bytes(4) + values.astype(order + "u2").tobytes()
