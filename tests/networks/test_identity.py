"""What a network is: every way of changing it is noticed, and nothing else is."""

import copy
import functools
import gc
import weakref

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils import parametrize

from gam_viz.attention import Gate
from gam_viz.explain.attributions import attribute
from gam_viz.explain.attributions.prepare import prepare
from gam_viz.networks import NetworkConfig, build_network
from gam_viz.networks.bn_folding import fuse
from gam_viz.networks.identity import identity_of, promise_unchanged


class Twice(nn.Module):
    def forward(self, x):
        return 2 * x


def by_data(network):
    network.conv1.weight.data.mul_(1.5)


def by_numpy(network):
    network.conv1.weight.detach().numpy()[0] += 0.5


def by_running_statistics(network):
    network.bn1.running_var.numpy()[:] = 9.0


def by_one_weight(network):
    network.layer1[0].conv1.weight.data[1, 1, 1, 1] += 5.0


def by_order(network):
    """The same numbers in another order."""
    network.conv1.weight.data = network.conv1.weight.data.flip(0)


def by_activation(network):
    network.relu = nn.GELU().eval()


def by_eps(network):
    network.bn1.eps = 0.5


def by_stride(network):
    network.layer2[0].conv1.stride = (1, 1)
    network.layer2[0].shortcut[0].stride = (1, 1)


def by_forward_hook(network):
    network.layer1.register_forward_hook(lambda module, inputs, output: 0.5 * output)


def by_pre_hook(network):
    network.layer2.register_forward_pre_hook(lambda module, inputs: (0.5 * inputs[0],))


def by_hook_on_a_batch_norm(network):
    network.bn1.register_forward_hook(lambda module, inputs, output: output.flip(1))


def by_hook_on_a_convolution(network):
    network.conv1.register_forward_hook(lambda module, inputs, output: output.flip(1))


def by_parametrization(network):
    parametrize.register_parametrization(network.conv1, "weight", Twice())
    network.eval()


def by_forward(network):
    forward = network.layer1.forward
    network.layer1.forward = lambda x: 0.5 * forward(x)


def by_partial(network):
    network.relu.forward = functools.partial(torch.clamp, min=0.1)


def by_mask(network):
    """A module that takes the gate's place: no weights, another type."""
    network.layer1[0].attention = nn.Identity().eval()


WAYS = [
    *(by_data, by_numpy, by_running_statistics, by_one_weight, by_order, by_activation, by_eps, by_stride),
    *(by_forward_hook, by_pre_hook, by_hook_on_a_batch_norm, by_hook_on_a_convolution, by_parametrization, by_forward),
    *(by_partial, by_mask),
]


@pytest.mark.parametrize("change", WAYS, ids=lambda change: change.__name__)
def test_maps_are_those_of_the_network_as_it_is_now(change, randomise):
    network = randomise(build_network(NetworkConfig(width=4, num_classes=3, attention="cbam"))).eval()
    x = torch.randn(1, 3, 16, 16)
    before = attribute(network, x, 1, "saliency").values
    change(network.eval())
    found = attribute(network, x, 1, "saliency").values
    x.requires_grad_()
    (gradient,) = torch.autograd.grad(network(x)[0, 1], x)
    expected = gradient[0].sum(0).numpy()
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4 * np.abs(expected).max())
    assert not np.allclose(found, before, rtol=1e-3)


def test_one_more_setting_of_a_gate_is_noticed():
    network = build_network(NetworkConfig(width=4, num_classes=3, attention="gam"))
    before = identity_of(network)
    next(module for module in network.modules() if isinstance(module, Gate)).bounds = (0.0, 2.0)
    assert identity_of(network) != before


def test_an_unchanged_network_stays_what_it_is_whatever_ran(randomise):
    network = randomise(build_network(NetworkConfig(width=4, num_classes=3, attention="gam"))).eval()
    before, prepared = identity_of(network), prepare(network)
    attribute(network, torch.randn(1, 3, 16, 16), 1, "gradcam")
    assert identity_of(network) == before
    assert hash(identity_of(network)) == hash(before)
    assert prepare(network) is prepared
    handle = network.register_forward_hook(by_data)
    assert identity_of(network) != before
    handle.remove()
    assert identity_of(network) == before


class Odd(nn.Module):
    """Settings of every kind, NaN, arrays and references to itself among them."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor([float("nan"), 1.0]))
        self.low = nn.Parameter(torch.ones(3, dtype=torch.bfloat16))
        self.register_buffer("none", None)
        self.register_buffer("empty", torch.zeros(0))
        self.table = {"a": [1, 2.0, (None, float("nan"))], 3: {"b"}}
        self.array = np.arange(4.0)
        self.again = self.again_later
        self.hidden = [nn.Linear(2, 2)]
        self.options = slice(0, 2)

    def again_later(self, x):
        return x


def nested(odd):
    odd.table["a"][2] = (None, 0.0)


def kind(odd):
    odd.table["a"][1] = 2


def inside_an_array(odd):
    odd.array[2] = 7


def hidden_weights(odd):
    odd.hidden[0].weight.data[0, 0] += 1


def one_bit(odd):
    odd.low.data[1] = 1.0078125


@pytest.mark.parametrize("change", [nested, kind, inside_an_array, hidden_weights, one_bit], ids=lambda c: c.__name__)
def test_settings_of_any_kind_are_read(change):
    odd = Odd()
    before = identity_of(odd)
    assert identity_of(odd) == before
    change(odd)
    assert identity_of(odd) != before


def holding(network, module, inputs, output):
    return output


def test_an_identity_does_not_keep_a_network_alive():
    network = Odd()
    network.register_forward_hook(functools.partial(holding, network))
    identity, gone = identity_of(network), weakref.ref(network)
    assert hash(identity) is not None
    del network
    gc.collect()
    assert gone() is None


def test_a_hooked_or_parametrized_pair_is_not_folded(randomise):
    network = randomise(build_network(NetworkConfig(width=4, num_classes=3))).eval()
    x = torch.randn(1, 3, 16, 16)
    for change in (by_hook_on_a_batch_norm, by_hook_on_a_convolution, by_parametrization):
        changed = copy.deepcopy(network)
        change(changed.eval())
        torch.testing.assert_close(fuse(changed.eval())(x), changed(x), rtol=1e-4, atol=1e-4)


def test_of_a_network_that_will_not_change_nothing_is_read(monkeypatch):
    first, second = promise_unchanged(nn.Linear(2, 2)), promise_unchanged(nn.Linear(2, 2))
    monkeypatch.setattr("gam_viz.networks.identity._Reader", None)
    assert identity_of(first) == identity_of(first) != identity_of(second)
