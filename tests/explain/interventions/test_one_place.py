"""Change one place: gates change where their own formulas let them, and nowhere else, to the last bit."""

import numpy as np
import pytest
import torch

from gam_viz.explain.interventions import move_features, move_pixel
from gam_viz.explain.interventions.double_precision import alone, run

LAYER = "layer2.0"  # 16 channels of 16 x 16
PLACES = [(0, 0), (7, 9), (15, 2)]


@pytest.mark.parametrize("place", PLACES)
def test_a_changed_position_is_seen_where_the_formulas_say(case, network_of, scene, box, place) -> None:
    moved = move_features(network_of(case), scene, LAYER, *place)
    gates = {gate.branch: gate for gate in moved.gates}
    channel = gates["channel"]
    assert channel.shape == (16, 16, 16)
    everywhere = np.ones((16, 16), dtype=bool)
    own = box((16, 16), *place, 0)
    if case.averages:
        assert not channel.per_position
        assert channel.changed == channel.positions == 256
        np.testing.assert_array_equal(channel.reach, everywhere)
        assert not channel.direct_reach.any()  # held, it does not change
        assert not channel.direct.any()
    else:
        assert channel.changed == 1
        np.testing.assert_array_equal(channel.change > 0, own)
        np.testing.assert_array_equal(channel.reach, own)
    if case.radius is None:
        assert set(gates) == {"channel"}
        return
    spatial, around = gates["spatial"], box((16, 16), *place, case.radius)
    np.testing.assert_array_equal(spatial.reach, everywhere if case.averages else around)
    np.testing.assert_array_equal(spatial.direct_reach, around)
    assert spatial.field == (2 * case.radius + 1, 2 * case.radius + 1)
    assert spatial.extent == (around.any(axis=1).sum(), around.any(axis=0).sum())
    # Measured: nothing beyond the field, and something at each of its edges, so that the field is no larger than it is.
    for change, reach in ((spatial.change, spatial.reach), (spatial.direct, spatial.direct_reach)):
        assert not change[~reach].any()
        np.testing.assert_array_equal(change.any(axis=0), reach.any(axis=0))
        np.testing.assert_array_equal(change.any(axis=1), reach.any(axis=1))
    assert spatial.largest == spatial.change.max()
    assert (spatial.largest_elsewhere > 0) == case.averages


def test_every_position_of_a_random_module_is_local_to_the_bit(case, module_of, box) -> None:
    """The same claim on modules alone, without the library's own way of changing and comparing."""
    module, x = module_of(case, 32), torch.randn(1, 32, 9, 11, dtype=torch.float64)
    before = run(module, x).gates
    for row, column in [(0, 0), (4, 5), (8, 10), (2, 7)]:
        other = x.clone()
        other[0, :, row, column] = torch.randn(32, dtype=torch.float64)
        after = run(module, other).gates
        for path, gate in before.items():
            same = (gate == after[path])[0].all(dim=0).numpy()
            if case.averages:
                continue
            radius = 0 if path == "channel_gate" else case.radius
            assert same[~box((9, 11), row, column, radius)].all()
            assert not same[row, column]


def test_the_change_is_that_of_the_formula(cases, network_of, scene) -> None:
    network = network_of(cases["gam"])
    module, features = alone(network, scene, LAYER)
    other = features.clone()
    other[0, :, 3, 4] += 1.5 * features[0].std(dim=(1, 2), correction=0)
    mlp = module.channel_attention
    with torch.no_grad():
        difference = (mlp(other[0, :, 3, 4]) - mlp(features[0, :, 3, 4])).abs().max()
    channel = move_features(network, scene, LAYER, 3, 4, amount=1.5).gates[0]
    assert channel.largest == pytest.approx(float(difference), rel=1e-12)


def test_a_pixel_spreads_through_the_convolutions_before(cases, network_of, scene, box) -> None:
    colour = torch.tensor([3.0, -3.0, 3.0])
    network = network_of(cases["gam"])
    channel, spatial = move_pixel(network, scene, "layer1.0", 10, 12, colour).gates
    # Three 3x3 convolutions lie before the first gate, the mask's two 7x7 ones after it.
    for gate, radius in ((channel, 3), (spatial, 9)):
        np.testing.assert_array_equal(gate.reach, box((32, 32), 10, 12, radius))
        assert not gate.change[~gate.reach].any()
        np.testing.assert_array_equal(gate.change.any(axis=0), gate.reach.any(axis=0))
    # After the first block's mask, two more 3x3 convolutions: 9 + 2, and the map's edge at row 0.
    assert move_pixel(network, scene, "layer1.1", 10, 12, colour).gates[0].reach.sum() == 22 * 23


def test_after_a_block_that_averages_everything_changes(cases, network_of, scene, box) -> None:
    network = network_of(cases["cbam"])
    colour = torch.tensor([3.0, -3.0, 3.0])
    channel, mask = move_pixel(network, scene, "layer1.0", 10, 12, colour).gates
    assert channel.reach.all()
    assert mask.changed == mask.positions
    np.testing.assert_array_equal(mask.direct_reach, box((32, 32), 10, 12, 6))
    assert not mask.direct[~mask.direct_reach].any()
    for gate in move_pixel(network, scene, "layer1.1", 10, 12, colour).gates:
        assert gate.changed == gate.positions
        assert gate.reach.all()


def test_the_answer_is_the_network_s_own(network_of, scene, case) -> None:
    network, colour = network_of(case), torch.tensor([1.0, 2.0, -3.0])
    moved = move_pixel(network, scene, "layer1.0", 5, 6, colour)
    other = scene.clone()
    other[0, :, 5, 6] = colour.double()
    with torch.no_grad():
        np.testing.assert_allclose(moved.before, network(scene)[0].numpy(), atol=1e-12)
        np.testing.assert_allclose(moved.after, network(other)[0].numpy(), atol=1e-12)


def test_the_same_colour_changes_nothing(network_of, scene, case) -> None:
    moved = move_pixel(network_of(case), scene, "layer2.1", 5, 6, scene[0, :, 5, 6])
    assert [gate.changed for gate in moved.gates] == [0] * len(moved.gates)
    np.testing.assert_array_equal(moved.before, moved.after)


@pytest.mark.parametrize("attention", ["se_cbam", "se_gam"])
def test_a_chain_s_modules_are_layers_of_their_own(random_network, scene, attention) -> None:
    options = {"reduction_ratio": 2} if attention == "se_cbam" else {"rate": 2}
    network = random_network(attention, width=8, attention_options=options)
    first = move_features(network, scene.float(), "layer1.0.first", 4, 4).gates
    assert [gate.branch for gate in first] == ["channel"]
    assert first[0].changed == first[0].positions
    channel, spatial = move_features(network, scene.float(), "layer1.0.second", 4, 4).gates
    assert channel.changed == (1 if attention == "se_gam" else channel.positions)
    assert (spatial.change > 0).sum() <= spatial.reach.sum()


@pytest.mark.parametrize("level", ["features", "picture"])
def test_the_shared_network_is_left_as_it_is(random_network, scene, traces, same_traces, level) -> None:
    network = random_network("gam")
    before = traces(network)
    x = scene.float()
    if level == "features":
        move_features(network, x, "layer1.0", 1, 1)
    else:
        move_pixel(network, x, "layer1.0", 1, 1, torch.zeros(3))
    assert same_traces(before, traces(network))
    assert network(x).dtype == torch.float32


def test_what_cannot_be_asked_is_refused(random_network, scene) -> None:
    network, x = random_network("gam"), scene.float()
    with pytest.raises(ValueError, match=r"layer layer9\.0 has no gates"):
        move_features(network, x, "layer9.0", 0, 0)
    with pytest.raises(ValueError, match="has no gates"):
        move_pixel(random_network("none"), x, "layer1.0", 0, 0, torch.zeros(3))
    with pytest.raises(IndexError, match="row 40, column 0 lies outside a map of 32 rows"):
        move_features(network, x, "layer1.0", 40, 0)
    with pytest.raises(IndexError, match="lies outside"):
        move_pixel(network, x, "layer1.0", 0, -1, torch.zeros(3))
