"""Rasters: bands, percentiles, no data, parts and reductions, against NumPy; and nothing read beside the file."""

import io
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
import rasterio
import tifffile
from rasterio.enums import ColorInterp, Resampling
from rasterio.io import MemoryFile
from rasterio.transform import Affine

from gam_viz.images import (
    Limits,
    Picture,
    PictureError,
    Rendering,
    decode,
    first_look,
    measured_range,
    open_source,
    render,
)

DICE = np.random.default_rng(0)
PLACE = {"crs": "EPSG:32632", "transform": Affine(10, 0, 500_000, 0, -10, 5_400_000)}


def geotiff(
    values: np.ndarray,
    *,
    names: tuple[str, ...] = (),
    roles: tuple[ColorInterp, ...] = (),
    overviews: tuple[int, ...] = (),
    colours: dict[int, tuple[int, int, int, int]] | None = None,
    **profile: Any,
) -> bytes:
    """A file of (bands, H, W)."""
    profile = {**PLACE, **profile}
    with warnings.catch_warnings(), MemoryFile() as memory:
        warnings.simplefilter("ignore")
        count, height, width = values.shape
        with memory.open(
            driver="GTiff", count=count, height=height, width=width, dtype=values.dtype.name, **profile
        ) as file:
            file.write(values)
            for number, name in enumerate(names, start=1):
                file.set_band_description(number, name)
            if roles:
                file.colorinterp = roles
            if colours:
                file.write_colormap(1, colours)
            if overviews:
                file.build_overviews(list(overviews), Resampling.average)
        return bytes(memory.getbuffer())


def stretched(band: np.ndarray, low: float = 2, high: float = 98, valid: np.ndarray | None = None) -> np.ndarray:
    """The band scaled between its percentiles, by NumPy alone."""
    band = band.astype(np.float64)
    known = band[np.isfinite(band) & (True if valid is None else valid)]
    black, white = np.percentile(known, [low, high])
    grey = np.floor(np.clip((band - black) / (white - black), 0, 1) * 255 + 0.5)
    grey[~np.isfinite(band)] = 0
    if valid is not None:
        grey[~valid] = 0
    return grey.astype(np.uint8)


def codes(picture: Picture) -> list[str]:
    return [note.code for note in picture.notes]


# ---- kinds of numbers and bands ------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["uint16", "int16", "uint32", "int32", "float32", "float64"])
@pytest.mark.parametrize("count", [1, 2, 3, 4, 13])
def test_each_band_lies_between_its_percentiles(dtype: str, count: int) -> None:
    values = (DICE.normal(500, 200, (count, 20, 30)) * np.arange(1, count + 1)[:, None, None]).clip(0).astype(dtype)
    picture = decode(geotiff(values, photometric="minisblack"), "a.tif")
    chosen = (0, 1, 2) if count >= 3 else (0, 0, 0)
    np.testing.assert_array_equal(picture.pixels, np.stack([stretched(values[band]) for band in chosen], axis=-1))
    assert picture.mode == f"{count} x {dtype}"
    assert picture.rendering == ("b1_2_3" if count >= 3 else "b1_1_1") + "~s2_98"


def test_bytes_are_shown_as_stored() -> None:
    values = DICE.integers(50, 180, (3, 20, 30), np.uint8)
    picture = decode(geotiff(values), "a.tif")
    np.testing.assert_array_equal(picture.pixels, values.transpose(1, 2, 0))
    assert picture.rendering == "wfull~b1_2_3"
    picture = decode(geotiff(values), "a.tif", rendering=Rendering(stretch=(5, 90)))
    np.testing.assert_array_equal(picture.pixels[..., 1], stretched(values[1], 5, 90))


def test_bands_by_choice_by_name_and_by_role() -> None:
    values = DICE.integers(0, 4000, (4, 9, 8), np.uint16)
    data = geotiff(values, names=("blue", "green", "red", "near infrared"), photometric="minisblack")
    source = open_source(data, "a.tif")
    assert [(band.number, band.name) for band in source.bands] == [
        *((1, "blue"), (2, "green"), (3, "red"), (4, "near infrared"))
    ]
    picture = render(source)
    assert picture.rendering == "b3_2_1~s2_98"
    assert "red, green and blue are red, green and blue" in str(picture.notes[0])
    false_colour = render(source, Rendering(bands=(4, 3, 2)))
    np.testing.assert_array_equal(false_colour.pixels[..., 0], stretched(values[3]))
    assert picture.key != false_colour.key
    grey = render(source, Rendering(bands=(4, 4, 4)))
    np.testing.assert_array_equal(grey.pixels, stretched(values[3])[..., None].repeat(3, 2))
    with pytest.raises(PictureError, match="1 to 4") as caught:
        render(source, Rendering(bands=(4, 5, 1)))
    assert caught.value.code == "no_such_band"
    roles = (ColorInterp.undefined, ColorInterp.blue, ColorInterp.red, ColorInterp.green)
    assert decode(geotiff(values, roles=roles), "a.tif").rendering == "b3_4_2~s2_98"


def test_too_many_bands() -> None:
    assert len(open_source(geotiff(np.zeros((32, 2, 2), np.uint8), photometric="minisblack"), "a").bands) == 32
    with pytest.raises(PictureError, match="33 bands; at most 32") as caught:
        open_source(geotiff(np.zeros((33, 2, 2), np.uint8), photometric="minisblack"), "a.tif")
    assert caught.value.code == "too_many_bands"
    roles = (*[ColorInterp.gray] * 32, ColorInterp.alpha)  # opacity is no band to choose
    assert (
        len(open_source(geotiff(np.zeros((33, 2, 2), np.uint8), roles=roles, photometric="minisblack"), "a").bands)
        == 32
    )


def test_windows_of_fixed_values() -> None:
    values = np.arange(600, dtype=np.int16).reshape(1, 20, 30)
    data = geotiff(values)
    picture = decode(data, "a.tif", rendering=Rendering(window=(300, 200)))
    expected = np.floor(np.clip((values[0] - 200) / 200, 0, 1) * 255 + 0.5)
    np.testing.assert_array_equal(picture.pixels[..., 2], expected)
    full = decode(data, "a.tif", rendering=Rendering(window="full"))
    np.testing.assert_array_equal(full.pixels[..., 0], np.floor((values[0] + 32768.0) / 65535 * 255 + 0.5))
    minmax = decode(data, "a.tif", rendering=Rendering(window="minmax"))
    assert (minmax.pixels[0, 0, 0], minmax.pixels[-1, -1, 0]) == (0, 255)
    assert measured_range(open_source(data, "a")) == (0, 599)
    with pytest.raises(PictureError) as caught:
        decode(data, "a.tif", rendering=Rendering(window="lung"))
    assert caught.value.code == "no_such_window"


# ---- no data, opacity, palettes ------------------------------------------------------------------------------------


def test_no_data_is_left_out_and_black() -> None:
    values = DICE.integers(1000, 3000, (1, 20, 30), np.uint16)
    values[0, :4] = 65_535
    picture = decode(geotiff(values, nodata=65_535), "a.tif")
    np.testing.assert_array_equal(picture.pixels[..., 0], stretched(values[0], valid=values[0] != 65_535))
    assert "20.0% of the pixels hold no data" in str(picture.notes[-1])
    assert measured_range(open_source(geotiff(values, nodata=65_535), "a"))[1] < 3000


def test_what_is_no_number_is_left_out_and_black() -> None:
    values = DICE.normal(0, 1, (3, 20, 30)).astype(np.float32)
    values[0, 3:6] = np.nan
    values[1, 7, 7] = np.inf
    values[2, 8, 8] = -9999
    picture = decode(geotiff(values, nodata=-9999), "a.tif")
    for band in range(3):
        expected = stretched(values[band], valid=values[band] != -9999)
        np.testing.assert_array_equal(picture.pixels[..., band], expected)


@pytest.mark.parametrize("value", [0, 7, np.nan])
def test_nothing_but_no_data(value: float) -> None:
    values = np.full((1, 4, 4), value, np.float32)
    picture = decode(geotiff(values, nodata=value), "a.tif")
    assert not picture.pixels.any()
    assert "100.0%" in str(picture.notes[-1])


def test_one_value_alone() -> None:
    assert (decode(geotiff(np.full((1, 4, 4), 32_768, np.uint16)), "a").pixels == 128).all()
    assert (decode(geotiff(np.full((1, 4, 4), -2.5, np.float32)), "a").pixels == 128).all()


def test_a_few_outliers_on_one_value_are_still_seen() -> None:
    values = np.zeros((1, 40, 40), np.uint16)
    values[0, 0, 0] = 900
    pixels = decode(geotiff(values), "a").pixels
    assert pixels[0, 0, 0] == 255
    assert not pixels[1:].any()


@pytest.mark.parametrize(("dtype", "opaque"), [("uint8", 255), ("uint16", 65_535), ("uint16", 255)])
def test_opacity_is_laid_on_white(dtype: str, opaque: int) -> None:
    values = DICE.integers(0, 250, (4, 10, 10)).astype(dtype)
    values[3] = opaque
    values[3, :5] = 0
    roles = (ColorInterp.red, ColorInterp.green, ColorInterp.blue, ColorInterp.alpha)
    source = open_source(geotiff(values, roles=roles), "a.tif")
    assert len(source.bands) == 3
    picture = render(source)
    assert (picture.pixels[:5] == 255).all()
    shown = values[1, 5:] if dtype == "uint8" else stretched(values[1, 5:])
    np.testing.assert_array_equal(picture.pixels[5:, :, 1], shown)
    assert codes(picture)[-1] == "alpha_on_white"


def test_a_map_of_classes_keeps_its_colours() -> None:
    values = np.arange(16, dtype=np.uint8).reshape(1, 4, 4)
    colours = {index: (index * 3, 255 - index, index * 10, 255) for index in range(16)}
    data = geotiff(values, colours=colours)
    picture = decode(data, "a.tif")
    assert picture.pixels.reshape(-1, 3).tolist() == [list(colours[index][:3]) for index in range(16)]
    with pytest.raises(PictureError) as caught:
        decode(data, "a.tif", rendering=Rendering(stretch=(2, 98)))
    assert caught.value.code == "not_adjustable"


def test_white_is_zero() -> None:
    values = np.arange(256, dtype=np.uint8).reshape(1, 16, 16)
    picture = decode(geotiff(values, photometric="miniswhite"), "a.tif")
    np.testing.assert_array_equal(picture.pixels[..., 0], 255 - values[0])


# ---- large ones ----------------------------------------------------------------------------------------------------

SMALL = Limits(pixels=10_000, overview_pixels=2_500)


@pytest.mark.parametrize("tiled", [False, True])
@pytest.mark.parametrize("overviews", [(), (2, 4)])
def test_a_large_raster_is_read_reduced(tiled: bool, overviews: tuple[int, ...]) -> None:
    row = np.linspace(0, 4000, 400)
    values = np.broadcast_to(row, (1, 200, 400)).astype(np.uint16)
    layout = {"tiled": True, "blockxsize": 64, "blockysize": 64} if tiled else {}
    source = open_source(geotiff(values, overviews=overviews, compress="deflate", **layout), "a.tif", SMALL)
    assert source.size == (400, 200)
    picture = render(source)
    assert 2_200 < picture.width * picture.height <= 2_500
    assert picture.width / picture.height == pytest.approx(2, rel=0.05)
    expected = np.interp(
        (np.arange(picture.width) + 0.5) / picture.width * 400, np.arange(400), stretched(values[0])[0]
    )
    assert np.abs(picture.pixels[5, :, 0] - expected).max() < 6
    assert "read_reduced" in codes(picture)
    part = render(source, Rendering(region=(100, 50, 180, 110)))
    np.testing.assert_array_equal(part.pixels[..., 0], stretched(values[0, 50:110, 100:180]))
    assert "part_shown" in codes(part)
    assert part.key != picture.key


def test_a_part_must_lie_in_the_raster() -> None:
    source = open_source(geotiff(np.zeros((1, 20, 30), np.uint16)), "a.tif")
    assert render(source, Rendering(region=(0, 0, 30, 20))).key == render(source).key
    with pytest.raises(PictureError) as caught:
        render(source, Rendering(region=(0, 0, 31, 20)))
    assert caught.value.code == "bad_region"


def test_what_would_unfold_too_far_is_refused_but_a_part_is_not() -> None:
    sparse = {"sparse_ok": True, "tiled": True, "blockxsize": 256, "blockysize": 256, "compress": "deflate"}
    with warnings.catch_warnings(), MemoryFile() as memory:
        warnings.simplefilter("ignore")
        with memory.open(driver="GTiff", count=3, height=60_000, width=60_000, dtype="uint16", **PLACE, **sparse):
            pass
        data = bytes(memory.getbuffer())
    source = open_source(data, "a.tif")
    with pytest.raises(PictureError, match="overviews") as caught:
        render(source)
    assert caught.value.code == "too_much_to_read"
    assert render(source, Rendering(region=(30_000, 30_000, 30_200, 30_100))).pixels.shape == (100, 200, 3)
    first = first_look(source)
    left, top, right, bottom = first.region or (0, 0, 0, 0)
    assert (left + right, top + bottom) == (60_000, 60_000)
    assert render(source, first).pixels.shape[2] == 3
    twice = (
        left - (right - left) // 2,
        top - (bottom - top) // 2,
        right + (right - left) // 2,
        bottom + (bottom - top) // 2,
    )
    with pytest.raises(PictureError, match="overviews"):  # no larger part of its kind could be read
        render(source, Rendering(region=twice))


def test_what_can_be_read_whole_begins_whole() -> None:
    assert first_look(open_source(geotiff(np.zeros((1, 20, 30), np.uint16)), "a.tif")) == Rendering()


# ---- facts, pages, other writers -----------------------------------------------------------------------------------


def test_facts() -> None:
    told = [str(fact) for fact in open_source(geotiff(np.zeros((2, 20, 30), np.uint16), nodata=0), "a").facts]
    assert "30 x 20 pixels" in told
    assert "Coordinates: EPSG:32632" in told
    assert "A pixel is 10 x 10 metre on the ground" in told
    assert "The no-data value is 0" in told
    degrees = geotiff(np.zeros((1, 2, 2), np.uint8), crs="EPSG:4326", transform=Affine(0.5, 0, 0, 0, -0.25, 0))
    assert "A pixel is 0.5 x 0.25 degrees on the ground" in [str(fact) for fact in open_source(degrees, "a").facts]


@pytest.mark.parametrize("compression", [None, "zlib"])
def test_a_stack_of_measurements(compression: str | None) -> None:
    stack = DICE.normal(0, 5, (4, 20, 30)).astype(np.float32)
    out = io.BytesIO()
    tifffile.imwrite(out, stack, photometric="minisblack", compression=compression, metadata=None)
    source = open_source(out.getvalue(), "a.tif")
    assert (source.kind, source.frames) == ("raster", 4)
    for frame in range(4):
        picture = render(source, Rendering(frame=frame))
        np.testing.assert_array_equal(picture.pixels[..., 0], stretched(stack[frame]))


@pytest.mark.parametrize("compress", ["lzw", "deflate", "packbits", "zstd", "lerc"])
def test_compressions(compress: str) -> None:
    values = DICE.integers(0, 4000, (3, 50, 60), np.uint16)
    plain = decode(geotiff(values), "a.tif")
    np.testing.assert_array_equal(decode(geotiff(values, compress=compress), "a.tif").pixels, plain.pixels)
    smooth = np.broadcast_to(np.arange(64, dtype=np.uint8), (3, 64, 64))
    jpeg = decode(geotiff(smooth, compress="jpeg", photometric="ycbcr"), "a.tif")
    assert np.abs(jpeg.pixels.astype(int) - np.arange(64)[:, None]).max() < 6


def test_sixteen_bit_colour_without_a_place() -> None:
    values = DICE.integers(100, 3000, (20, 30, 3), np.uint16)
    out = io.BytesIO()
    tifffile.imwrite(out, values, photometric="rgb", metadata=None)
    picture = decode(out.getvalue(), "a.tif")
    np.testing.assert_array_equal(picture.pixels[..., 2], stretched(values[..., 2]))


# ---- nothing beside the file ---------------------------------------------------------------------------------------


def test_a_vrt_reads_no_file_under_any_name(tmp_path: Any) -> None:
    secret = tmp_path / "secret.tif"
    secret.write_bytes(geotiff(np.full((1, 4, 4), 77, np.uint8)))
    vrt = f"""<VRTDataset rasterXSize="4" rasterYSize="4"><VRTRasterBand dataType="Byte" band="1"><SimpleSource>
    <SourceFilename relativeToVRT="0">{secret}</SourceFilename><SourceBand>1</SourceBand></SimpleSource>
    </VRTRasterBand></VRTDataset>""".encode()
    with MemoryFile(vrt, ext=".tif") as memory, memory.open() as dataset:
        assert (dataset.read() == 77).all(), "this is what must not happen"
    for data in (vrt, b"\n" + vrt, b"\xef\xbb\xbf" + vrt, b"<!-- x -->" + vrt, b"II*\0" + vrt, b"II+\0" + vrt):
        for name in ("a.tif", "a.vrt", "a.png", "/vsicurl/http://127.0.0.1/a.tif"):
            with pytest.raises(PictureError):
                decode(data, name)


def test_text_inside_a_tiff_names_no_file(tmp_path: Any) -> None:
    """GDAL's own metadata may ask for a sidecar, an overview elsewhere or a proxy; none of it is followed."""
    other = tmp_path / "other.tif"
    other.write_bytes(geotiff(np.full((1, 4, 4), 200, np.uint8)))
    with MemoryFile() as memory:
        with memory.open(driver="GTiff", count=1, height=4, width=4, dtype="uint8", **PLACE) as file:
            file.write(np.full((1, 4, 4), 5, np.uint8))
            file.update_tags(ns="OVERVIEWS", OVERVIEW_FILE=str(other))
            file.update_tags(OVERVIEW_FILE=str(other), SOURCE=str(other))
        data = bytes(memory.getbuffer())
    assert (decode(data, "a.tif", Limits(pixels=10, overview_pixels=4)).pixels == 5).all()


def test_threads_do_not_meet() -> None:
    """GDAL's settings belong to a thread, and every reading has a file of its own."""
    files = [geotiff(DICE.integers(0, 4000, (3, 40, 50), np.uint16), compress="deflate") for _ in range(4)]
    expected = [decode(data, "a.tif").pixels for data in files]
    with ThreadPoolExecutor(8) as pool:
        for number, picture in enumerate(pool.map(lambda number: decode(files[number % 4], "a.tif"), range(80))):
            np.testing.assert_array_equal(picture.pixels, expected[number % 4])


def test_rasterio_is_held_to_one_driver() -> None:
    from gam_viz.images.formats.raster.header import SAFE, opened

    png = io.BytesIO()
    with MemoryFile() as memory:
        with memory.open(driver="PNG", count=1, height=4, width=4, dtype="uint8") as file:
            file.write(np.zeros((1, 4, 4), np.uint8))
        png.write(bytes(memory.getbuffer()))
    with pytest.raises(PictureError), opened(png.getvalue()):
        pass
    assert SAFE["GDAL_DISABLE_READDIR_ON_OPEN"] == "EMPTY_DIR"
    assert rasterio.__gdal_version__
