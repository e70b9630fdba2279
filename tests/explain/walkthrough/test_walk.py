"""Every step against the network itself: each tensor is caught on its way with hooks of torch on a copy."""

import copy
import itertools

import numpy as np
import pytest
import torch
from torch import nn

from gam_viz.attention import CBAM, GAM, SE
from gam_viz.explain.gates import gates_of, layer_of
from gam_viz.explain.walkthrough import STATIONS, StepsError, walk
from gam_viz.explain.walkthrough.layers import _convolution
from gam_viz.networks import NetworkConfig, build_network

MODULES = {
    "se": ("se", {"reduction_ratio": 4}),
    "cbam": ("cbam", {"reduction_ratio": 4}),
    "cbam 3x3": ("cbam", {"reduction_ratio": 2, "kernel_size": 3}),
    "gam": ("gam", {}),
    "gam sigmoid": ("gam_sigmoid", {"rate": 2}),
    "gam groups": ("gam", {"groups": 4, "rate": 2}),
    "gam groups, shuffle last": ("gam", {"groups": 2, "rate": 2, "shuffle": "last"}),
    "gam groups, no shuffle": ("gam", {"groups": 2, "rate": 2, "shuffle": "none"}),
    "gam factorised": ("gam", {"spatial": "factorised"}),
    "gam depthwise": ("gam", {"spatial": "depthwise"}),
    "se then gam": ("se_gam", {"rate": 4}),
    "se then cbam": ("se_cbam", {"reduction_ratio": 4}),
}


@pytest.fixture(params=MODULES, scope="module")
def network(request):
    """In double precision, so that rounding does not hide what is wrong."""
    attention, options = MODULES[request.param]
    torch.manual_seed(3)
    made = build_network(NetworkConfig(width=8, attention=attention, attention_options=options)).double()
    with torch.no_grad():
        for name, value in made.state_dict().items():
            if name.endswith("running_var"):
                value.uniform_(0.5, 1.5)
            elif name.endswith(("running_mean", "bias")):
                value.normal_(0, 0.2)
            elif value.ndim == 1 and value.is_floating_point():
                value.normal_(1, 0.2)
    return made.eval()


@pytest.fixture(scope="module")
def x():
    return torch.randn(1, 3, 20, 16, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def layers_of(network):
    return list(dict.fromkeys(layer_of(path) for path in gates_of(network)))


def caught(network, x, owner):
    """What every part of the module was given and made, by its path below the module."""
    copied = copy.deepcopy(network)
    found = {}
    for path, part in copied.get_submodule(owner).named_modules():
        part.register_forward_hook(lambda _, given, made, path=path: found.__setitem__(path, (given, made)))
    with torch.no_grad():
        copied(x)
    return found


def parts(module, found):
    """(station, kind) -> the network's own tensor there, without the batch axis, taken from what was caught."""
    own = {("features", "features"): found[""][0][0][0], ("rescale", "rescale"): found["channel_gate"][1][0]}
    own["channel", "identity" if getattr(module, "channel_squash", None).__class__ is nn.Identity else "sigmoid"] = (
        found["channel_gate"][0][1][0]
    )
    if isinstance(module, SE):
        own["squeeze", "average"] = found["pool"][1][0, :, 0, 0]
        own["hidden", "linear_relu"], own["expand", "linear"] = found["mlp.1"][1][0], found["mlp.2"][1][0]
        own["channel", "sigmoid"] = found["sigmoid"][1][0]
        return own
    own["output", "output"] = found[""][1][0]
    if isinstance(module, CBAM):
        own["squeeze", "average_and_max"] = found["mlp"][0][0][:, 0]
        own["hidden", "linear_relu"], own["expand", "linear"] = found["mlp.1"][1][:, 0], found["mlp.2"][1][:, 0]
        own["join", "sum"] = found["channel_sigmoid"][0][0][0]
        own["channel", "sigmoid"] = found["channel_sigmoid"][1][0]
        own["summary", "summary"] = found["conv"][0][0][0]
        own["conv", "conv"], own["bn", "norm"] = found["conv"][1][0], found["bn"][1][0]
        own["mask", "sigmoid"] = found["spatial_sigmoid"][1][0]
        return own
    assert isinstance(module, GAM)
    own["squeeze", "permute"] = found["channel_attention"][0][0][0]
    own["hidden", "linear_relu"] = found["channel_attention.1"][1][0]
    own["expand", "linear"] = found["channel_attention.2"][1][0]
    own["join", "permute_back"] = found["channel_squash"][0][0][0]
    own["mask", "sigmoid"] = found["spatial_sigmoid"][1][0]
    if "mask_shuffle" in found and isinstance(module.mask_shuffle, nn.ChannelShuffle):
        own["mask", "shuffle"] = found["mask_shuffle"][1][0]
    return own


def test_every_step_is_the_networks_own(network, x):
    layers = layers_of(network)
    assert len(layers) >= 6
    for layer in layers:
        found = walk(network, x, layer)
        owner = next(path for path in gates_of(network) if layer_of(path) == layer).rpartition(".")[0]
        module = network.get_submodule(owner)
        hooked = caught(network, x, owner)
        own = parts(module, hooked)
        for step in found.steps:
            # Parts that are modules of their own are looked up by their path; the rest by what it is.
            tensor = own.pop((step.station, step.kind), None)
            if tensor is None:
                tensor = hooked[step.module[0]][1][0]
            np.testing.assert_allclose(step.values, tensor.numpy(), rtol=0, atol=1e-9, err_msg=f"{layer} {step.kind}")
            assert step.shape == (1, *tensor.shape)
            assert len(step.axes) == step.values.ndim
        assert not own, "the network computed something that no step shows"
        assert max(found.differences.values()) < 1e-9


def test_the_arithmetic_of_a_cell_comes_to_the_number_shown(network, x):
    generator = np.random.default_rng(0)
    for layer in layers_of(network)[::2]:
        for step in walk(network, x, layer).steps:
            for _ in range(12):
                at = tuple(int(generator.integers(n)) for n in step.values.shape)
                chain = step.arithmetic(at)
                assert chain[-1].result == pytest.approx(step.values[at], abs=1e-9), (step.station, step.kind, at)
                for before, after in itertools.pairwise(chain):
                    assert after.value == before.result


def test_in_single_precision_the_difference_is_rounding(network, x):
    single = copy.deepcopy(network).float()
    for layer in layers_of(network):
        assert max(walk(single, x.float(), layer).differences.values()) < 1e-5


def test_bounds_hold_and_stations_are_in_order(network, x):
    for layer in layers_of(network):
        steps = walk(network, x, layer).steps
        places = [STATIONS.index(step.station) for step in steps]
        assert places == sorted(places)
        for step in steps:
            assert step.lowest is None or step.values.min() >= step.lowest
            assert step.highest is None or step.values.max() <= step.highest
            assert step.formula
            assert step.code


def test_a_window_reads_zero_beyond_the_map_and_groups_read_their_own_channels():
    torch.manual_seed(0)
    network = build_network(NetworkConfig(width=8, attention="gam", attention_options={"rate": 2, "groups": 2})).eval()
    steps = walk(network, torch.randn(1, 3, 12, 12), "layer1.0")
    (conv,) = steps.at("conv")
    (corner,) = conv.arithmetic((3, 0, 0))  # the second group's last output channel
    assert corner.weights.shape == (4, 7, 7)
    assert corner.first == 4
    assert (corner.inputs[:, :3] == 0).all()
    assert (corner.inputs[:, :, :3] == 0).all()
    (rescaled,) = steps.at("rescale")
    np.testing.assert_array_equal(corner.inputs[:, 3:, 3:], rescaled.values[4:8, :4, :4])


def test_the_walk_leaves_the_network_as_it_was():
    torch.manual_seed(0)
    network = build_network(NetworkConfig(width=8, attention="cbam", attention_options={"reduction_ratio": 2})).eval()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    walk(network, torch.randn(1, 3, 12, 12), "layer2.1")
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in network.modules())
    assert not network.training


class Other(nn.Module):
    """An attention module of somebody else's that shows its gate."""

    def __init__(self, inner):
        super().__init__()
        self.channel_gate = inner.channel_gate
        self.spatial_gate = inner.spatial_gate

    def forward(self, x):
        return self.spatial_gate(self.channel_gate(x, x.mean(dim=(2, 3), keepdim=True).sigmoid()), x[:, :1].sigmoid())


def test_what_cannot_be_taken_apart_is_refused_in_a_sentence():
    torch.manual_seed(0)
    network = build_network(NetworkConfig(width=8, attention="gam")).eval()
    x = torch.randn(1, 3, 12, 12)
    with pytest.raises(StepsError, match=r"layer9\.0 has no attention") as refused:
        walk(network, x, "layer9.0")
    assert refused.value.code == "absent"
    block = network.get_submodule("layer1.0")
    block.attention = Other(block.attention)
    with pytest.raises(StepsError, match="has a Other") as refused:
        walk(network, x, "layer1.0")
    assert refused.value.code == "unknown"
    with pytest.raises(ValueError, match="one picture at a time"):
        walk(network, x.repeat(2, 1, 1, 1), "layer2.0")
    with pytest.raises(ValueError, match="eval mode"):
        walk(network.train(), x, "layer2.0")


def test_a_formula_names_no_tap_that_a_kernel_has_not():
    """A kernel of one row and seven columns reads neighbours to the left and right, and a pointwise one none."""
    row, point = nn.Conv2d(3, 2, (1, 7), bias=False), nn.Conv2d(3, 2, 1)
    formula = _convolution(row.weight.detach().numpy(), row)
    assert r"\sum_{l=-3}^{3}" in formula
    assert "K_{m,c,l}" in formula
    assert "X_{c,i,j+l}" in formula
    assert "k" not in formula
    formula = _convolution(point.weight.detach().numpy(), point)
    assert formula == r"A_{m,i,j} = \sum_{c} K_{m,c}\, X_{c,i,j} + b_m"
