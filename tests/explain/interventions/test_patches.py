"""Shuffled patches: a permutation; averages do not notice it, single positions move with it, neighbours break it."""

import numpy as np
import pytest
import torch

from gam_viz.explain.interventions import Shuffle, grids, shuffle_features, shuffle_picture

LAYER = "layer1.1"  # 8 channels of 32 x 32


@pytest.mark.parametrize("grid", [2, 3, 4])
def test_every_patch_goes_to_its_place(grid) -> None:
    shuffle, values = Shuffle(grid, 5), torch.randn(2, 12, 24)
    order, (tall, wide) = shuffle.order(), (12 // grid, 24 // grid)
    assert sorted(order) == list(range(grid**2))
    expected = np.empty((2, 12, 24), np.float32)
    for place, origin in enumerate(order):
        (to_row, to_column), (row, column) = divmod(place, grid), divmod(int(origin), grid)
        expected[:, to_row * tall : (to_row + 1) * tall, to_column * wide : (to_column + 1) * wide] = values[
            :, row * tall : (row + 1) * tall, column * wide : (column + 1) * wide
        ].numpy()
    np.testing.assert_array_equal(shuffle.apply(values).numpy(), expected)


def test_a_seed_is_one_permutation_and_never_none() -> None:
    orders = [tuple(Shuffle(2, seed).order()) for seed in range(200)]
    assert (0, 1, 2, 3) not in orders
    assert len(set(orders)) == 23  # all the others
    assert orders == [tuple(Shuffle(2, seed).order()) for seed in range(200)]


def test_the_way_to_a_border_is_counted_in_positions() -> None:
    away = Shuffle(2, 0).to_border(8, 12)
    for row in range(8):
        for column in range(12):
            down, across = row % 4, column % 6
            assert away[row, column] == min(down, 3 - down, across, 5 - across)


@pytest.mark.parametrize(
    ("side", "offered"), [((32, 32), (2, 4, 8)), ((28, 28), (2, 4)), ((7, 7), (7,)), ((9, 9), (3,)), ((1, 1), ())]
)
def test_grids_divide_the_map(side, offered) -> None:
    assert grids(*side) == offered


@pytest.mark.parametrize("grid", [2, 4, 8])
def test_gates_before_and_after(case, network_of, scene, grid) -> None:
    shuffle = Shuffle(grid, 1)
    gates = {g.branch: g for g in shuffle_features(network_of(case), scene, LAYER, shuffle).gates}
    channel = gates["channel"]
    assert channel.per_position != case.averages
    assert channel.largest < 1e-12  # invariant, or moved along exactly
    np.testing.assert_allclose(channel.before, channel.after, atol=1e-12)
    assert channel.before.shape == (8,)
    if case.averages:
        assert channel.map_before is None
        assert len(channel.by_border(shuffle)) == 0
    else:
        np.testing.assert_allclose(
            shuffle.apply(torch.from_numpy(channel.map_before)).numpy(), channel.map_after, atol=1e-12
        )
    if case.radius is None:
        return
    spatial = gates["spatial"]
    assert spatial.largest > 1e-4
    steps = spatial.by_border(shuffle)
    assert len(steps) == 32 // grid // 2
    assert steps[0] > 0
    # Who is farther from a border than the convolutions see, meets nothing new.
    np.testing.assert_allclose(steps[case.radius :], 0, atol=1e-12)
    away = shuffle.to_border(32, 32)
    assert not (spatial.difference[away >= case.radius] > 1e-12).any()
    assert (spatial.channel is None) == (case.attention == "cbam")
    assert (spatial.map_difference <= spatial.difference).all()


def test_a_shuffled_picture_is_run_through_the_network(case, network_of, scene) -> None:
    network, shuffle = network_of(case), Shuffle(4, 3)
    found = shuffle_picture(network, scene, LAYER, shuffle)
    with torch.no_grad():
        np.testing.assert_allclose(found.before, network(scene)[0].numpy(), atol=1e-12)
        np.testing.assert_allclose(found.after, network(shuffle.apply(scene))[0].numpy(), atol=1e-12)
    assert all(gate.largest > 1e-6 for gate in found.gates)  # the convolutions before have met new edges


def test_where_patches_do_not_divide_a_map_its_gate_is_not_compared(random_network) -> None:
    network, x = random_network("gam", width=4), torch.randn(1, 3, 28, 28)
    channel, spatial = shuffle_picture(network, x, "layer3.0", Shuffle(4, 0)).gates  # 7 x 7
    for gate in (channel, spatial):
        assert gate.difference is None
        assert gate.largest is None
        assert len(gate.by_border(Shuffle(4, 0))) == 0
    with pytest.raises(ValueError, match="4 patches a side do not divide a map of 7 x 7"):
        shuffle_features(network, x, "layer3.0", Shuffle(4, 0))


def test_the_shared_network_is_left_as_it_is(random_network, scene, traces, same_traces) -> None:
    network = random_network("cbam")
    before = traces(network)
    shuffle_features(network, scene.float(), "layer1.0", Shuffle(2, 0))
    shuffle_picture(network, scene.float(), "layer1.0", Shuffle(2, 0))
    assert same_traces(before, traces(network))
