"""Residual networks: torchvision's numbers, attention in its place, modules that Captum can work with."""

from collections import Counter

import pytest
import torch
from torch import nn

from gam_viz.attention import ATTENTION
from gam_viz.networks import NetworkConfig, build_network
from gam_viz.runtime.torchvision_shim import torchvision
from tests.combinations import each_once


@pytest.mark.parametrize("name", ["resnet18", "resnet34", "resnet50"])
def test_equals_torchvisions_resnet(name, randomise):
    theirs = randomise(getattr(torchvision.models, name)(num_classes=7))
    ours = build_network(NetworkConfig(architecture=name, num_classes=7, stem="imagenet")).eval()
    weights = {key.replace(".downsample.", ".shortcut."): value for key, value in theirs.state_dict().items()}
    ours.load_state_dict(weights)
    x = torch.randn(2, 3, 64, 48)
    with torch.no_grad():
        expected, logits = theirs(x), ours(x)
    assert expected.std() > 0.01
    assert (logits - expected).abs().max() < 1e-5


@pytest.mark.parametrize(
    ("stem", "architecture", "sides"),
    [
        ("cifar", "gam_net", (32, 16, 8)),
        ("stride2", "gam_net", (16, 8, 4)),
        ("imagenet", "gam_net", (8, 4, 2)),
        ("cifar", "resnet18", (32, 16, 8, 4)),
        ("imagenet", "resnet50", (8, 4, 2, 1)),
    ],
)
def test_sizes_of_the_stages(stem, architecture, sides):
    network = build_network(NetworkConfig(architecture=architecture, width=4, num_classes=3, stem=stem)).eval()
    shapes = []
    for stage in network.stages:
        network.get_submodule(stage).register_forward_hook(lambda m, i, out: shapes.append(tuple(out.shape[1:])))
    assert network(torch.randn(2, 3, 32, 32)).shape == (2, 3)
    widths = [4 * 2**k * (4 if architecture == "resnet50" else 1) for k in range(len(sides))]
    assert shapes == [(width, side, side) for width, side in zip(widths, sides, strict=True)]


@pytest.mark.parametrize("architecture", ["gam_net", "resnet50"])
def test_attention_sits_after_the_last_norm_and_before_the_addition(architecture, randomise):
    network = randomise(build_network(NetworkConfig(architecture=architecture, width=4, attention="cbam")))
    block = network.layer2[0]
    last = block.bn3 if architecture == "resnet50" else block.bn2
    seen = {}
    for name, module in (("norm", last), ("attention", block.attention), ("shortcut", block.shortcut)):
        module.register_forward_hook(lambda m, inputs, out, name=name: seen.update({name: (inputs[0], out)}))
    block.register_forward_hook(lambda m, inputs, out: seen.update(block=(inputs[0], out)))
    network(torch.randn(1, 3, 16, 16))
    assert seen["attention"][0] is seen["norm"][1]
    assert seen["shortcut"][0] is seen["block"][0]
    assert torch.equal(seen["block"][1], torch.relu(seen["attention"][1] + seen["shortcut"][1]))


@pytest.mark.parametrize(("architecture", "attention"), each_once(["gam_net", "resnet50"], ["none", *ATTENTION]))
def test_no_module_runs_twice_or_in_place(architecture, attention):
    """Captum's backward hooks need that."""
    network = build_network(NetworkConfig(architecture=architecture, width=4, attention=attention)).eval()
    leaves = {name: m for name, m in network.named_modules() if not list(m.children())}
    runs = Counter()
    for name, module in leaves.items():
        module.register_forward_hook(lambda m, i, o, name=name: runs.update([name]))
    network(torch.randn(1, 3, 16, 16))
    assert runs == dict.fromkeys(leaves, 1)
    assert not any(getattr(module, "inplace", False) for module in leaves.values())


def test_attention_in_chosen_stages_only():
    config = NetworkConfig(width=8, attention="cbam", attention_stages=(False, True, False))
    network = build_network(config)
    kinds = [type(block.attention).__name__ for stage in network.stages for block in network.get_submodule(stage)]
    assert kinds == ["Identity", "Identity", "CBAM", "CBAM", "Identity", "Identity"]
    options = NetworkConfig(
        width=8, attention="gam", attention_options={"rate": 2}, attention_stages=(True, False, True)
    )
    assert build_network(options).layer3[1].attention.channel_attention[0].out_features == 16


def test_only_the_tutorials_network_has_biases_before_its_norms():
    def biased(architecture):
        network = build_network(NetworkConfig(architecture=architecture, width=4))
        return {m.bias is not None for m in network.modules() if isinstance(m, nn.Conv2d)}

    assert biased("gam_net") == {True}
    assert biased("resnet18") == biased("resnet50") == {False}


@pytest.mark.parametrize("attention", list(ATTENTION))
def test_every_convolution_learns(attention):
    network = build_network(NetworkConfig(width=4, attention=attention)).train()
    for module in network.modules():  # CBAM starts with a mask that does not depend on its convolution
        if isinstance(module, nn.BatchNorm2d):
            nn.init.ones_(module.weight)
    nn.functional.cross_entropy(network(torch.randn(4, 3, 16, 16)), torch.arange(4)).backward()
    assert not [name for name, p in network.named_parameters() if p.grad is None]
    convolutions = [(name, p) for name, p in network.named_parameters() if p.ndim == 4]
    assert not [name for name, p in convolutions if not p.grad.any()]
