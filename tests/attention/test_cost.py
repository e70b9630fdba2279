"""Closed forms against modules and networks that were built and counted."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from gam_viz.attention import ATTENTION, AttentionSpec, ModuleCost, build_attention, module_cost
from gam_viz.attention.cbam import CBAM
from gam_viz.cost import attention_cost, stages_of
from gam_viz.networks import STEMS, NetworkConfig, build_network

MODULES = [
    ("none", {}),
    ("se", {}),
    ("se", {"reduction_ratio": 5}),
    ("se", {"reduction_ratio": 100}),
    ("cbam", {}),
    ("cbam", {"reduction_ratio": 100, "kernel_size": 3}),
    *(("gam", {"rate": rate, "spatial": form}) for rate in (1, 3, 8) for form in ("full", "factorised", "depthwise")),
    ("gam", {"groups": 4}),
    ("gam", {"groups": 2, "shuffle": "last", "channel_gate": "sigmoid"}),
    ("gam_sigmoid", {}),
    ("se_cbam", {"kernel_size": 5}),
    ("se_gam", {"rate": 8, "residual": False}),
    ("eca", {}),
    ("eca", {"k_size": 9}),
    ("coordinate", {}),
    ("coordinate", {"reduction_ratio": 2}),
    ("simam", {}),
    ("bam", {}),
    ("bam", {"reduction_ratio": 5, "dilation": 2, "combine": "product"}),
    ("triplet", {}),
    ("triplet", {"kernel_size": 3}),
]


@pytest.mark.parametrize(("name", "options"), MODULES, ids=str)
@pytest.mark.parametrize(("channels", "side"), [(48, 7), (32, 1)])
def test_one_module(name, options, channels, side):
    with torch.device("meta"):
        module, x = build_attention(name, channels, **options).eval(), torch.empty(1, channels, side, side)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        module(x)
    parameters = sum(p.numel() for p in module.parameters())
    assert module_cost(name, channels, side, options) == ModuleCost(parameters, counter.get_total_flops() // 2)


def test_every_attention_that_ships_has_a_closed_form():
    assert all(spec.cost is not None for spec in ATTENTION.values())
    with pytest.raises(ValueError, match="unknown attention 'sk'; known are none, se"):
        module_cost("sk", 16, 4)


def test_without_a_closed_form_the_module_is_counted(monkeypatch):
    monkeypatch.setitem(ATTENTION, "uncounted", AttentionSpec(CBAM))
    options = {"reduction_ratio": 4, "kernel_size": 3}
    assert module_cost("uncounted", 24, 6, options) == module_cost("cbam", 24, 6, options)
    with pytest.raises(ValueError, match="kernel size must be odd"):
        module_cost("uncounted", 24, 6, {"kernel_size": 4})


@pytest.mark.parametrize("stem", STEMS)
@pytest.mark.parametrize("architecture", ["gam_net", "resnet34", "resnet50"])
def test_features_that_attention_sees(architecture, stem):
    config = NetworkConfig(architecture, width=4, attention="se", stem=stem)
    seen = {}
    with torch.device("meta"):
        network = build_network(config).eval()
    for name, module in network.named_modules():
        if name.endswith(".attention"):
            module.register_forward_hook(
                lambda module, given, made, name=name: seen.setdefault(name.split(".")[0], []).append(made.shape)
            )
    for side in (8, 31, 33, 50):
        seen.clear()
        with torch.no_grad():
            network(torch.empty(1, 3, side, side, device="meta"))
        for stage in stages_of(config, side):
            assert seen[stage.name] == [(1, stage.channels, stage.side, stage.side)] * stage.blocks, side
            assert stage.carries


def test_stages_that_carry_nothing_cost_nothing():
    config = NetworkConfig(attention="gam", attention_stages=(False, True, False))
    assert [stage.carries for stage in stages_of(config, 32)] == [False, True, False]
    assert attention_cost(config, 32) == module_cost("gam", 128, 16) * 2
