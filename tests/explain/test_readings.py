"""What a gate's reading says of it, against NumPy."""

import numpy as np
import pytest
import torch

from gam_viz.explain import GateReading, explain, gates_of, read_gates, replace_gates
from gam_viz.networks import NetworkConfig, build_network
from gam_viz.networks.checkpoints import Card


@pytest.fixture
def reading():
    def make(*shape, features=(6, 4, 5), branch="channel", bounded=False):
        values = np.random.default_rng(0).normal(0.3, 1, shape).astype(np.float32)
        return GateReading(
            "layer1.0", "layer1.0.attention.gate", branch, (0.0, 1.0) if bounded else None, values, features
        )

    return make


@pytest.fixture
def network(randomise):
    def make(attention):
        return randomise(build_network(NetworkConfig(width=4, attention=attention, num_classes=3)))

    return make


@pytest.mark.parametrize("shape", [(6, 1, 1), (1, 4, 5), (6, 4, 5)])
def test_numbers_per_channel_equal_numpy(shape, reading):
    gate = reading(*shape)
    full = np.broadcast_to(gate.values, (6, 4, 5)).reshape(6, 20).astype(np.float64)
    np.testing.assert_allclose(gate.channel_means(), full.mean(axis=1), rtol=1e-5)
    np.testing.assert_allclose(gate.channel_spread(), full.std(axis=1), rtol=1e-5, atol=1e-7)
    low, high = gate.channel_quantiles()
    np.testing.assert_allclose(low, np.quantile(full, 0.1, axis=1), rtol=1e-5)
    np.testing.assert_allclose(high, np.quantile(full, 0.9, axis=1), rtol=1e-5)
    least, median = gate.channel_quantiles(0, 0.5)
    np.testing.assert_allclose(least, full.min(axis=1), rtol=1e-6)
    np.testing.assert_allclose(median, np.median(full, axis=1), rtol=1e-5)
    assert gate.negative_share == pytest.approx((full < 0).mean())
    for numbers in (gate.channel_means(), gate.channel_spread(), low, high):
        assert numbers.shape == (6,)
        assert numbers.dtype == np.float32


def test_a_value_per_channel_has_no_spread(reading):
    assert not reading(6, 1, 1).channel_spread().any()
    assert reading(6, 4, 5).channel_spread().all()


@pytest.mark.parametrize(
    ("shape", "per_channel", "per_position"),
    [((6, 1, 1), True, False), ((1, 4, 5), False, True), ((6, 4, 5), True, True)],
)
def test_what_a_gate_differs_between(shape, per_channel, per_position, reading):
    assert reading(*shape).per_channel is per_channel
    assert reading(*shape).per_position is per_position


@pytest.mark.parametrize("shape", [(6, 1, 1), (1, 4, 5), (6, 4, 5)])
def test_the_weights_at_one_position(shape, reading):
    gate = reading(*shape)
    full = np.broadcast_to(gate.values, (6, 4, 5))
    for row, column in ((0, 0), (3, 4), (1, 2)):
        at = gate.at(row, column)
        np.testing.assert_array_equal(at, full[:, row, column])
        at[:] = 0  # its own copy
    np.testing.assert_array_equal(gate.at(3, 4), full[:, 3, 4])


@pytest.mark.parametrize("position", [(4, 0), (0, 5), (-1, 0), (0, -1)])
def test_a_position_outside_is_refused(position, reading):
    with pytest.raises(IndexError, match="lies outside a map of 4 rows and 5 columns"):
        reading(6, 4, 5).at(*position)


@pytest.mark.parametrize(
    ("attention", "shapes", "bounded"),
    [
        ("se", [(4, 1, 1)], [True]),
        ("cbam", [(4, 1, 1), (1, 16, 8)], [True, True]),
        ("gam", [(4, 16, 8), (4, 16, 8)], [False, True]),
        ("gam_sigmoid", [(4, 16, 8), (4, 16, 8)], [True, True]),
        ("se_gam", [(4, 1, 1), (4, 16, 8), (4, 16, 8)], [True, False, True]),
    ],
)
def test_readings_of_a_network(attention, shapes, bounded, network):
    net = network(attention)
    x = torch.randn(1, 3, 16, 8)
    logits, readings = read_gates(net, x)
    torch.testing.assert_close(logits, net(x).detach())
    assert [r.module for r in readings] == list(gates_of(net))
    first = readings[: len(shapes)]
    assert [r.values.shape for r in first] == shapes
    assert [r.bounds is not None for r in first] == bounded
    chain = {"layer1.0.first", "layer1.0.second"}
    assert {r.layer for r in first} == (chain if attention == "se_gam" else {"layer1.0"})
    assert {r.shape for r in first} == {(4, 16, 8)}
    for r in readings:
        assert r.values.dtype == np.float32
        assert not r.values.flags.writeable
        if r.bounds:
            assert 0 < r.values.min() <= r.values.max() < 1
    assert readings[-1].shape == (16, 4, 2)


def test_a_network_without_attention_has_no_readings(network):
    assert read_gates(network("none"), torch.randn(1, 3, 8, 8))[1] == ()


@pytest.mark.parametrize(
    ("value", "channel", "spatial"),
    [
        (torch.tensor(0.5), (4, 1, 1), (1, 8, 8)),
        (torch.full((1, 4, 1, 1), 0.5), (4, 1, 1), (4, 8, 8)),
        (torch.full((8, 8), 0.5), (4, 8, 8), (1, 8, 8)),
    ],
)
def test_a_gate_that_was_replaced_by_a_smaller_one_reads_in_its_branchs_shape(value, channel, spatial, network):
    net = network("cbam")
    paths = [f"layer1.0.attention.{branch}_gate" for branch in ("channel", "spatial")]
    with replace_gates(net, dict.fromkeys(paths, value)):
        _, readings = read_gates(net, torch.randn(1, 3, 8, 8))
    assert readings[0].values.shape == channel
    assert readings[1].values.shape == spatial
    assert (readings[0].values == 0.5).all()
    assert (readings[1].values == 0.5).all()


def test_an_explanation_finds_readings_by_layer_and_branch(network):
    net = network("se_gam")
    card = Card("n", "easy", "Easy", ("a", "b", "c"), 8, (0.5,) * 3, (0.5,) * 3, net.config)
    x = torch.randn(1, 3, 8, 8)
    found = explain(net, card, x)
    expected = torch.softmax(net(x).detach()[0].double(), dim=0).numpy()
    np.testing.assert_allclose(found.probabilities, expected, rtol=1e-5)
    assert found.predicted == expected.argmax()
    blocks = ("layer1.0", "layer1.1", "layer2.0", "layer2.1", "layer3.0", "layer3.1")
    assert found.layers == tuple(f"{block}.{part}" for block in blocks for part in ("first", "second"))
    assert len(found.readings) == 18
    spatial = found.reading("layer2.1.second", "spatial")
    assert spatial.module == "layer2.1.attention.second.spatial_gate"
    # The chain's second module has a channel gate of its own, which goes with its spatial one.
    assert found.reading("layer2.1.second", "channel").module == "layer2.1.attention.second.channel_gate"
    assert found.reading("layer2.1.first", "spatial") is None
    assert found.reading("layer9", "channel") is None
    assert explain(network("se"), card, x).reading("layer1.0", "spatial") is None
