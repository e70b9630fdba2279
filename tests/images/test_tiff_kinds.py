"""TIFFs that one of the two decoders has no place for, or that keep something beside the pixels: all are shown."""

import io
import struct
import warnings
import zlib
from typing import Any

import numpy as np
import pytest
import rasterio
import tifffile
from rasterio.enums import ColorInterp
from rasterio.io import MemoryFile

from gam_viz.images import PictureError, Rendering, decode, measured_range, open_source, render
from tests.images.test_decode import CORNERS, GREY
from tests.images.test_raster import codes, geotiff, stretched

DICE = np.random.default_rng(0)


def tiff(values: np.ndarray, **options: Any) -> bytes:
    out = io.BytesIO()
    tifffile.imwrite(out, values, **options)
    return out.getvalue()


# ---- orders of bytes, numbers of bits ------------------------------------------------------------------------------


@pytest.mark.parametrize("values", [GREY, CORNERS, GREY.astype(np.uint16) * 9], ids=["grey", "RGB", "deep"])
def test_a_big_tiff_of_the_other_order_of_bytes(values: np.ndarray) -> None:
    there, here = (tiff(values, bigtiff=True, byteorder=order) for order in "><")
    looks = {"window": "minmax"} if values.dtype == np.uint16 else {}
    picture = decode(there, "a.tif", rendering=Rendering(**looks))
    np.testing.assert_array_equal(picture.pixels, decode(here, "a.tif").pixels)


@pytest.mark.parametrize("bits", [*range(2, 8), *range(9, 16)])
@pytest.mark.parametrize("channels", [1, 3])
def test_grey_and_colour_of_any_number_of_bits(bits: int, channels: int) -> None:
    largest = 2**bits - 1
    values = DICE.integers(0, largest + 1, (channels, 20, 30)).astype(np.uint8 if bits < 8 else np.uint16)
    values[:, 0, :2] = 0, largest
    photometric = "rgb" if channels == 3 else "minisblack"
    data = geotiff(values, nbits=bits, photometric=photometric, crs=None, transform=None)
    assert measured_range(open_source(data, "a.tif")) == (0, largest) if bits > 8 else True
    picture = decode(data, "a.tif", rendering=Rendering(window="full") if bits > 8 and bits != 12 else None)
    expected = np.floor(values / largest * 255 + 0.5).transpose(1, 2, 0)
    if bits == 12:  # Pillow's own, in 16 bits
        picture = decode(data, "a.tif", rendering=Rendering(window=(largest / 2, largest)))
    np.testing.assert_array_equal(picture.pixels, np.broadcast_to(expected, (20, 30, 3)))


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("planar", [False, True])
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_grey_with_opacity(order: str, planar: bool, dtype: str) -> None:
    scale = 257 if dtype == "uint16" else 1
    both = np.stack([GREY, GREY[::-1]]).astype(dtype) * scale
    data = tiff(
        both if planar else both.transpose(1, 2, 0).copy(),
        byteorder=order,
        photometric="minisblack",
        planarconfig="separate" if planar else "contig",
        extrasamples=["unassalpha"],
    )
    picture = decode(data, "a.tif", rendering=Rendering(window="full") if scale > 1 else None)
    share = GREY[::-1] / 255
    assert np.abs(picture.pixels[..., 0] - (GREY * share + 255 * (1 - share))).max() <= 0.51
    assert "alpha_on_white" in codes(picture)


def test_what_is_not_read_is_named_and_not_contradicted() -> None:
    data = tiff(np.zeros((8, 8, 4), np.uint16), photometric="separated")
    with pytest.raises(PictureError, match=r"4 x 16-bit uint \(CMYK\), a kind that is not read here") as caught:
        decode(data, "a.tif")
    assert caught.value.code == "unsupported_mode"


# ---- premultiplied opacity -----------------------------------------------------------------------------------------

ALPHA = np.linspace(40, 255, 16 * 24).astype(np.uint8).reshape(16, 24)


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@pytest.mark.parametrize("place", [False, True])
def test_premultiplied_colours_are_divided_once(dtype: str, place: bool) -> None:
    scale = 257 if dtype == "uint16" else 1
    share = ALPHA[..., None] / 255
    stored = np.dstack([np.rint(CORNERS * share * scale), ALPHA.astype(float) * scale]).astype(dtype)
    options = {"extratags": [(33550, 12, 3, (1.0, 1.0, 0.0), True)]} if place else {}
    data = tiff(stored, photometric="rgb", extrasamples=["assocalpha"], **options)
    straight = tiff(
        np.dstack([CORNERS.astype(dtype) * scale, ALPHA.astype(dtype) * scale]),
        photometric="rgb",
        extrasamples=["unassalpha"],
        **options,
    )
    look = Rendering(window="full") if scale > 1 or place else None
    picture, same = (decode(one, "a.tif", rendering=look).pixels.astype(int) for one in (data, straight))
    assert np.abs(picture - (CORNERS * share + 255 * (1 - share))).max() <= 2
    assert np.abs(picture - same).max() <= 2


def test_by_the_numbers_of_one_pixel() -> None:
    """Stored 255, 179, 163 under an opacity of all: nothing to divide. Under half: what was stored, and half white."""
    half = np.array([[[128, 90, 82, 128], [255, 179, 163, 255]]], np.uint8)
    tags = [(33550, 12, 3, (1.0, 1.0, 0.0), True)]
    picture = decode(tiff(half, photometric="rgb", extrasamples=["assocalpha"], extratags=tags), "a.tif")
    assert picture.pixels.tolist() == [[[255, 217, 209], [255, 179, 163]]]
    deep = decode(
        tiff(half.astype(np.uint16) * 257, photometric="rgb", extrasamples=["assocalpha"]),
        "a.tif",
        rendering=Rendering(window="full"),
    )
    assert np.abs(deep.pixels.astype(int) - picture.pixels).max() <= 1


# ---- tiles that end early ------------------------------------------------------------------------------------------


def short_tiles(values: np.ndarray) -> bytes:
    """Tiles of 32 x 32, of which the last row's hold no more rows than the picture."""
    height, width, channels = values.shape
    tiles = []
    for top in range(0, height, 32):
        for left in range(0, width, 32):
            tile = np.zeros((min(32, height - top), 32, channels), values.dtype)
            part = values[top : top + 32, left : left + 32]
            tile[:, : part.shape[1]] = part
            tiles.append(zlib.compress(tile.tobytes()))
    tags = [
        *((256, width), (257, height), (258, 8 * values.itemsize), (259, 8), (262, 2 if channels == 3 else 1)),
        *((277, channels), (284, 1), (322, 32), (323, 32)),
    ]
    at = 8 + 2 + 12 * (len(tags) + 2) + 4
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    entries += struct.pack("<HHII", 324, 4, len(tiles), at)
    entries += struct.pack("<HHII", 325, 4, len(tiles), at + 4 * len(tiles))
    lengths = [len(tile) for tile in tiles]
    starts = at + 8 * len(tiles) + np.cumsum([0, *lengths[:-1]])
    head = b"II*\0" + struct.pack("<IH", 8, len(tags) + 2) + entries + bytes(4)
    return head + starts.astype("<u4").tobytes() + np.array(lengths, "<u4").tobytes() + b"".join(tiles)


@pytest.mark.parametrize("kind", ["RGB", "grey", "deep"])
def test_last_tiles_that_hold_no_more_than_the_picture(kind: str) -> None:
    shape = (40, 70, 3) if kind == "RGB" else (40, 70, 1)
    values = DICE.integers(0, 256, shape).astype(np.uint16 if kind == "deep" else np.uint8)
    values[0, 0], values[0, 1] = 0, 255
    source = open_source(short_tiles(values), "a.tif")
    picture = render(source)
    np.testing.assert_array_equal(picture.pixels, np.broadcast_to(values, (40, 70, 3)))
    assert codes(picture)[-1] == "short_tiles"
    if kind == "deep":
        assert measured_range(source) == (0, 255)


def test_a_tile_that_is_cut_off_is_refused() -> None:
    data = short_tiles(DICE.integers(0, 256, (40, 70, 3)).astype(np.uint8))
    with pytest.raises(PictureError) as caught:
        decode(data[:-40], "a.tif")
    assert caught.value.code in ("truncated", "damaged")


# ---- masks and bands -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", [False, True])
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_what_an_internal_mask_hides_is_no_data(place: bool, dtype: str) -> None:
    values = DICE.integers(1, 200, (3, 20, 30)).astype(dtype)
    seen = DICE.integers(0, 2, (20, 30)).astype(bool)
    values[:, ~seen] = 255
    profile = {"crs": "EPSG:32632"} if place else {}
    options = {"count": 3, "height": 20, "width": 30, "dtype": dtype, "photometric": "rgb", **profile}
    with warnings.catch_warnings(), rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), MemoryFile() as memory:
        warnings.simplefilter("ignore")
        with memory.open(driver="GTiff", **options) as file:
            file.write(values)
            file.write_mask(seen)
        data = bytes(memory.getbuffer())
    picture = decode(data, "a.tif")
    expected = values if dtype == "uint8" else np.stack([stretched(band, valid=seen) for band in values])
    np.testing.assert_array_equal(picture.pixels, np.where(seen, expected, 0).transpose(1, 2, 0))
    note = next(note for note in picture.notes if note.code == "no_data_black")
    assert note.details["percent"] == pytest.approx(100 * (~seen).mean())
    assert measured_range(open_source(data, "a.tif")) == (values[0][seen].min(), values[0][seen].max())


@pytest.mark.parametrize(
    "names",
    [
        ("B02", "B03", "B04", "B08"),
        ("B4", "B3", "B2", "B8"),
        ("S2A_B08_10m", "S2A_B04_10m", "S2A_B02_10m", "S2A_B03_10m"),
        ("B2, central wavelength 490 nm", "B3, central wavelength 560 nm", "B4, central wavelength 665 nm"),
    ],
)
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_sentinel_s_bands_are_shown_by_their_names(names: tuple[str, ...], dtype: str) -> None:
    """Even where the writer called the first band red, as most do of three."""
    values = DICE.integers(0, 256, (len(names), 9, 8)).astype(dtype)
    if len(names) == 3:
        data = geotiff(values, names=names, photometric="rgb")
    else:
        roles = (ColorInterp.red, ColorInterp.green, ColorInterp.blue, ColorInterp.undefined)
        data = geotiff(values, names=names, roles=roles)
    number = {
        role: 1 + next(index for index, name in enumerate(names) if f"B{band}" in name.replace("B0", "B"))
        for role, band in (("red", 4), ("green", 3), ("blue", 2))
    }
    source = open_source(data, "a.tif")
    assert source.resolve().bands == (number["red"], number["green"], number["blue"])
    assert {band.role: band.number for band in source.bands if band.role} == number
    assert names[number["red"] - 1][:20] in str(decode(data, "a.tif").notes[0])


def test_names_that_only_resemble_sentinel_s_change_nothing() -> None:
    values = DICE.integers(0, 256, (3, 9, 8), np.uint8)
    for names in (("B12", "B13", "B14"), ("AB2", "AB3", "AB4"), ("B2", "B3", "B30"), ("B02", "B02", "B04")):
        assert open_source(geotiff(values, names=names, photometric="rgb"), "a").resolve().bands == (1, 2, 3)
