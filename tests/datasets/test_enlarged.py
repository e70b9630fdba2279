"""Enlarged pictures: computed when asked for, like an array otherwise."""

import numpy as np
from PIL import Image

from gam_viz.datasets.arrays import LabelledImages, split_validation
from gam_viz.datasets.cifar10 import INFO
from gam_viz.datasets.enlarged import EnlargedImages

SMALL = np.random.default_rng(0).integers(0, 255, (6, 32, 32, 3), dtype=np.uint8)


def test_they_are_bicubic_enlargements():
    images = EnlargedImages(SMALL, 128)
    assert (images.shape, len(images), images.ndim) == ((6, 128, 128, 3), 6, 4)
    expected = np.asarray(Image.fromarray(SMALL[2]).resize((128, 128), Image.Resampling.BICUBIC))
    assert np.array_equal(images[2], expected)
    assert np.array_equal(images[1:3][1], expected)
    assert np.array_equal(images[np.array([4, 2])][1], expected)
    assert images[6:].shape == (0, 128, 128, 3)


def test_a_part_of_a_split_stays_small():
    data = LabelledImages(INFO, EnlargedImages(SMALL, 64), np.array([0, 1, 0, 1, 0, 1]))
    train, validation = split_validation(data, 0.3)
    assert isinstance(train.images, EnlargedImages)
    assert (len(train), len(validation)) == (4, 2)
