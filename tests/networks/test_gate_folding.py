"""A folded gate against the gate replaced by the same constant; folded networks as files."""

import dataclasses

import pytest
import torch

from gam_viz.explain.gates import gates_of, last_gates, replace_gates
from gam_viz.networks import NetworkConfig, build_network
from gam_viz.networks.card import Card, CheckpointError
from gam_viz.networks.checkpoints import load, read, save
from gam_viz.networks.gate_folding import constants, fold

SIDE = 16


def made(attention, architecture="gam_net", **options):
    torch.manual_seed(3)
    config = NetworkConfig(architecture, 3, 8, attention, options, stem="stride2")
    network = build_network(config).eval().requires_grad_(False)
    for module in network.modules():  # masks that are not 0.5 everywhere, norms that do something
        if isinstance(module, torch.nn.BatchNorm2d):
            for value in (module.weight, module.bias, module.running_mean):
                value.copy_(torch.randn_like(value))
            module.running_var.uniform_(0.5, 2)
    x = torch.randn(4, 3, SIDE, SIDE)
    # Far from what the gates are, so that a constant that is not there would be seen.
    means = {path: gate.mean(0) for path, gate in last_gates(network, x).items()}
    return network, x, {path: mean * (0.3 + 2 * torch.rand_like(mean)) for path, mean in means.items()}


@pytest.mark.parametrize(
    "attention", ["se", "cbam", "gam", "gam_sigmoid", "se_cbam", "se_gam", "eca", "bam", "coordinate"]
)
@pytest.mark.parametrize("which", [slice(None), slice(0, None, 2), slice(1, None, 2)], ids=["all", "even", "odd"])
def test_folding_a_gate_is_running_with_the_constant(attention, which):
    network, x, means = made(attention)
    chosen = {path: means[path] for path in list(means)[which]}
    before = {key: value.clone() for key, value in network.state_dict().items()}
    folded = fold(network, chosen)
    with torch.inference_mode():
        with replace_gates(network, {path: mean[None] for path, mean in chosen.items()}):
            wanted = network(x)
        assert not torch.allclose(network(x), wanted, rtol=1e-3, atol=1e-3)  # the constants do something
        torch.testing.assert_close(folded(x), wanted, rtol=1e-5, atol=1e-5 * float(wanted.abs().max()))
    assert set(gates_of(folded)) == set(means) - set(chosen)
    assert sum(p.numel() for p in folded.parameters()) < sum(p.numel() for p in network.parameters())
    for key, value in network.state_dict().items():
        assert torch.equal(value, before[key]), key  # only read


@pytest.mark.parametrize("architecture", ["resnet50", "efficientnet_lite0"])
def test_nothing_is_left_of_weights_a_channel(architecture):
    """The batch norm before them has them, in every kind of block."""
    network, x, means = made("se", architecture)
    folded = fold(network, means)
    assert constants(folded) == 0
    bare = build_network(dataclasses.replace(network.config, attention="none"))
    assert list(folded.state_dict()) == list(bare.state_dict())
    with torch.inference_mode(), replace_gates(network, {path: mean[None] for path, mean in means.items()}):
        wanted = network(x)
    torch.testing.assert_close(folded(x), wanted, rtol=1e-5, atol=1e-5 * float(wanted.abs().max()))


def test_a_folded_network_is_a_checkpoint(tmp_path):
    network, x, means = made("cbam")
    path = tmp_path / "folded.safetensors"
    folded = fold(network, {path: means[path] for path in list(means)[:3]})
    card = Card("folded", "scenes", "Scenes", ("a", "b", "c"), SIDE, (0.5,) * 3, (0.5,) * 3, folded.config)
    save(folded, card, path)
    again = load(read(path))
    assert torch.equal(again(x), folded(x))
    assert constants(again) == constants(folded) > 0
    with pytest.raises(CheckpointError):
        save(network, card, path)
    with pytest.raises(ValueError, match="folded already"):
        fold(again, {})


def test_bad_input():
    network, _, _ = made("cbam")
    for path in ("layer9.0.attention.channel_gate", "layer1.0.conv1", "layer1.0.attention.mlp"):
        with pytest.raises(ValueError, match="no gate named"):
            fold(network, {path: torch.ones(8, 1, 1)})
    with pytest.raises(ValueError, match="folded gate"):
        NetworkConfig(folded={"layer1.0.attention.channel_gate": (10**9, 1, 1)})
    assert "folded" not in network.config.to_dict()
