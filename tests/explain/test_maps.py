"""Spatial gates reduced to one map, each way against NumPy."""

import numpy as np
import pytest

from gam_viz.explain import REDUCTIONS, GateReading, spatial_map, top_channels

C, H, W = 6, 4, 5


def gate(branch, *shape, seed=0, bounded=True, layer="layer1.0", features=(C, H, W)):
    generator = np.random.default_rng(seed)
    values = generator.random(shape) if bounded else generator.normal(0, 2, shape)
    path = f"{layer}.attention.{branch}_gate"
    return GateReading(layer, path, branch, (0.0, 1.0) if bounded else None, values.astype(np.float32), features)


GAM_CHANNEL = gate("channel", C, H, W, seed=1, bounded=False)
GAM_SIGMOID = gate("channel", C, H, W, seed=2)
GAM_SPATIAL = gate("spatial", C, H, W, seed=3)
CBAM_CHANNEL = gate("channel", C, 1, 1, seed=4)
CBAM_SPATIAL = gate("spatial", 1, H, W, seed=5)


@pytest.mark.parametrize(
    ("channel", "spatial", "highest"),
    [
        (GAM_CHANNEL, GAM_SPATIAL, None),
        (GAM_SIGMOID, GAM_SPATIAL, 1.0),
        (CBAM_CHANNEL, CBAM_SPATIAL, 1.0),
        (CBAM_CHANNEL, GAM_SPATIAL, 1.0),
    ],
)
def test_gain_is_what_the_pair_leaves_of_the_features(channel, spatial, highest):
    drawn = spatial_map(spatial, channel, reduction="gain")
    expected = np.zeros((H, W))
    for c in range(C):
        for h in range(H):
            for w in range(W):
                a = channel.values[c, h % channel.values.shape[1], w % channel.values.shape[2]]
                m = spatial.values[c % spatial.values.shape[0], h, w]
                expected[h, w] += abs(float(a) * float(m)) / C
    np.testing.assert_allclose(drawn.values, expected, rtol=1e-5)
    assert (drawn.reduction, drawn.lowest, drawn.highest, drawn.channels) == ("gain", 0.0, highest, ())


def test_strength_stands_for_the_gain_where_there_is_no_channel_gate():
    drawn = spatial_map(GAM_SPATIAL, reduction="gain")
    np.testing.assert_allclose(drawn.values, GAM_SPATIAL.values.mean(axis=0), rtol=1e-6)
    assert (drawn.reduction, drawn.highest) == ("strength", 1.0)


@pytest.mark.parametrize("reduction", [name for name in REDUCTIONS if name != "gain"])
@pytest.mark.parametrize("channel", [CBAM_CHANNEL, None])
def test_one_mask_for_all_channels_is_returned_as_it_is(reduction, channel):
    drawn = spatial_map(CBAM_SPATIAL, channel, reduction=reduction)
    np.testing.assert_array_equal(drawn.values, CBAM_SPATIAL.values[0])
    assert (drawn.reduction, drawn.lowest, drawn.highest) == ("mask", 0.0, 1.0)


def test_gain_of_one_mask_without_a_channel_gate_is_the_mask():
    assert spatial_map(CBAM_SPATIAL).reduction == "mask"


def test_spread_is_the_standard_deviation_over_channels():
    drawn = spatial_map(GAM_SPATIAL, GAM_CHANNEL, reduction="spread")
    np.testing.assert_allclose(drawn.values, GAM_SPATIAL.values.std(axis=0), rtol=1e-5)
    assert (drawn.lowest, drawn.highest) == (0.0, 0.5)
    # The bound is reached where half the channels are 0 and half are 1, and no higher.
    halves = GateReading(
        "l", "l", "spatial", (0.0, 1.0), np.repeat([0.0, 1.0], 3)[:, None, None] * np.ones((C, H, W)), (C, H, W)
    )
    assert spatial_map(halves, reduction="spread").values.max() == pytest.approx(0.5)


def test_mean_is_the_plain_mean():
    drawn = spatial_map(GAM_SPATIAL, GAM_CHANNEL, reduction="mean")
    np.testing.assert_allclose(drawn.values, GAM_SPATIAL.values.mean(axis=0), rtol=1e-6)
    assert (drawn.reduction, drawn.lowest, drawn.highest) == ("mean", 0.0, 1.0)


@pytest.mark.parametrize("channel", [0, 3, C - 1])
def test_one_channel_is_that_channels_mask(channel):
    drawn = spatial_map(GAM_SPATIAL, reduction="channel", channels=[channel])
    np.testing.assert_array_equal(drawn.values, GAM_SPATIAL.values[channel])
    assert (drawn.reduction, drawn.channels, drawn.highest) == ("channel", (channel,), 1.0)


@pytest.mark.parametrize("count", [1, 3, C])
def test_top_is_the_mean_mask_of_the_strongest_channels(count):
    strength = np.abs(GAM_CHANNEL.values).mean(axis=(1, 2))
    strongest = sorted(range(C), key=lambda c: -strength[c])[:count]
    drawn = spatial_map(GAM_SPATIAL, GAM_CHANNEL, reduction="top", count=count)
    assert drawn.channels == tuple(strongest) == top_channels(GAM_CHANNEL, GAM_SPATIAL, count)
    np.testing.assert_allclose(drawn.values, GAM_SPATIAL.values[strongest].mean(axis=0), rtol=1e-6)


def test_the_sign_of_a_weight_does_not_make_it_weak():
    values = np.ones((C, H, W), dtype=np.float32)
    values[2] = -5
    strong = GateReading("layer1.0", "g", "channel", None, values, (C, H, W))
    assert top_channels(strong, GAM_SPATIAL, 1) == (2,)
    assert top_channels(strong, GAM_SPATIAL, 3) == (2, 0, 1)  # equal ones in their order


def test_without_channel_weights_the_most_varied_masks_come_first():
    variation = GAM_SPATIAL.values.std(axis=(1, 2))
    expected = tuple(sorted(range(C), key=lambda c: -variation[c])[:4])
    assert top_channels(None, GAM_SPATIAL, 4) == expected
    assert spatial_map(GAM_SPATIAL, reduction="top").channels == expected
    assert len(top_channels(None, GAM_SPATIAL, 0)) == 1
    assert len(top_channels(None, GAM_SPATIAL, 99)) == C


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_maps_are_float32_of_the_layers_size_and_cannot_be_changed(reduction):
    drawn = spatial_map(GAM_SPATIAL, GAM_CHANNEL, reduction=reduction)
    assert drawn.values.shape == (H, W)
    assert drawn.values.dtype == np.float32
    assert drawn.lowest <= drawn.values.min()
    assert drawn.highest is None or drawn.values.max() <= drawn.highest
    with pytest.raises(ValueError, match="read-only"):
        drawn.values[0, 0] = 1
    GAM_SPATIAL.values[0, 0, 0] += 0  # the reading itself is as writeable as it was


def test_the_plain_mean_is_offered_last():
    assert REDUCTIONS == ("gain", "spread", "top", "channel", "mean")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"reduction": "median"}, "unknown reduction 'median'; known are gain, spread, top, channel, mean"),
        ({"reduction": "channel", "channels": [C]}, "channel 6 does not exist; this layer has 0 to 5"),
        ({"reduction": "channel", "channels": [-1]}, "channel -1 does not exist"),
        ({"reduction": "channel", "channels": []}, "does not exist; this layer has 0 to 5"),
        ({"channel": gate("channel", C, H, W, layer="layer2.0")}, "of different layers, layer2.0 and layer1.0"),
        ({"channel": gate("channel", C, 1, 1, features=(C, 8, 8))}, "of different layers"),
    ],
)
def test_what_cannot_be_drawn_is_refused(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        spatial_map(GAM_SPATIAL, **arguments)


WILD = gate("spatial", C, H, W, seed=6, bounded=False)
WILD_MASK = gate("spatial", 1, H, W, seed=7, bounded=False)


@pytest.mark.parametrize("reduction", ["top", "channel", "mean"])
def test_masks_out_of_no_sigmoid_have_no_bounds(reduction):
    drawn = spatial_map(WILD, GAM_CHANNEL, reduction=reduction)
    assert drawn.values.min() < 0
    assert (drawn.lowest, drawn.highest) == (None, None)


def test_one_mask_out_of_no_sigmoid():
    drawn = spatial_map(WILD_MASK, reduction="mean")
    np.testing.assert_array_equal(drawn.values, WILD_MASK.values[0])
    assert (drawn.reduction, drawn.lowest, drawn.highest) == ("mask", None, None)


def test_gain_and_spread_of_masks_out_of_no_sigmoid_start_at_0():
    gain = spatial_map(WILD, reduction="gain")
    np.testing.assert_allclose(gain.values, np.abs(WILD.values).mean(axis=0), rtol=1e-6)
    assert (gain.lowest, gain.highest) == (0.0, None)
    spread = spatial_map(WILD, reduction="spread")
    assert spread.values.max() > 0.5
    assert (spread.lowest, spread.highest) == (0.0, None)
    pair = spatial_map(WILD, GAM_SIGMOID, reduction="gain")
    assert (pair.lowest, pair.highest) == (0.0, None)
