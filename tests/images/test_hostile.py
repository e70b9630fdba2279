"""Whatever the bytes are: a picture, or a `PictureError` in one sentence, soon and in little memory."""

import io
import random
import struct
import zlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from gam_viz.images import LIMITS, Limits, Picture, PictureError, decode
from gam_viz.images.formats.registry import FORMATS

COLOURS = np.random.default_rng(0).integers(0, 256, (24, 32, 3), np.uint8)


def encoded(image, format: str, **options) -> bytes:
    image = image if isinstance(image, Image.Image) else Image.fromarray(image)
    out = io.BytesIO()
    image.save(out, format, **options)
    return out.getvalue()


def chunk(kind: bytes, content: bytes = b"") -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(width: int, height: int, *, before: bytes = b"", pixels: bytes = b"") -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + before + chunk(b"IDAT", pixels or zlib.compress(bytes(9))) + chunk(b"IEND")


def gif(width: int, height: int, *, before: bytes = b"", blocks: bytes = b"\x02\x4c\x01") -> bytes:
    screen = b"GIF89a" + struct.pack("<HHBBB", width, height, 0, 0, 0)
    return screen + before + b"," + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\x02" + blocks + b"\0;"


def bmp(width: int, height: int, *, compression: int = 0, body: bytes = b"") -> bytes:
    head = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 8, compression, len(body), 0, 0, 256, 0)
    return b"BM" + struct.pack("<IHHI", 54 + 1024 + len(body), 0, 0, 54 + 1024) + head + bytes(1024) + body


def webp(width: int, height: int) -> bytes:
    canvas = bytes(4) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBPVP8X" + struct.pack("<I", 10) + canvas + b"VP8L" + struct.pack("<I", 6) + b"\x2f" + bytes(5)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def tiff(*tags: tuple[int, int], body: bytes = b"", counts: dict[int, int] | None = None) -> bytes:
    entries = b"".join(struct.pack("<HHII", tag, 4, (counts or {}).get(tag, 1), value) for tag, value in tags)
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4) + body


def bigtiff_with_a_far_away_height() -> bytes:
    entries = struct.pack("<HHQQ", 256, 4, 1, 10) + struct.pack("<HHQQ", 257, 4, 3, 2**64 - 8)
    entries += struct.pack("<HHQQ", 273, 4, 1, 8)
    return b"II+\0\x08\0\0\0" + struct.pack("<QQ", 16, 3) + entries + bytes(8)


def jpeg_of_size(width: int, height: int) -> bytes:
    data = bytearray(encoded(COLOURS, "JPEG"))
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(data)


BOMBS = {
    "a.png": png(60_000, 60_000),
    "a.gif": gif(65_535, 65_535),
    "screen.gif": gif(1, 1)[:-15] + struct.pack("<HHHHB", 60_000, 60_000, 5_000, 5_000, 0) + b"\x02\x02\x4c\x01\0;",
    "a.bmp": bmp(100_000, 100_000),
    "top-down.bmp": bmp(100_000, -100_000),
    "a.webp": webp(16_000, 16_000),
    "a.tif": tiff((256, 90_000), (257, 90_000), (258, 8), (259, 5), (262, 1), (273, 8), (279, 10)),
    "a.jpg": jpeg_of_size(65_000, 65_000),
}


def refusal(data: bytes, name: str = "a", limits: Limits = LIMITS) -> PictureError:
    """The refusal, after checking that it is one sentence that names the file. `test_bombs` bounds time and memory."""
    with pytest.raises(PictureError) as caught:
        decode(data, name, limits)
    text = str(caught.value)
    assert text.endswith(".")
    assert ". " not in text
    assert "\n" not in text
    assert caught.value.details["name"]
    return caught.value


@pytest.mark.parametrize("name", BOMBS)
def test_decompression_bombs_are_refused_by_their_declared_size(name):
    assert len(BOMBS[name]) < 2000
    error = refusal(BOMBS[name], name)
    assert error.code in ("too_many_pixels", "side_too_long")
    assert error.__cause__ is None, "seen before Pillow got the file"


def test_a_bomb_of_44_bytes():
    bomb = gif(65_535, 65_535, blocks=b"\x02\x4c\x01" + bytes(15))
    assert len(bomb) == 44
    assert refusal(bomb, "bomb.gif").code == "too_many_pixels"


def test_a_picture_20000_pixels_wide():
    error = refusal(encoded(np.zeros((10, 20_000, 3), np.uint8), "PNG"), "wide.png")
    assert error.code == "side_too_long"
    assert "20000 x 10" in str(error)
    assert "10000" in str(error)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (bytes(LIMITS.file_bytes + 1), "too_many_bytes"),
        (b"Dear reader, this is a letter.", "not_an_image"),
        (b"\0", "not_an_image"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n", "format_refused"),
        (b"\xc5\xd0\xd3\xc6" + bytes(40), "format_refused"),
        (b"%PDF-1.7\n", "format_refused"),
        (b"<?xml version='1.0'?><svg/>", "format_refused"),
        (b"<VRTDataset rasterXSize='1'>", "format_refused"),
        (bytes(128) + b"DICM", "no_pixel_data"),
        (b"II*\0" + bytes(124) + b"DICM", "no_pixel_data"),
        (bytes(4) + b"ftypheic" + bytes(20), "format_refused"),
        (b"P7\nWIDTH 1\n", "format_refused"),
        (b"\xff\xd8\xff", "truncated"),
        (b"\x89PNG\r\n\x1a\n", "truncated"),
        (b"GIF89a", "truncated"),
        (b"BM", "truncated"),
        (b"II*\0", "truncated"),
        (b"RIFF\0\0\0\0WEBP", "truncated"),
        (gif(0, 0), "no_pixels"),
        (png(0, 5), "no_pixels"),
        (bmp(2, 2, compression=4), "unsupported_compression"),
        (png(3, 3, pixels=b"no deflate stream"), "damaged"),
        (tiff((256, 10), (257, 10)), "damaged"),
        (tiff((256, 10), (257, 10), (259, 4), (273, 8)), "unsupported_compression"),
        (b"II+\0\x08\0\0\0" + b"\xff" * 8, "truncated"),  # BigTIFF: the directory at 2**64 - 1
        (bigtiff_with_a_far_away_height(), "truncated"),
        (b"\x89PNG\r\n\x1a\n" + chunk(b"IDAT", bytes(40)), "damaged"),
    ],
    ids=lambda value: value if isinstance(value, str) else repr(value[:24]),
)
def test_what_is_no_picture_is_refused_with_its_reason(data, code):
    assert refusal(data, "photo.jpg").code == code


def test_eps_is_refused_under_any_name():
    for name in ("a.jpg", "a.png", "a.tif", "a.eps"):
        assert "EPS" in str(refusal(b"%!PS-Adobe-3.0 EPSF-3.0\n", name))


@pytest.mark.parametrize("format", [name for name in FORMATS if name not in ("NumPy", "NIfTI", "DICOM")])
@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_truncated_files(format, share):
    data = encoded(COLOURS, "PPM" if format == "PNM" else format)
    assert refusal(data[: int(len(data) * share)], "a").code in ("truncated", "damaged")


@pytest.mark.parametrize("format", ["PNG", "JPEG"])
def test_truncation_is_called_by_its_name(format):
    data = encoded(COLOURS, format)
    assert refusal(data[: len(data) // 2], "a").code == "truncated"


COUNTLESS = [
    (png(5, 5, before=chunk(b"teSt") * 70_000), "chunks"),
    (encoded(COLOURS, "JPEG").replace(b"\xff\xd8", b"\xff\xd8" + b"\xff\xe5\x00\x02" * 1_001, 1), "segments"),
    (gif(5, 5, before=b"!\xfe" + b"\x01a" * 300_000 + b"\0"), "blocks"),
    (gif(5, 5, blocks=b"\x01a" * 300_000), "blocks"),
    (bmp(100, 100, compression=1, body=b"\x01\x05" * 2_200_000), "run-length"),
    (tiff((256, 9), (257, 9), (258, 8), (259, 1), (273, 8), counts={273: 70_000}), "strips or tiles"),
    (tiff((256, 9), (257, 9), (258, 8), (259, 1), (273, 8), (320, 8), counts={320: 2**30}), "values in a tag"),
    (tiff((256, 9), (257, 9), (258, 8), (259, 8), (322, 40_000), (323, 16_000), (324, 8)), "bytes in a tile"),
]


@pytest.mark.parametrize(("data", "parts"), COUNTLESS, ids=[parts for _, parts in COUNTLESS])
def test_files_of_countless_parts_are_refused(data, parts):
    error = refusal(data)
    assert error.code == "too_complex"
    assert parts in str(error)


def test_a_progressive_jpeg_of_countless_scans():
    data = encoded(Image.new("L", (2_000, 2_000)), "JPEG", progressive=True)
    at = data.rindex(b"\xff\xda")
    scan, end = data[at:-2], data[-2:]
    assert decode(data[:-2] + scan * 20 + end, "a.jpg").pixels.max() <= 1
    assert refusal(data[:-2] + scan * 500 + end).details["parts"] == "scans"


def test_what_the_decoder_does_not_need_never_reaches_it():
    # Each of these would make Pillow fail or unfold; here they are left out, and the picture is shown.
    text = chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(50_000_000)))
    profile = chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(50_000_000)))
    row = zlib.compress(b"\0" + bytes(9))
    assert decode(png(3, 1, before=profile + text * 3, pixels=row), "a.png").width == 3
    data = encoded(COLOURS, "TIFF")
    (at,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, at)
    entries = data[at + 2 : at + 2 + 12 * count] + struct.pack("<HHII", 34665, 4, 1, 2**32 - 1)
    moved = data[:4] + struct.pack("<I", len(data)) + data[8:]
    moved += struct.pack("<H", count + 1) + entries + struct.pack("<I", 2**32 - 1)
    np.testing.assert_array_equal(decode(moved, "a.tif").pixels, COLOURS)


def test_a_crowd_of_threads_lets_no_bomb_through():
    """Guards built on `warnings.catch_warnings` leak between threads; ours has nothing to share."""
    good = {name: encoded(COLOURS, format) for name, format in (("g.png", "PNG"), ("g.bmp", "BMP"), ("g.tif", "TIFF"))}
    # Small enough for Pillow's own guard, too large for ours.
    bombs = {**BOMBS, "small.png": png(6_500, 6_500), "small.gif": gif(6_500, 6_500), "small.bmp": bmp(6_500, 6_500)}
    jobs = [*good.items(), *bombs.items()] * 40
    random.Random(0).shuffle(jobs)

    def attempt(job: tuple[str, bytes]) -> bool:
        name, data = job
        try:
            picture = decode(data, name)
        except PictureError as error:
            return name in bombs and error.code in ("too_many_pixels", "side_too_long")
        return name in good and np.array_equal(picture.pixels, COLOURS)

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(attempt, jobs))


def valid_files() -> list[bytes]:
    small = Image.fromarray(COLOURS)
    alpha = Image.fromarray(np.dstack([COLOURS, COLOURS[..., 0]]))
    exif = Image.Exif()
    exif[0x0112] = 6
    sixteen = (COLOURS[..., 0].astype(np.uint16) << 7) + 3
    return [
        encoded(small, "PNG", exif=exif),
        encoded(alpha, "PNG"),
        encoded(small.quantize(16), "PNG", transparency=3),
        encoded(sixteen, "PNG"),
        encoded(small, "PNG", save_all=True, append_images=[small.rotate(180)]),
        encoded(small, "JPEG", exif=exif),
        encoded(small, "JPEG", progressive=True),
        encoded(small.convert("CMYK"), "JPEG"),
        encoded(small, "WebP", exif=exif),
        encoded(alpha, "WebP", lossless=True),
        encoded(small, "WebP", save_all=True, append_images=[small.rotate(180)]),
        encoded(small, "BMP"),
        encoded(small.quantize(16), "BMP"),
        bmp(32, 24, compression=1, body=b"\x20\x05\0\0" * 24),
        encoded(small, "GIF", save_all=True, append_images=[small.rotate(180)]),
        encoded(small, "TIFF"),
        encoded(sixteen, "TIFF"),
        *(encoded(small, "TIFF", compression=name) for name in ("tiff_lzw", "jpeg", "packbits", "tiff_adobe_deflate")),
        encoded(small.convert("LAB"), "TIFF", big_tiff=True),
    ]


def mutated(data: bytes, dice: random.Random) -> bytes:
    """A valid file with a few bytes changed, a stretch cut out, doubled or zeroed, or its end missing."""
    changed = bytearray(data)
    for _ in range(dice.choice((1, 1, 2, 4, 16))):
        # Half of the changes fall on the first 200 bytes, where the headers are.
        at = dice.randrange(min(200, len(changed)) if dice.random() < 0.5 else len(changed))
        length = dice.choice((1, 1, 2, 4, 30))
        kind = dice.randrange(7)
        if kind <= 2:
            changed[at] = dice.choice((0, 1, 0x7F, 0x80, 0xFF, dice.randrange(256)))
        elif kind == 3:
            changed[at : at + 4] = dice.randbytes(4)
        elif kind == 4:
            del changed[at : at + length]
        elif kind == 5:
            changed[at:at] = changed[at : at + length] * dice.choice((1, 3))
        else:
            changed = changed[: max(12, at)]
        if len(changed) < 12:
            return bytes(changed)
    return bytes(changed)


@pytest.mark.parametrize("data", valid_files(), ids=lambda data: repr(data[:4]))
def test_mutated_files_end_in_a_picture_or_a_picture_error(data):
    decode(data, "a")  # valid as it is
    dice = random.Random(zlib.crc32(data))
    small = Limits(pixels=1_000_000)
    for number in range(20):
        changed = mutated(data, dice)
        result = outcome(changed, small)
        if isinstance(result, Picture):
            assert result.pixels.size <= 3_000_000, number
        else:
            assert str(result).endswith("."), number


def outcome(data: bytes, limits: Limits) -> Picture | PictureError:
    try:
        return decode(data, "a", limits)
    except PictureError as error:
        return error
