"""AVIF, JPEG 2000 and PNM; frames of animations and pages; deep grey looked at in other ways."""

import io
import struct

import numpy as np
import pytest
from PIL import Image

from gam_viz.images import Limits, PictureError, Rendering, decode, measured_range, open_source, render
from gam_viz.images.formats.tiff.check import read_tiff
from tests.images.test_decode import CORNERS, GREY, STORED, codes, encoded, with_orientation


def test_avif() -> None:
    picture = decode(encoded(CORNERS, "AVIF", quality=95, subsampling="4:4:4"), "a.avif")
    assert np.abs(picture.pixels.astype(int) - CORNERS).max() < 30
    assert (picture.format, picture.original_size, codes(picture)) == ("AVIF", (24, 16), [])
    alpha = np.dstack([CORNERS, np.where(GREY < 128, 0, 255).astype(np.uint8)])
    picture = decode(encoded(alpha, "AVIF"), "a.avif")
    assert (picture.pixels[GREY < 128] > 250).all()
    assert codes(picture) == ["alpha_on_white"]


@pytest.mark.parametrize("orientation", range(2, 9))
def test_an_avif_turned_by_its_container_is_shown_as_a_browser_shows_it(orientation: int) -> None:
    """Pillow writes the orientation as the boxes `irot` and `imir`, and no EXIF block."""
    stored = STORED[orientation](CORNERS)
    data = with_orientation(stored, "AVIF", orientation)
    assert b"irot" in data or b"imir" in data
    assert b"Exif" not in data
    picture = decode(data, "a.avif")
    assert picture.pixels.shape == CORNERS.shape
    assert np.abs(picture.pixels.astype(int) - CORNERS).max() < 40
    assert codes(picture) == ["container_turned"]
    assert picture.original_size == (stored.shape[1], stored.shape[0])


def test_an_exif_block_alone_turns_no_avif() -> None:
    exif = Image.Exif()
    exif[0x010E] = "a"
    data = encoded(CORNERS, "AVIF", exif=exif)
    order = "<" if b"II*\0" in data else ">"
    described, turned = struct.pack(order + "HHI", 0x010E, 2, 2), struct.pack(order + "HHIHH", 0x0112, 3, 1, 6, 0)
    at = data.index(described)
    data = data[:at] + turned + data[at + 12 :]
    picture = decode(data, "a.avif")
    assert (picture.pixels.shape, codes(picture)) == (CORNERS.shape, [])


@pytest.mark.parametrize("suffix", ["jp2", "j2k"])
def test_jpeg_2000(suffix: str) -> None:
    out = io.BytesIO()
    Image.fromarray(CORNERS).save(out, "JPEG2000", no_jp2=suffix == "j2k", irreversible=False)
    picture = decode(out.getvalue(), f"a.{suffix}")
    np.testing.assert_array_equal(picture.pixels, CORNERS)
    assert (picture.format, picture.original_size, codes(picture)) == ("JPEG2000", (24, 16), [])


def test_sixteen_bit_jpeg_2000() -> None:
    values = np.linspace(1000, 5095, 16 * 24).astype(np.uint16).reshape(16, 24)
    picture = decode(encoded(values, "JPEG2000"), "a.jp2")
    assert np.abs(picture.pixels[..., 0] - (values - 1000.0) / 4095 * 255).max() <= 0.51
    assert codes(picture) == ["grey_expanded", "sixteen_bit_scaled"]


def test_pnm() -> None:
    head = b"P6\n# by hand\n24 16\n255\n"
    np.testing.assert_array_equal(decode(head + CORNERS.tobytes(), "a.ppm").pixels, CORNERS)
    np.testing.assert_array_equal(decode(b"P5 24 16 255\n" + GREY.tobytes(), "a.pgm").pixels[..., 1], GREY)
    bits = GREY > 100
    packed = np.packbits(~bits, axis=1).tobytes()  # 1 is black
    np.testing.assert_array_equal(decode(b"P4\n24 16\n" + packed, "a.pbm").pixels[..., 2], np.where(bits, 255, 0))
    deep = (GREY.astype(np.uint16) * 200).astype(">u2").tobytes()
    picture = decode(b"P5\n24 16\n65535\n" + deep, "a.pgm")
    np.testing.assert_array_equal(picture.pixels[..., 0], GREY)
    assert codes(picture) == ["grey_expanded", "sixteen_bit_scaled"]
    for data, code in (
        (b"P5\n24 16\n0\n" + deep, "damaged"),
        (b"P5\n24 16\n1000\n" + deep[:-2], "truncated"),
        (b"P5\n24 16\n1000\n" + deep[:-1], "truncated"),
        (b"P5\n24 16\n1000\n", "truncated"),
        (b"P2 2 2 255 1 2 3", "truncated"),
        (b"P2 2 2 255 1 2 3 x", "damaged"),
        (b"P2 2 2 255 1 2 999999999999999999999", "truncated"),
        (b"P2 2 2 255 1 2 3 -4", "damaged"),
        (b"P1 2 2 1012", "damaged"),
        (b"P3 60000 60000 255 1 2 3", "too_many_pixels"),
        (head + CORNERS.tobytes()[:-5], "truncated"),
        (b"P6 is a name of a road", "damaged"),
        (b"P6\n60000 60000\n255\n", "too_many_pixels"),
    ):
        with pytest.raises(PictureError) as caught:
            decode(data, "a.ppm")
        assert caught.value.code == code


@pytest.mark.parametrize("largest", [1, 7, 100, 255, 256, 1000, 4095, 65535])
@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("channels", [1, 3])
def test_pnm_of_any_largest_value(largest: int, plain: bool, channels: int) -> None:
    values = np.random.default_rng(0).integers(0, largest + 1, (5, 7, channels))
    values[0, :2] = [[0], [largest]]
    kind = {(1, True): b"P2", (3, True): b"P3", (1, False): b"P5", (3, False): b"P6"}[channels, plain]
    body = (
        " ".join(map(str, values.ravel())).encode()
        if plain
        else values.astype(">u2" if largest > 255 else "u1").tobytes()
    )
    picture = decode(kind + b" # a comment\n7 5\n%d\n" % largest + body, "a.pnm")
    expected = np.broadcast_to(values / largest * 255, (5, 7, 3))
    assert np.abs(picture.pixels - expected).max() <= 0.51
    if channels == 1:
        assert codes(picture) == ["grey_expanded", *(["sixteen_bit_scaled"] if largest > 255 else [])]


def test_a_plain_bitmap_needs_no_spaces() -> None:
    for body in (b"1 0 1\n0 1 0\n", b"101010", b"101# a comment\n010"):
        picture = decode(b"P1\n3 2\n" + body, "a.pbm")
        assert picture.pixels[..., 0].tolist() == [[0, 255, 0], [255, 0, 255]]


def test_the_one_transparent_value_of_a_deep_grey_png() -> None:
    values = np.arange(1000, 1000 + 16 * 24, dtype=np.uint16).reshape(16, 24)
    values[0, :5] = 60_000
    data = encoded(values, "PNG", transparency=60_000)
    picture = decode(data, "a.png")
    expected = np.rint((values - 1005.0) / 378 * 255)
    assert (picture.pixels[0, :5] == 255).all()
    assert np.abs(picture.pixels[..., 0] - expected)[values < 60_000].max() <= 1
    assert codes(picture) == ["grey_expanded", "sixteen_bit_scaled", "alpha_on_white"]
    assert measured_range(open_source(data, "a.png")) == (1005, 1383)
    windowed = decode(data, "a.png", rendering=Rendering(stretch=(0.5, 100)))
    assert (windowed.pixels[0, :5] == 255).all()
    assert windowed.notes[1].details["high"] == 1383


@pytest.mark.parametrize("brands", [b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"MiHE\0\0\0\0mif1heic"])
def test_heic_is_named_as_what_it_is(brands: bytes) -> None:
    own = brands[:4] + (brands[4:] or bytes(4))
    with pytest.raises(PictureError, match="content is HEIC") as caught:
        decode(struct.pack(">I", 8 + len(own)) + b"ftyp" + own + bytes(40), "photo.jpg")
    assert caught.value.code == "format_refused"


# ---- frames ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("format", ["GIF", "PNG", "WebP", "TIFF"])
def test_any_frame_can_be_chosen(format: str) -> None:
    shifts = (0, 5, 9, 12)
    frames = [Image.fromarray(np.roll(CORNERS, shift, axis=0)) for shift in shifts]
    options = {"lossless": True} if format == "WebP" else {}
    data = encoded(frames[0], format, save_all=True, append_images=frames[1:], **options)
    source = open_source(data, "a")
    assert source.frames == 4
    for index, shift in enumerate(shifts):
        picture = render(source, Rendering(frame=index))
        assert np.abs(picture.pixels.astype(int) - np.roll(CORNERS, shift, axis=0)).max() <= 2, index
        assert codes(picture)[0] == ("frame_shown" if index else "first_frame_only")
        assert picture.rendering == (f"f{index}" if index else "")
    with pytest.raises(PictureError, match="0 to 3") as caught:
        render(source, Rendering(frame=4))
    assert caught.value.code == "no_such_frame"


def test_an_avif_sequence() -> None:
    frames = [Image.fromarray(np.full((32, 32, 3), value, np.uint8)) for value in (10, 120, 240)]
    source = open_source(encoded(frames[0], "AVIF", save_all=True, append_images=frames[1:]), "a.avif")
    assert source.frames == 3
    assert [int(render(source, Rendering(frame=index)).pixels.mean()) // 40 for index in range(3)] == [0, 3, 6]


def test_a_png_whose_still_picture_is_not_in_its_animation() -> None:
    frames = [Image.fromarray(np.full((8, 8, 3), value, np.uint8)) for value in (10, 120, 240)]
    data = encoded(frames[0], "PNG", save_all=True, append_images=frames[1:], default_image=True)
    source = open_source(data, "a.png")
    assert source.frames == 3
    assert [int(render(source, Rendering(frame=index)).pixels[0, 0, 0]) for index in range(3)] == [10, 120, 240]


def test_pages_of_different_sizes_and_kinds() -> None:
    pages = [Image.fromarray(CORNERS), Image.fromarray(GREY.T.copy()), Image.fromarray(GREY.astype(np.uint16) * 9)]
    source = open_source(encoded(pages[0], "TIFF", save_all=True, append_images=pages[1:]), "a.tif")
    first, second, third = (render(source, Rendering(frame=index)) for index in range(3))
    np.testing.assert_array_equal(first.pixels, CORNERS)
    np.testing.assert_array_equal(second.pixels[..., 0], GREY.T)
    np.testing.assert_array_equal(third.pixels[..., 0], GREY)
    assert second.original_size == (16, 24)


def test_more_frames_than_can_be_chosen() -> None:
    frames = [Image.fromarray(np.full((2, 2), value * 3, np.uint8)) for value in range(70)]
    source = open_source(encoded(frames[0], "GIF", save_all=True, append_images=frames[1:]), "a.gif")
    assert source.frames == 64
    assert render(source).notes[0].code == "first_frame_only"


def test_a_frame_that_would_take_too_long() -> None:
    frames = [Image.fromarray(np.roll(CORNERS, shift, axis=0)) for shift in range(5)]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    source = open_source(data, "a.gif", Limits(animation_pixels=4 * 16 * 24))
    render(source, Rendering(frame=3))
    with pytest.raises(PictureError) as caught:
        render(source, Rendering(frame=4))
    assert caught.value.code == "too_long_an_animation"


# ---- deep grey -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("format", ["PNG", "TIFF"])
def test_deep_grey_by_window_and_by_percentiles(format: str) -> None:
    values = (np.random.default_rng(0).normal(3000, 500, (16, 24))).astype(np.uint16)
    source = open_source(encoded(values, format), "a")
    assert (source.kind, source.dtype, source.stretchable) == ("picture", "uint16", True)
    assert measured_range(source) == (values.min(), values.max())
    picture = render(source, Rendering(window=(3000, 1000)))
    expected = np.floor(np.clip((values - 2500.0) / 1000, 0, 1) * 255 + 0.5)
    np.testing.assert_array_equal(picture.pixels[..., 0], expected)
    black, white = np.percentile(values, [2, 98])
    expected = np.floor(np.clip((values - black) / (white - black), 0, 1) * 255 + 0.5)
    picture = render(source, Rendering(stretch=(2, 98)))
    np.testing.assert_array_equal(picture.pixels[..., 0], expected)
    assert picture.rendering == "s2_98"
    whole = render(source, Rendering(window="full"))
    np.testing.assert_array_equal(whole.pixels[..., 0], np.floor(values / 65535 * 255 + 0.5))
    # What is done anyway is no choice: it has the key that it always had.
    assert render(source, Rendering(stretch=(0, 100))).key == render(source).key == source.sha256


@pytest.mark.parametrize(
    "rendering",
    [
        Rendering(window="minmax"),
        Rendering(stretch=(2, 98)),
        Rendering(bands=(1, 2, 3)),
        Rendering(region=(0, 0, 1, 1)),
    ],
)
def test_a_photograph_has_nothing_to_adjust(rendering: Rendering) -> None:
    source = open_source(encoded(CORNERS, "PNG"), "a.png")
    assert (source.windows, source.bands, source.stretchable) == ((), (), False)
    with pytest.raises(PictureError) as caught:
        render(source, rendering)
    assert caught.value.code == "not_adjustable"
    assert caught.value.details["name"] == "a.png"


def test_decode_is_open_and_render() -> None:
    data = encoded([Image.fromarray(CORNERS), Image.fromarray(CORNERS[::-1].copy())][0], "PNG")
    one, other = decode(data, "a.png"), render(open_source(data, "a.png"))
    np.testing.assert_array_equal(one.pixels, other.pixels)
    assert (one.key, one.notes, one.mode) == (other.key, other.notes, other.mode)


def test_a_page_beyond_the_last_is_the_last() -> None:
    """What declares more pages than there are is still read: the check looks at the page that will be drawn."""
    file = io.BytesIO()
    Image.new("L", (4, 4), 10).save(file, "TIFF", save_all=True, append_images=[Image.new("L", (6, 6), 20)])
    assert read_tiff(file.getvalue(), Limits(), 9).size == read_tiff(file.getvalue(), Limits(), 1).size == (6, 6)
