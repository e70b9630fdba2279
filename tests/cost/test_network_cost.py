"""Counts of whole networks against published figures and a count by hand."""

import resource

import pytest
import torch

from gam_viz.cost import bill, count
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


def test_a_bill_adds_up():
    config = NetworkConfig("resnet50", 7, 8, "se_gam", {"rate": 2}, (True, False, True, False), "imagenet")
    found = bill(config, 65)
    assert found.counts == count(config, 65)
    assert [part.name for part in found.parts] == ["stem", "layer1", "layer2", "layer3", "layer4", "head"]
    assert [part.attention.parameters > 0 for part in found.parts] == [False, True, False, True, False, False]
    assert [part.attention.macs > 0 for part in found.parts] == [False, True, False, True, False, False]


def test_parts_are_those_of_the_modules():
    """Parameters by their names, multiply-adds of the layers that ran, on real weights."""
    config = NetworkConfig("resnet18", 5, 4, "gam", {"rate": 2}, (True, True, False, True))
    network = build_network(config).eval()
    macs = {}

    def note(name):
        def add(module, given, made):
            positions = made.numel() // module.weight.shape[0]  # a picture's rows of a linear layer, or H W
            macs[name] = macs.get(name, 0) + module.weight.numel() * positions

        return add

    for name, module in network.named_modules():
        if isinstance(module, torch.nn.Conv2d | torch.nn.Linear):
            module.register_forward_hook(note(name))
    with torch.no_grad():
        network(torch.zeros(1, 3, 12, 12))
    for part in bill(config, 12).parts:
        begins = {"stem": ("conv1.", "bn1."), "head": ("fc.",)}.get(part.name, (f"{part.name}.",))
        mine = {name: p.numel() for name, p in network.named_parameters() if name.startswith(begins)}
        ran = {name: value for name, value in macs.items() if f"{name}.".startswith(begins)}
        for share, gated in ((part.own, False), (part.attention, True)):
            assert share.parameters == sum(n for name, n in mine.items() if (".attention." in name) == gated)
            assert share.macs == sum(n for name, n in ran.items() if (".attention." in name) == gated)


def test_peak_and_kept_activations_by_hand():
    """The tutorial's network without attention; F is the first stage's features, 64 x 32 x 32 floats.

    The peak is in stage 1, block 2: the stem's output, the block's input, its first convolution's output after ReLU,
    its second convolution's output, and that after batch norm.

    Kept: the picture; in the stem what the batch norm and the ReLU need (2 F); in every block both convolutions'
    outputs and both ReLUs' (4 of its features), and the shortcut's convolution where there is one; the head's input.
    """
    found = bill(NetworkConfig(), 32)
    picture, f = 4 * 3 * 32 * 32, 4 * 64 * 32 * 32
    assert (found.peak, found.peak_at) == (picture + 5 * f, "layer1")
    assert found.kept == picture + 2 * f + 8 * f + 9 * f // 2 + 9 * f // 4 + 4 * 256


def test_a_large_stem_has_the_peak():
    """ResNet-18 on 224 x 224: the picture, the 7 x 7 convolution's output and that after batch norm."""
    found = bill(NetworkConfig("resnet18", 1000, stem="imagenet", attention="cbam"), 224)
    assert (found.peak, found.peak_at) == (4 * 3 * 224**2 + 2 * 4 * 64 * 112**2, "stem")


@pytest.mark.parametrize("rate", [2, 4, 16])
def test_what_gam_keeps_for_training_by_hand(rate):
    """Of the C x H x W features it works on, one GAM keeps: its input; the same laid out by position for the MLP;
    the channel weights; the gated features; the second convolution's output; the mask: six of them. And three times
    the hidden ones, C / r: the MLP's after ReLU, the first convolution's output, and that after batch norm and ReLU.
    """
    config = NetworkConfig(attention="gam", attention_options={"rate": rate})
    features = 2 * 4 * (64 * 32**2 + 128 * 16**2 + 256 * 8**2)  # of all six blocks, in bytes
    assert bill(config, 32).kept - bill(NetworkConfig(), 32).kept == features * (6 + 3 / rate)


def test_the_rate_hardly_changes_what_training_keeps():
    """What the page says of it: from r = 2 to r = 16 parameters fall by an order, what is kept by a tenth."""
    low, high = (bill(NetworkConfig(attention="gam", attention_options={"rate": rate}), 32) for rate in (2, 16))
    none = count(NetworkConfig(), 32).parameters
    assert (low.counts.parameters - none) / (high.counts.parameters - none) > 7
    assert low.kept / high.kept < 1.15


def test_half_a_billion_parameters_take_no_memory():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # kB
    found = bill(NetworkConfig("resnet50", 1000, attention="gam", stem="imagenet"), 224)
    assert found.counts.parameters == 528_621_352
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 500_000  # its weights would be 2,100,000


def test_what_cannot_be_built():
    with pytest.raises(ValueError, match="GAM's rate must lie between 1 and the number of channels"):
        bill(NetworkConfig(width=2, attention="gam"), 32)
