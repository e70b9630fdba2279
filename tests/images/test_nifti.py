"""NIfTI: slices lie as radiologists look at them, whatever way they are stored; nibabel is the oracle."""

import gzip
import itertools
import math
import struct

import nibabel
import numpy as np
import pytest
from nibabel.orientations import axcodes2ornt, ornt_transform

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
from tests.images.test_hostile import refusal

DICE = np.random.default_rng(0)
RAS = DICE.integers(0, 1000, (5, 6, 9)).astype(np.int16)  # right, anterior, superior
WAYS = ["".join(way) for axes in itertools.permutations(("RL", "AP", "SI")) for way in itertools.product(*axes)]


def volume(
    values: np.ndarray, affine: np.ndarray | None = None, *, kind: type = nibabel.Nifti1Image, **header: object
) -> bytes:
    image = kind(values, np.eye(4) if affine is None else affine)
    for name, value in header.items():
        image.header[name] = value
    return image.to_bytes()


def eight_bits(values: np.ndarray, black: float, white: float) -> np.ndarray:
    return np.floor(np.clip((values - black) / (white - black), 0, 1) * 255 + 0.5).astype(np.uint8)


def codes(picture: Picture) -> list[str]:
    return [note.code for note in picture.notes]


@pytest.mark.parametrize("way", WAYS)
def test_however_it_is_stored_left_is_left(way: str) -> None:
    image = nibabel.Nifti1Image(RAS, np.eye(4))
    stored = image.as_reoriented(ornt_transform(axcodes2ornt("RAS"), axcodes2ornt(way)))
    assert "".join(nibabel.aff2axcodes(stored.affine)) == way
    source = open_source(stored.to_bytes(), "a.nii")
    assert (source.frames, source.size, source.format) == (9, (5, 6), "NIfTI")
    for frame in (0, 4, 8):
        picture = render(source, Rendering(frame=frame, window="minmax"))
        # From above downwards: anterior to posterior; from left to right: the patient's right to left.
        expected = eight_bits(RAS[::-1, ::-1, frame].T.astype(float), RAS.min(), RAS.max())
        np.testing.assert_array_equal(picture.pixels[..., 0], expected)
        assert "sides_anterior_right" in codes(picture)


@pytest.mark.parametrize(
    ("shape", "axis", "sides"),
    [
        ((4, 9, 6), 1, "sides_superior_right"),
        ((9, 5, 6), 0, "sides_superior_anterior"),
        ((7, 7, 7), 2, "sides_anterior_right"),
    ],
)
def test_slices_are_cut_across_the_axis_that_has_most(shape: tuple[int, int, int], axis: int, sides: str) -> None:
    values = DICE.integers(0, 1000, shape).astype(np.uint16)
    source = open_source(volume(values), "a.nii")
    assert source.frames == shape[axis]
    picture = render(source, Rendering(frame=2, window=(500, 1000)))
    expected = eight_bits(np.take(values, 2, axis=axis)[::-1, ::-1].T.astype(float), 0, 1000)
    np.testing.assert_array_equal(picture.pixels[..., 0], expected)
    assert sides in codes(picture)


def test_one_window_for_all_slices_with_its_numbers() -> None:
    values = DICE.normal(100, 30, (8, 8, 20)).astype(np.float32)
    values[0, 0, 0] = np.nan
    source = open_source(volume(values), "a.nii")
    black, white = np.nanpercentile(values, [1, 99])
    for frame in (0, 7):
        picture = render(source, Rendering(frame=frame))
        note = next(note for note in picture.notes if note.code == "volume_scaled")
        assert (note.details["low"], note.details["high"]) == pytest.approx((black, white))
        expected = eight_bits(np.nan_to_num(values[::-1, ::-1, frame].T.astype(float), nan=-1e9), black, white)
        assert np.abs(picture.pixels[..., 0].astype(int) - expected).max() <= 1
        assert f"{black:g} (percentile 1 of the volume" in str(note)
    assert measured_range(source) == (np.nanmin(values), np.nanmax(values))
    assert first_look(source) == Rendering(frame=10)


def test_stored_values_become_the_file_s_units() -> None:
    data = volume(RAS, scl_slope=-2.0, scl_inter=7.0)
    units = nibabel.Nifti1Image.from_bytes(data).get_fdata()
    source = open_source(data, "a.nii")
    assert measured_range(source) == (units.min(), units.max()) == (RAS.max() * -2.0 + 7, RAS.min() * -2.0 + 7)
    picture = render(source, Rendering(frame=3, window=(-500, 900)))
    np.testing.assert_array_equal(picture.pixels[..., 0], eight_bits(units[::-1, ::-1, 3].T, -950, -50))


def test_pixels_are_made_square() -> None:
    values = np.zeros((12, 10, 6), np.uint8)
    values[6:] = 200
    source = open_source(volume(values, np.diag([1.0, 1.5, 3.0, 1])), "a.nii")
    assert source.frames == 12  # sagittal: 10 x 1.5 mm across, 6 x 3 mm down
    picture = render(source, Rendering(frame=11, window=(100, 200)))
    assert picture.pixels.shape == (12, 10, 3)
    assert (picture.pixels == 255).all()
    assert picture.original_size == (10, 6)
    assert "pixels_made_square" in codes(picture)
    assert any("3 mm high and 1.5 mm wide" in str(fact) for fact in source.facts)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("kind", [nibabel.Nifti1Image, nibabel.Nifti2Image])
def test_times_compressed_or_not(packed: bool, kind: type) -> None:
    values = DICE.integers(0, 1000, (4, 5, 7, 3)).astype(np.int32)
    data = volume(values, kind=kind)
    source = open_source(gzip.compress(data) if packed else data, "a.nii.gz")
    assert (source.frames, source.times, source.notes) == (7, 3, () if packed else source.notes)
    keys = set()
    for time in range(3):
        picture = render(source, Rendering(frame=2, time=time, window="minmax"))
        of_time = values[..., time].astype(float)
        expected = eight_bits(of_time[::-1, ::-1, 2].T, of_time.min(), of_time.max())
        np.testing.assert_array_equal(picture.pixels[..., 0], expected)
        assert f"number {time + 1} is shown" in str(next(n for n in picture.notes if n.code == "time_shown"))
        assert Rendering.from_key(picture.rendering).time == time
        keys.add(picture.key)
    assert len(keys) == 3
    with pytest.raises(PictureError) as caught:
        render(source, Rendering(time=3))
    assert caught.value.code == "no_such_time"


def test_the_other_order_of_bytes() -> None:
    swapped = nibabel.Nifti1Image(RAS.astype(">i2"), np.eye(4), nibabel.Nifti1Header(endianness=">"))
    assert struct.unpack(">I", swapped.to_bytes()[:4]) == (348,)
    look = Rendering(frame=4)
    np.testing.assert_array_equal(
        decode(swapped.to_bytes(), "a.nii", rendering=look).pixels, decode(volume(RAS), "a.nii", rendering=look).pixels
    )


def test_nothing_that_the_header_says_of_a_patient_is_told() -> None:
    data = volume(RAS, descrip=b"DOE JOHN", aux_file=b"doe_john.txt", intent_name=b"DOE", db_name=b"DOE")
    source = open_source(data, "a.nii")
    picture = render(source)
    said = " ".join(map(str, (*source.facts, *source.notes, *picture.notes, source, picture)))
    assert "DOE" not in said.upper()


# ---- hostile -------------------------------------------------------------------------------------------------------


def header(shape: tuple[int, ...], code: int = 4, **more: object) -> bytes:
    head = nibabel.Nifti1Header()
    head["dim"] = [len(shape), *shape, *[1] * (7 - len(shape))]
    head["datatype"], head["bitpix"], head["vox_offset"], head["magic"] = code, 16, 352, b"n+1"
    for name, value in more.items():
        head[name] = value
    return head.binaryblock + bytes(4)


def test_bombs_are_refused_by_what_they_declare() -> None:
    bomb = gzip.compress(header((9000, 9000, 300)) + bytes(10**6))
    assert len(bomb) < 2000
    assert refusal(bomb).code == "unfolds_to_too_much"
    assert refusal(gzip.compress(header((30_000, 30, 30)) + bytes(10))).code == "side_too_long"
    # What is behind the values is not unfolded, whatever it is.
    inner = gzip.compress(volume(RAS)) + gzip.compress(bytes(10**7)) * 20
    assert decode(inner, "a.nii.gz").format == "NIfTI"
    assert refusal(gzip.compress(bytes(10**7))).code == "format_refused"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (volume(RAS)[:-1], "truncated"),
        (gzip.compress(volume(RAS)[:-9]), "truncated"),
        (gzip.compress(volume(RAS))[:-40], "truncated"),
        (header((0, 3, 3)), "damaged"),
        (header((-2, 3, 3)), "damaged"),
        (header((4, 4, 4), code=32) + bytes(2000), "unsupported_mode"),
        (header((4, 4, 4), code=128) + bytes(2000), "unsupported_mode"),
        (header((4, 4, 4), code=9999) + bytes(2000), "damaged"),
        (header((4, 4, 4), vox_offset=1e30), "truncated"),
        (header((4, 4, 4), vox_offset=-1e30), "damaged"),
        (header((4, 4, 4), vox_offset=math.nan), "damaged"),
        (header((4, 4, 4), sform_code=1, srow_x=[math.nan] * 4) + bytes(2000), "damaged"),
        (header((4, 4, 4), sform_code=1) + bytes(2000), "damaged"),
    ],
)
def test_what_cannot_be_read_is_said(data: bytes, code: str) -> None:
    got = refusal(data).code
    assert got == code or (code == "truncated" and got == "unfolds_to_too_much")


def test_pixels_that_would_become_too_many() -> None:
    data = volume(np.zeros((3, 4, 5), np.uint8), np.diag([1e-3, 10.0, 1.0, 1]))
    assert refusal(data, limits=Limits(side=1000)).code in ("side_too_long", "too_many_pixels")
