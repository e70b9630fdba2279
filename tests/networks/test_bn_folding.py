"""Batch norms folded into convolutions: the same numbers, the same gates."""

import pytest
import torch
from torch import nn

from gam_viz.attention import ATTENTION, build_attention
from gam_viz.explain import gates_of, record_gates
from gam_viz.networks import NetworkConfig, build_network
from gam_viz.networks.bn_folding import fuse
from tests.combinations import each_once

MODULES = [
    ("se", {}),
    ("cbam", {}),
    ("cbam", {"kernel_size": 3}),
    ("gam", {}),
    ("gam_sigmoid", {"rate": 2}),
    ("gam", {"groups": 4}),
    ("gam", {"spatial": "factorised"}),
    ("gam", {"spatial": "depthwise"}),
    ("se_cbam", {}),
    ("se_gam", {}),
]


def batch_norms(module):
    return [m for m in module.modules() if isinstance(m, nn.BatchNorm2d)]


@torch.no_grad()
@pytest.mark.parametrize(("name", "options"), MODULES, ids=str)
def test_a_fused_module_computes_the_same(name, options, randomise):
    module = randomise(build_attention(name, 16, **options))
    x = torch.randn(2, 16, 9, 6)
    before = module(x)
    fused = fuse(module)
    assert not batch_norms(fused)
    assert (fused(x) - before).abs().max() < 1e-5
    assert torch.equal(module(x), before)  # the original is as it was


@torch.no_grad()
@pytest.mark.parametrize(
    ("network", "attention"),
    each_once(
        [
            ("gam_net", "cifar"),
            ("gam_net", "stride2"),
            ("resnet18", "imagenet"),
            ("resnet34", "cifar"),
            ("resnet50", "cifar"),
        ],
        ["none", *ATTENTION],
    ),
    ids=str,
)
def test_a_fused_network_computes_the_same(network, attention, randomise):
    architecture, stem = network
    config = NetworkConfig(architecture=architecture, width=4, attention=attention, stem=stem)
    network = randomise(build_network(config))
    x = torch.randn(2, 3, 32, 24)
    before = network(x)
    assert before.abs().max() > 0.1
    fused = fuse(network)
    assert not batch_norms(fused)
    assert not fused.training
    assert (fused(x) - before).abs().max() < 1e-5


@torch.no_grad()
@pytest.mark.parametrize("attention", ["cbam", "gam"])
def test_gates_are_recorded_after_fusing_and_equal(attention, randomise):
    network = randomise(build_network(NetworkConfig(width=4, attention=attention)))
    x = torch.randn(1, 3, 16, 16)
    fused = fuse(network)
    with record_gates(network) as plain, record_gates(fused) as folded:
        network(x)
        assert not folded
        fused(x)
    assert [path for path, _, _ in folded] == [path for path, _, _ in plain] == list(gates_of(network))
    assert len(folded) == 12
    for (_, _, before), (_, _, after) in zip(plain, folded, strict=True):
        assert before.std() > 1e-3
        assert (before - after).abs().max() < 1e-5


def test_folding_leaves_parameters_without_gradients_so(randomise):
    network = randomise(build_network(NetworkConfig(width=4, attention="gam"))).requires_grad_(False)
    assert not any(p.requires_grad for p in fuse(network).parameters())


def test_training_mode_is_refused():
    network = build_network(NetworkConfig(width=4, attention="cbam"))
    with pytest.raises(ValueError, match=r"only a network in eval mode can be fused: call \.eval\(\) first"):
        fuse(network)
    network.eval()
    network.layer2[0].bn1.train()  # a part of it is enough
    with pytest.raises(ValueError, match="only a network in eval mode"):
        fuse(network)
