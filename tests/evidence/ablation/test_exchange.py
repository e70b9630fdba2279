"""Two pictures' gates exchanged, against a forward pass built by hand; and in what their gates differ."""

import dataclasses

import numpy as np
import pytest
import torch

from gam_viz.datasets.scenes.draw import draw_scenes
from gam_viz.evidence.ablation.exchange import exchanges
from gam_viz.evidence.leaderboard.pictures import drawn
from gam_viz.evidence.leaderboard.scoring import inputs
from gam_viz.explain import explain
from gam_viz.explain.differences import channel_differences, map_difference
from gam_viz.explain.gates import gates_of
from gam_viz.explain.heatmaps import spatial_maps
from gam_viz.networks import NetworkConfig, build_network
from gam_viz.networks.checkpoints import load
from gam_viz.text.refusal import RefusalError

SCENES = drawn(draw_scenes(2, split="test"))


def by_hand(network: torch.nn.Module, x: torch.Tensor, other: torch.Tensor, paths: list[str]) -> np.ndarray:
    """Hooks keep what each gate multiplied by on the other picture, and multiply by it on this one."""
    kept: dict[str, torch.Tensor] = {}
    gates = {path: gate for path, gate in gates_of(network).items() if path in paths}
    hooks = [
        gate.register_forward_pre_hook(lambda _, given, path=path: kept.__setitem__(path, given[1].clone()))
        for path, gate in gates.items()
    ]
    with torch.inference_mode():
        network(other)
        for hook in hooks:
            hook.remove()
        hooks = [
            gate.register_forward_hook(lambda _, given, out, path=path: given[0] * kept[path])
            for path, gate in gates.items()
        ]
        found = network(x)[0].double().numpy()
    for hook in hooks:
        hook.remove()
    return np.asarray(found)


@pytest.mark.parametrize("name", ["scenes-cbam", "scenes-gam"])
def test_exchanged_gates_are_those_that_hooks_exchange(checkpoints, name: str) -> None:
    network, card = load(checkpoints[name]), checkpoints[name].card
    first, second = (inputs(SCENES, card, n, n + 1, "cpu") for n in (0, 1))
    every, one = list(gates_of(network)), ["layer2.0.attention.spatial_gate"]
    for found, paths in zip(exchanges(network, first, second, [(), one]), (every, one), strict=True):
        assert list(found.paths) == paths
        assert np.allclose(found.first, by_hand(network, first, first, paths), rtol=0, atol=2e-5)
        assert np.allclose(found.first_with, by_hand(network, first, second, paths), rtol=0, atol=2e-5)
        assert np.allclose(found.second_with, by_hand(network, second, first, paths), rtol=0, atol=2e-5)
        assert not np.allclose(found.first, found.first_with, rtol=0, atol=5e-5)
    same = exchanges(network, first, first, [()])[0]
    assert np.allclose(same.first, same.first_with, atol=1e-5)


def test_in_what_the_gates_differ(checkpoints) -> None:
    network, card = load(checkpoints["scenes-gam"]), checkpoints["scenes-gam"].card
    first, second = (explain(network, card, inputs(SCENES, card, n, n + 1, "cpu")) for n in (0, 1))
    one, two = (each.reading("layer2.0", "channel") for each in (first, second))
    found = channel_differences(one, two, 5)
    plain = two.values.mean((1, 2)) - one.values.mean((1, 2))
    assert [each.channel for each in found] == np.argsort(-np.abs(plain), kind="stable")[:5].tolist()
    for each in found:
        assert each.change == pytest.approx(plain[each.channel], abs=1e-5)
    maps = [spatial_maps(each)["layer2.0"] for each in (first, second)]
    assert np.array_equal(map_difference(*maps, "g"), maps[1].values - maps[0].values)
    spoiled = dataclasses.replace(two, values=np.where(two.values > two.values.mean(), np.nan, two.values))
    with pytest.raises(RefusalError, match="not finite"):
        channel_differences(one, spoiled)
    with pytest.raises(RefusalError, match="several sizes"):
        channel_differences(one, first.reading("layer3.0", "channel"))


def test_bad_input() -> None:
    x = torch.zeros(1, 3, 16, 16)
    with pytest.raises(RefusalError, match="no gates"):
        exchanges(build_network(NetworkConfig(width=4)).eval(), x, x, [()])
    network = build_network(NetworkConfig(width=4, attention="se")).eval()
    with pytest.raises(RefusalError, match="two sizes, 16×16 and 24×16"):
        exchanges(network, x, torch.zeros(1, 3, 16, 24), [()])
    with torch.no_grad():
        next(parameter for name, parameter in network.named_parameters() if "attention" in name).fill_(torch.nan)
    with pytest.raises(RefusalError, match="answer to this picture is not finite"):
        exchanges(network, x, x + 1, [()])
