"""Shares of maps in regions: against counting fine points, closed forms, and the pictures that networks see."""

import numpy as np
import pytest

from gam_viz.evidence.localisation import Box, Mask, share
from gam_viz.images import from_pixels, prepare

BOXES = [Box(0, 0, 1, 1), Box(0.25, 0.5, 0.75, 1), Box(0.1, 0.33, 0.47, 0.9), Box(0.49, 0.49, 0.51, 0.51)]


def counted(box, height, width, fine=200):
    """Coverage by counting points, `fine` a side in every cell."""
    y = (np.arange(height * fine) + 0.5) / (height * fine)
    x = (np.arange(width * fine) + 0.5) / (width * fine)
    inside = ((y >= box.top) & (y < box.bottom))[:, None] & ((x >= box.left) & (x < box.right))[None, :]
    return inside.reshape(height, fine, width, fine).mean(axis=(1, 3))


@pytest.mark.parametrize("box", BOXES)
@pytest.mark.parametrize("shape", [(1, 1), (4, 4), (7, 5), (8, 16)])
def test_coverage_of_a_box_is_what_counting_finds(box, shape):
    np.testing.assert_allclose(box.coverage(*shape), counted(box, *shape), atol=0.012)
    assert box.coverage(*shape).mean() == pytest.approx((box.right - box.left) * (box.bottom - box.top), abs=1e-6)


@pytest.mark.parametrize("shape", [(4, 4), (8, 8), (16, 16), (32, 32), (5, 7)])
def test_coverage_of_a_mask_is_its_mean_over_each_cell(shape):
    inside = np.random.default_rng(0).random((32, 32)) < 0.3
    coverage = Mask(inside).coverage(*shape)
    assert coverage.shape == shape
    if 32 % shape[0] == 0 and 32 % shape[1] == 0:
        blocks = inside.reshape(shape[0], 32 // shape[0], shape[1], 32 // shape[1])
        np.testing.assert_allclose(coverage, blocks.mean(axis=(1, 3)), atol=1e-6)
    assert coverage.mean() == pytest.approx(inside.mean(), abs=0.02)


def test_a_box_as_a_mask_is_the_same_region():
    inside = np.zeros((40, 40), bool)
    inside[10:30, 5:20] = True
    box = Box(5 / 40, 10 / 40, 20 / 40, 30 / 40)
    for shape in ((8, 8), (4, 4), (20, 20)):
        np.testing.assert_allclose(Mask(inside).coverage(*shape), box.coverage(*shape), atol=1e-6)


def test_all_mass_on_one_known_cell():
    values = np.zeros((8, 8), np.float32)
    values[2, 6] = 3.0
    there, elsewhere = Box(6 / 8, 2 / 8, 7 / 8, 3 / 8), Box(0, 0, 0.5, 0.5)
    found = share(values, there)
    assert (found.inside, found.hit) == (1.0, True)
    assert found.area == pytest.approx(1 / 64)
    assert found.density == pytest.approx(64)
    found = share(values, elsewhere)
    assert (found.inside, found.hit, found.density) == (0.0, False, 0.0)


def test_a_flat_map_favours_nothing():
    for box in BOXES[1:]:
        found = share(np.full((8, 8), 0.4, np.float32), box)
        assert found.inside == pytest.approx(found.area)
        assert found.density == pytest.approx(1)
        assert found.hit is None  # no one cell is the largest


def test_half_a_cell_counts_half():
    values = np.array([[1.0, 3.0]])
    found = share(values, Box(0.25, 0, 0.75, 1))  # half of either cell
    assert found.inside == pytest.approx(0.5)
    found = share(values, Box(0.5, 0, 0.75, 1))
    assert found.inside == pytest.approx(1.5 / 4)


def test_what_speaks_against_the_class_does_not_count():
    values = np.array([[-5.0, 1.0], [0.0, 1.0]])
    assert share(values, Box(0, 0, 0.5, 1)).inside == 0.0
    assert share(values, Box(0.5, 0, 1, 1)).inside == 1.0


def test_a_map_without_positive_values_has_no_share():
    found = share(np.array([[-1.0, -2.0]]), Box(0, 0, 0.5, 1))
    assert found.inside is None
    assert found.density is None
    assert found.hit is True  # its largest value still lies somewhere


@pytest.mark.parametrize("edges", [(0.5, 0, 0.5, 1), (0.6, 0, 0.4, 1), (-0.1, 0, 1, 1), (0, 0, 1, 1.1)])
def test_a_box_must_be_one(edges):
    with pytest.raises(ValueError, match="a box needs"):
        Box(*edges)


@pytest.mark.parametrize("inside", [np.zeros((4, 4), bool), np.ones((4, 4), bool), np.ones(4, bool)])
def test_a_mask_must_have_an_inside_and_an_outside(inside):
    with pytest.raises(ValueError, match="a mask needs"):
        Mask(inside)


@pytest.mark.parametrize("fit", ["crop", "pad", "stretch"])
@pytest.mark.parametrize("shape", [(64, 64), (90, 50), (40, 100)])
def test_a_mask_is_cut_as_the_picture_is(fit, shape):
    """White where the mask is, black elsewhere: what the network sees is white where the cut mask is."""
    mask = np.zeros(shape, bool)
    mask[shape[0] // 4 : shape[0] // 2, shape[1] // 3 : 3 * shape[1] // 4] = True
    pixels = np.repeat(mask[..., None], 3, axis=-1).astype(np.uint8) * 255
    seen = prepare(from_pixels(pixels, "mask"), size=32, mean=(0, 0, 0), std=(1, 1, 1), fit=fit)
    cut = Mask.as_seen(mask, seen.box, (32, 32)).inside
    assert (cut != (seen.seen[..., 0] > 127)).mean() < 0.04  # but for its resampled edge


def test_padding_is_outside():
    mask = np.zeros((20, 40), bool)
    mask[:, :20] = True
    seen = prepare(from_pixels(np.zeros((20, 40, 3), np.uint8), "x"), size=32, mean=(0.5,) * 3, std=(1,) * 3, fit="pad")
    cut = Mask.as_seen(mask, seen.box, (32, 32)).inside
    assert not cut[:8].any()
    assert not cut[24:].any()
    assert cut[8:24, :16].all()
