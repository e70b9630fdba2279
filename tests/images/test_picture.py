"""Pictures that were never a file."""

import numpy as np

from gam_viz.images import from_pixels, load_sample


def test_a_picture_is_known_by_its_size_and_pixels() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (4, 6, 3)).astype(np.uint8)
    picture = from_pixels(pixels, "mine")
    assert (picture.width, picture.height, picture.name) == (6, 4, "mine")
    assert picture.sha256 == from_pixels(pixels.copy(), "other").sha256
    assert picture.sha256 != from_pixels(pixels.reshape(6, 4, 3), "mine").sha256
    assert not picture.pixels.flags.writeable
    assert pixels.flags.writeable


def test_a_test_scene_is_the_sample_of_the_same_pixels() -> None:
    sample = load_sample("scene-fish-1")
    assert from_pixels(sample.pixels, "again").sha256 == sample.sha256
