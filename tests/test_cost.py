"""Counts against the closed forms and published figures; ratios of time are only looked at for sense."""

import pytest
import torch

from gam_viz.cost import count, latency
from gam_viz.networks import NetworkConfig, build_network


@pytest.mark.parametrize(
    ("attention", "options", "parameters", "macs"),
    [
        ("none", {}, 2_779_914, 421),
        ("se", {}, 2_802_370, 421),
        ("cbam", {}, 2_802_970, 422),
        ("gam", {}, 7_085_194, 1050),
        ("gam", {"rate": 16}, 3_858_922, 578),
    ],
)
def test_the_tutorials_network(attention, options, parameters, macs):
    counts = count(NetworkConfig(attention=attention, attention_options=options), 32)
    assert counts.parameters == parameters
    assert round(counts.macs / 1e6) == macs


def test_a_single_convolution_by_hand():
    """Everything but the first convolution grows with the blocks; the whole is the sum over its layers."""
    config = NetworkConfig(width=4, num_classes=3)
    network = build_network(config).eval()
    total = 0

    def add(module, given, made):
        nonlocal total
        if isinstance(module, torch.nn.Conv2d):
            total += module.weight.numel() * made.shape[2] * made.shape[3]
        elif isinstance(module, torch.nn.Linear):
            total += module.weight.numel()

    for module in network.modules():
        module.register_forward_hook(add)
    with torch.no_grad():
        network(torch.zeros(1, 3, 20, 20))
    assert count(config, 20).macs == total


def test_latency_is_a_ratio_with_its_middle_half():
    config = NetworkConfig(width=4, attention="cbam", attention_options={"reduction_ratio": 2})
    found = latency(config, NetworkConfig(width=4), 8, torch.device("cpu"), rounds=8)
    assert 0 < found.low <= found.ratio <= found.high
    assert found.rounds == 8
    assert found.device.startswith("CPU")
