"""Any map over a picture, made alike: resolution, names, what of a gate is taken."""

import numpy as np
import pytest
from scipy import ndimage

from gam_viz.explain import GateReading
from gam_viz.explain.explanation import Explanation
from gam_viz.explain.heatmaps import heatmaps, resized, spatial_maps


def reading(branch, values, features, *, layer="layer1.0", bounded=True):
    return GateReading(
        layer, f"{layer}.{branch}", branch, (0.0, 1.0) if bounded else None, values.astype(np.float32), features
    )


def explanation(*readings):
    return Explanation(None, np.zeros(3, np.float32), readings)


def test_growing_is_linear_between_the_cells_centres():
    values = np.random.default_rng(0).normal(size=(4, 4)).astype(np.float32)
    grown = resized(values, 16)
    places = (np.arange(16) + 0.5) / 4 - 0.5
    expected = ndimage.map_coordinates(values, np.meshgrid(places, places, indexing="ij"), order=1, mode="nearest")
    np.testing.assert_allclose(grown, expected, atol=1e-6)


def test_a_map_of_the_right_size_is_left_alone():
    values = np.random.default_rng(0).random((8, 8)).astype(np.float32)
    assert resized(values, 8) is values


def test_one_mask_is_taken_as_it_is_and_many_with_their_channel_gate():
    generator = np.random.default_rng(1)
    mask, many = generator.random((1, 4, 4)), generator.random((6, 4, 4))
    weights, signed = generator.random((6, 1, 1)), generator.normal(size=(6, 4, 4))
    of_cbam = spatial_maps(explanation(reading("channel", weights, (6, 4, 4)), reading("spatial", mask, (6, 4, 4))))
    np.testing.assert_array_equal(of_cbam["layer1.0"].values, mask[0].astype(np.float32))
    of_gam = spatial_maps(
        explanation(reading("channel", signed, (6, 4, 4), bounded=False), reading("spatial", many, (6, 4, 4)))
    )
    np.testing.assert_allclose(of_gam["layer1.0"].values, np.abs(signed * many).mean(0), rtol=1e-5)


def test_layers_are_given_in_the_order_asked_for_and_those_without_a_mask_left_out():
    found = spatial_maps(
        explanation(
            reading("spatial", np.ones((1, 2, 2)), (3, 2, 2), layer="a"),
            reading("channel", np.ones((3, 1, 1)), (3, 2, 2), layer="b"),
            reading("spatial", np.ones((1, 2, 2)), (3, 2, 2), layer="c"),
        ),
        ["c", "b", "a"],
    )
    assert list(found) == ["c", "a"]


def test_a_channel_that_a_layer_lacks_becomes_its_last():
    many = np.arange(3.0)[:, None, None] * np.ones((3, 2, 2))
    found = spatial_maps(explanation(reading("spatial", many, (3, 2, 2))), reduction="channel", channel=7)
    assert found["layer1.0"].channels == (2,)


@pytest.mark.parametrize("bounded", [True, False])
def test_a_map_says_whether_it_can_be_negative(bounded):
    (map_,) = heatmaps(explanation(reading("spatial", np.ones((1, 2, 2)), (3, 2, 2), bounded=bounded)))
    assert (map_.key, map_.kind, map_.signed) == ("gate.layer1.0", "gate", not bounded)
