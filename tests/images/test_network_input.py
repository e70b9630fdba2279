"""What the network sees is what is shown, and where it lies in the picture is known."""

import io

import numpy as np
import pytest
import tifffile
import torch
from rasterio.io import MemoryFile

from gam_viz.images import Picture, PictureError, Rendering, decode, denormalise, prepare, render
from gam_viz.images.given import given_pictures
from gam_viz.images.picture import from_pixels
from gam_viz.text import words
from gam_viz.text.refusal import RefusalError

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def picture(height: int, width: int, seed: int = 0) -> Picture:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    return Picture(pixels, "0" * 64, "a", "PNG", "RGB", (width, height))


@pytest.mark.parametrize("fit", ["crop", "pad", "stretch"])
def test_a_picture_of_the_right_size_passes_through_bit_for_bit(fit):
    original = picture(32, 32)
    result = prepare(original, size=32, mean=MEAN, std=STD, fit=fit)
    np.testing.assert_array_equal(result.seen, original.pixels)
    assert result.box == (0, 0, 32, 32)


@pytest.mark.parametrize("fit", ["crop", "pad", "stretch"])
@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5000, 1), (40, 60), (61, 40), (300, 451)])
def test_seen_is_the_tensor_before_normalisation(shape, fit):
    result = prepare(picture(*shape), size=32, mean=MEAN, std=STD, fit=fit)
    assert (result.tensor.shape, result.tensor.dtype) == ((1, 3, 32, 32), torch.float32)
    assert (result.seen.shape, result.seen.dtype) == ((32, 32, 3), np.uint8)
    assert result.tensor.is_contiguous()
    assert not result.tensor.requires_grad
    np.testing.assert_array_equal(denormalise(result.tensor, MEAN, STD), result.seen)
    by_hand = (result.seen[3, 7, 1] / 255 - MEAN[1]) / STD[1]
    assert result.tensor[0, 1, 3, 7].item() == pytest.approx(by_hand, abs=1e-5)


def test_crop_takes_the_centre():
    original = picture(40, 100)
    result = prepare(original, size=40, mean=MEAN, std=STD)
    np.testing.assert_array_equal(result.seen, original.pixels[:, 30:70])
    assert result.box == (30, 0, 70, 40)


def test_stretch_takes_everything():
    assert prepare(picture(40, 100), size=20, mean=MEAN, std=STD, fit="stretch").box == (0, 0, 100, 40)


def test_padding_is_the_mean_colour_and_lies_outside_the_picture():
    original = picture(32, 64)
    result = prepare(original, size=64, mean=(0.5, 0.5, 0.5), std=STD, fit="pad")
    assert (result.seen[:16] == 128).all()
    assert (result.seen[48:] == 128).all()
    assert result.tensor[0, :, 0, 0].abs().max() < 0.01
    np.testing.assert_array_equal(result.seen[16:48], original.pixels)
    assert result.box == (0, -16, 64, 48)


def test_a_mark_is_found_where_the_box_says():
    pixels = np.zeros((300, 700, 3), np.uint8)
    pixels[200:220, 400:420] = 255  # centre at x = 410, y = 210
    original = Picture(pixels, "0" * 64, "a", "PNG", "RGB", (700, 300))
    for fit in ("crop", "pad", "stretch"):
        result = prepare(original, size=64, mean=MEAN, std=STD, fit=fit)
        weight = result.seen[..., 0].astype(float)
        if fit == "pad":
            weight[weight < 200] = 0  # the border is not black
        rows, columns = np.indices(weight.shape) + 0.5
        left, top, right, bottom = result.box
        x = left + (weight * columns).sum() / weight.sum() / 64 * (right - left)
        y = top + (weight * rows).sum() / weight.sum() / 64 * (bottom - top)
        assert x == pytest.approx(410, abs=6), fit
        assert y == pytest.approx(210, abs=6), fit


def test_shrinking_does_not_alias():
    checks = ((np.indices((512, 512)).sum(0) % 2) * 255).astype(np.uint8)[..., None].repeat(3, 2)
    result = prepare(Picture(checks, "0" * 64, "a", "PNG", "RGB", (512, 512)), size=32, mean=MEAN, std=STD)
    assert np.abs(result.seen.astype(int) - 127).max() <= 2


def test_a_thin_picture_is_seen_whole_when_padded():
    column = np.full((5000, 1, 3), 255, np.uint8)
    result = prepare(Picture(column, "0" * 64, "a", "PNG", "RGB", (1, 5000)), size=32, mean=MEAN, std=STD, fit="pad")
    assert (result.seen == 255).all(axis=(0, 2)).sum() == 1


def test_results_are_keyed_by_everything_that_changes_them():
    one = picture(40, 60)
    keys = {
        prepare(one, size=32, mean=MEAN, std=STD).key,
        prepare(one, size=64, mean=MEAN, std=STD).key,
        prepare(one, size=32, mean=MEAN, std=STD, fit="pad").key,
        prepare(one, size=32, mean=(0.5, 0.5, 0.5), std=STD).key,
        prepare(one, size=32, mean=MEAN, std=(0.5, 0.5, 0.5)).key,
        prepare(Picture(one.pixels, "1" * 64, "a", "PNG", "RGB", (60, 40)), size=32, mean=MEAN, std=STD).key,
        prepare(
            Picture(one.pixels, "0" * 64, "a", "PNG", "RGB", (60, 40), rendering="window=40,400"),
            size=32,
            mean=MEAN,
            std=STD,
        ).key,
    }
    assert len(keys) == 7


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"size": 0}, "at least 1 pixel, got 0"),
        ({"fit": "squeeze"}, "crop, pad, stretch, got 'squeeze'"),
        ({"mean": (0.5,)}, "as many values as mean"),
        ({"mean": (0.5, 0.5, float("nan"))}, "mean must be three finite numbers"),
        ({"std": (0.5, 0.0, 0.5)}, "std must be positive"),
    ],
)
def test_wrong_parameters_are_named(wrong, message):
    with pytest.raises(ValueError, match=message):
        prepare(picture(4, 4), **{"size": 32, "mean": MEAN, "std": STD, **wrong})


def test_a_picture_s_own_shape_is_checked():
    with pytest.raises(TypeError, match=r"\(H, W, 3\) uint8, got \(4, 4\) float64"):
        Picture(np.zeros((4, 4)), "0" * 64, "a", "PNG", "RGB", (4, 4))


def test_a_network_of_grey_pictures_sees_one_channel() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (20, 24, 3), np.uint8)
    picture = from_pixels(pixels, "p.png")
    found = prepare(picture, size=20, mean=(0.5,), std=(0.25,))
    grey = pixels[:, 2:22].astype(float) @ (0.299, 0.587, 0.114)
    assert found.tensor.shape == (1, 1, 20, 20)
    np.testing.assert_allclose(found.tensor[0, 0].numpy(), (grey / 255 - 0.5) / 0.25, atol=1.01 / 255 / 0.25)
    assert (found.seen == found.seen[..., :1]).all(), "what is shown is what the network saw"
    np.testing.assert_allclose(found.seen[..., 0] / 255, found.tensor[0, 0].numpy() * 0.25 + 0.5, atol=1e-6)


@pytest.mark.parametrize(
    ("mean", "dtype", "divisor"),
    [(0.02, "uint16", 65535), (1500.0, "uint16", 1), (0.5, "float32", 1), (0.5, "uint8", 255)],
)
def test_a_network_of_as_many_channels_gets_all_bands_in_the_unit_of_its_mean(mean, dtype, divisor) -> None:
    values = np.random.default_rng(1).integers(0, 250, (12, 20, 5)).astype(dtype)
    for given in (values, np.moveaxis(values, 2, 0)):
        found = prepare(given_pictures(given).picture(0), size=(12, 20), mean=(mean,) * 5, std=(0.25,) * 5)
        wanted = (values.astype(np.float64) / divisor - mean) / 0.25
        np.testing.assert_allclose(found.tensor[0].permute(1, 2, 0).numpy(), wanted, rtol=1e-5, atol=1e-5)
        assert found.seen.shape == (12, 20, 3)
        (note,) = found.notes
        assert "all 5 bands" in str(note)
        assert (f"divided by {divisor}" in str(note)) == (divisor > 1)


def test_bands_are_placed_as_what_is_seen_of_them() -> None:
    """What a colour picture's network would see of the bands shown is what the bands' network gets of them."""
    row, column = np.mgrid[:21, :34]
    values = np.stack([128 + 90 * np.sin(row / (3 + k) + column / (5 - k)) for k in range(4)]).astype(np.uint8)
    picture = given_pictures(values).picture(0)
    for how in ({"fit": "crop"}, {"fit": "pad"}, {"fit": "stretch"}, {"fit": "crop", "resize": 19}):
        found = prepare(picture, size=(16, 18), mean=(0.5,) * 4, std=(1.0,) * 4, **how)
        shown = found.tensor[0, :3].permute(1, 2, 0).numpy() + 0.5
        np.testing.assert_allclose(shown * 255, found.seen, atol=2)
    black, no_number = values.astype(np.float32), values.astype(np.float32)
    no_number[:, :3] = np.nan
    found = prepare(given_pictures(no_number).picture(0), size=(21, 34), mean=(0.5,) * 4, std=(1.0,) * 4)
    assert not found.tensor[0, :, :3].any(), "what is no number is the mean"
    assert torch.equal(found.tensor[0, :, 3:], torch.from_numpy(black[:, 3:] - 0.5))


def test_which_bands_are_shown_is_no_other_input() -> None:
    values = np.random.default_rng(0).integers(0, 9, (6, 8, 8), np.uint8)
    source = given_pictures(values).item(0).source()
    assert source is not None
    one, other = (render(source, Rendering(bands=bands)) for bands in ((1, 2, 3), (6, 5, 4)))
    seen = [prepare(picture, size=8, mean=(0.5,) * 6, std=(0.5,) * 6) for picture in (one, other)]
    assert seen[0].key == seen[1].key
    assert torch.equal(seen[0].tensor, seen[1].tensor)
    np.testing.assert_array_equal(seen[0].seen, np.moveaxis(values[:3], 0, 2))
    np.testing.assert_array_equal(seen[1].seen, np.moveaxis(values[:2:-1], 0, 2))


def test_other_numbers_of_bands_are_refused_in_words() -> None:
    colours = from_pixels(np.zeros((8, 8, 3), np.uint8), "p.png")
    four = given_pictures(np.zeros((4, 8, 8), np.uint8)).picture(0)
    for picture, count in ((colours, 3), (four, 4)):
        for language, sentence in (
            ("en", f"takes 13 channels, and the picture has {count} bands"),
            ("zh", "13 个通道"),
        ):
            with pytest.raises(RefusalError) as refused:
                prepare(picture, size=20, mean=(0.5,) * 13, std=(0.25,) * 13)
            assert sentence in refused.value.sentence(words(language))


def test_opacity_is_a_band_for_a_network_that_takes_one_more() -> None:
    """GDAL calls the fourth of four bands of bytes opacity, whatever was measured."""
    values = np.random.default_rng(0).integers(0, 256, (4, 8, 8), np.uint8)
    with MemoryFile() as memory:
        with memory.open(driver="GTiff", height=8, width=8, count=4, dtype="uint8", crs="EPSG:4326") as dataset:
            dataset.write(values)
        data = bytes(memory.read())
    found = prepare(decode(data, "nir.tif"), size=8, mean=(0.0,) * 4, std=(1.0,) * 4)
    np.testing.assert_allclose(found.tensor[0].numpy() * 255, values, atol=1e-4)


def test_numpy_files_are_rasters_and_nothing_in_them_is_unpickled(tmp_path) -> None:
    values = np.random.default_rng(0).normal(size=(7, 9, 11)).astype(np.float32)
    np.save(tmp_path / "stack.npy", np.asfortranarray(values))
    found = prepare(given_pictures(tmp_path).picture(0), size=(9, 11), mean=(0.0,) * 7, std=(1.0,) * 7)
    assert torch.equal(found.tensor[0], torch.from_numpy(values))
    np.save(tmp_path / "evil.npy", np.array([{}, 1], dtype=object))
    for data, code in (
        ((tmp_path / "evil.npy").read_bytes(), "unsupported_mode"),
        ((tmp_path / "stack.npy").read_bytes()[:-4], "truncated"),
        (b"\x93NUMPY\x01\x00\x10\x00{'descr': '<f8', (", "damaged"),
    ):
        with pytest.raises(PictureError) as refused:
            decode(data, "stack.npy")
        assert refused.value.code == code


@pytest.mark.parametrize("dtype", [np.uint16, np.float32, np.uint8])
@pytest.mark.parametrize("how", [{}, {"photometric": "minisblack", "planarconfig": "separate"}])
def test_a_stack_of_pages_or_of_planes_is_given_whole(dtype, how) -> None:
    """As `tifffile.imwrite` writes (bands, H, W)."""
    values = np.random.default_rng(3).integers(0, 200, (6, 12, 10)).astype(dtype)
    file = io.BytesIO()
    tifffile.imwrite(file, values, **how)
    found = prepare(decode(file.getvalue(), "stack.tif"), size=(12, 10), mean=(2.0,) * 6, std=(1.0,) * 6)
    np.testing.assert_array_equal(found.tensor[0].numpy(), values.astype(np.float32) - 2)
