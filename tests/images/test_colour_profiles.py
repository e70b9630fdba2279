"""Colour profiles: colours become sRGB by the file's own one, and that is said, but where it says nothing new."""

import io

import numpy as np
import pytest
from PIL import Image, ImageCms

from gam_viz.images import decode
from gam_viz.images.formats.colour_profile import LARGEST_PROFILE
from tests.images.test_decode import CORNERS, GREY, codes, encoded

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
# What it calls red is blue, and the other way round: a profile whose effect is seen without any arithmetic.
SWAPPED = SRGB.replace(b"rXYZ", b"temp").replace(b"bXYZ", b"rXYZ").replace(b"temp", b"bXYZ")
OPTIONS = {
    "WebP": {"lossless": True, "exact": True},
    "JPEG": {"quality": 100, "subsampling": 0},
    "AVIF": {"quality": 100, "subsampling": "4:4:4"},
}


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WebP", "TIFF", "AVIF"])
def test_a_profile_is_applied_and_that_is_said(format: str) -> None:
    picture = decode(encoded(CORNERS, format, icc_profile=SWAPPED, **OPTIONS.get(format, {})), "a")
    plain = decode(encoded(CORNERS, format, **OPTIONS.get(format, {})), "a")
    assert np.abs(picture.pixels.astype(int) - plain.pixels[..., ::-1]).max() <= 3
    assert codes(picture) == ["profile_applied"]


@pytest.mark.parametrize("format", ["PNG", "WebP", "TIFF"])
def test_opacity_is_kept(format: str) -> None:
    rgba = np.dstack([CORNERS, np.where(GREY < 128, 0, 255).astype(np.uint8)])
    picture = decode(encoded(rgba, format, icc_profile=SWAPPED, **OPTIONS.get(format, {})), "a")
    assert (picture.pixels[GREY < 128] == 255).all()
    assert np.abs(picture.pixels.astype(int) - CORNERS[..., ::-1])[GREY >= 128].max() <= 3
    assert codes(picture) == ["profile_applied", "alpha_on_white"]


def test_a_palette_s_colours_have_one_too() -> None:
    image = Image.fromarray(CORNERS).quantize(8)
    picture = decode(encoded(image, "PNG", icc_profile=SWAPPED), "a.png")
    assert np.abs(picture.pixels.astype(int) - CORNERS[..., ::-1]).max() <= 3
    assert codes(picture) == ["palette_expanded", "profile_applied"]


@pytest.mark.parametrize("format", ["PNG", "JPEG"])
def test_srgb_changes_nothing_and_is_no_news(format: str) -> None:
    with_it, without = encoded(CORNERS, format, icc_profile=SRGB), encoded(CORNERS, format, icc_profile=b"")
    np.testing.assert_array_equal(decode(with_it, "a").pixels, decode(without, "a").pixels)
    assert codes(decode(with_it, "a")) == []


@pytest.mark.parametrize("profile", [b"no profile", SRGB[:300], SRGB[:16] + b"CMYK" + SRGB[20:], bytes(200)])
def test_one_that_cannot_be_used_costs_no_picture(profile: bytes) -> None:
    picture = decode(encoded(CORNERS, "PNG", icc_profile=profile), "a.png")
    np.testing.assert_array_equal(picture.pixels, CORNERS)
    assert codes(picture) == ["profile_unused"]


def test_one_that_is_too_large_or_unfolds_to_too_much_is_not_read() -> None:
    bomb = encoded(CORNERS, "PNG", icc_profile=SWAPPED + bytes(LARGEST_PROFILE))
    assert len(bomb) < 100_000
    np.testing.assert_array_equal(decode(bomb, "a.png").pixels, CORNERS)


def test_pillow_s_own_conversion_is_the_same() -> None:
    data = encoded(CORNERS, "PNG", icc_profile=SWAPPED)
    theirs = ImageCms.profileToProfile(
        Image.open(io.BytesIO(data)), io.BytesIO(SWAPPED), ImageCms.createProfile("sRGB"), outputMode="RGB"
    )
    np.testing.assert_array_equal(decode(data, "a.png").pixels, np.asarray(theirs))
