"""What adapting and asking must not change: the network given, its modes, other threads, copies."""

import copy
import threading

import pytest
import torch
from torch import nn

from gam_viz.attention import watch
from gam_viz.explain import explain, gates_of, read_gates, replace_gates
from gam_viz.explain.attributions import METHODS, attribute, default_layer, layers_of
from gam_viz.networks.adapters import ForeignNetwork, NetworkFailedError, adapt, foreign_card
from gam_viz.runtime.torchvision_shim import torchvision
from tests.networks_of_others import OwnSE


@pytest.fixture
def network(timm, randomise):
    return randomise(timm.create_model("seresnet18", pretrained=False, num_classes=5))


def looks(network):
    hooks = [
        {key: len(value) for key, value in vars(module).items() if key.endswith("hooks")}
        for module in network.modules()
    ]
    modules = [(name, type(module), module.training) for name, module in network.named_modules()]
    weights = {key: value.clone() for key, value in network.state_dict().items()}
    grads = [(p.requires_grad, p.grad is None) for p in network.parameters()]
    return hooks, modules, grads, weights


def same(a, b):
    return a[:3] == b[:3] and all(torch.equal(a[3][key], b[3][key]) for key in a[3] | b[3])


@pytest.mark.parametrize("training", [True, False])
def test_the_network_given_is_as_it_was_and_the_copy_keeps_its_modes(training, network, x):
    network.train(training)
    network.layer2.eval()
    before = looks(network)
    adapted = adapt(network, x)
    assert same(looks(network), before)
    assert not isinstance(network, ForeignNetwork)
    assert isinstance(adapted, ForeignNetwork)
    assert isinstance(adapted, type(network))
    modes = {name: module.training for name, module in adapted.named_modules()}
    assert all(modes[name] == module.training for name, module in network.named_modules())
    adapted.eval()
    assert torch.equal(adapted(x), network.eval()(x))


def test_requests_change_nothing(network, x):
    adapted = adapt(network, x)
    before = looks(adapted)
    read_gates(adapted, x)
    for method in METHODS:
        params = {p.key: p.low for p in METHODS[method].params if p.key in ("steps", "samples")}
        attribute(adapted, x, 2, method, params=params)
    with pytest.raises(RuntimeError, match="of the caller"), watch(raising):
        adapted(x)
    assert same(looks(adapted), before)
    assert torch.equal(adapted(x), network(x))


def raising(owner, features, gate):
    raise RuntimeError("of the caller")


def test_deep_copies_are_networks_of_their_own(network, x):
    adapted = adapt(network, x)
    other = copy.deepcopy(adapted)
    (a, *_), (b, *_) = gates_of(adapted).values(), gates_of(other).values()
    assert a is not b
    path = next(iter(gates_of(adapted)))
    with replace_gates(adapted, {path: torch.zeros(1)}):
        assert torch.equal(other(x), network(x))
        assert not torch.equal(adapted(x), network(x))
    assert len(read_gates(other, x)[1]) == 8


def test_gates_replaced_are_replaced_in_attributions_too(network, x):
    adapted = adapt(network, x)
    plain = attribute(adapted, x, 1, "saliency").values
    path = next(iter(gates_of(adapted)))
    with replace_gates(adapted, {path: torch.zeros(1)}):
        assert abs(attribute(adapted, x, 1, "saliency").values - plain).max() > 1e-6
    assert abs(attribute(adapted, x, 1, "saliency").values - plain).max() == 0


def test_eight_threads_see_their_own_gates(network, x):
    adapted = adapt(network, x)
    pictures = [torch.randn(1, 3, 64, 64) for _ in range(8)]
    expected = [read_gates(adapted, picture)[1] for picture in pictures]
    paths = list(gates_of(adapted))
    found, replaced = {}, {}

    def run(number):
        for _ in range(3):
            found[number] = read_gates(adapted, pictures[number])[1]
            with replace_gates(adapted, {paths[number]: torch.zeros(1)}):
                replaced[number] = {r.module: float(abs(r.values).max()) for r in read_gates(adapted, x)[1]}

    threads = [threading.Thread(target=run, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number in range(8):
        for a, b in zip(found[number], expected[number], strict=True):
            assert (a.values == b.values).all()
        assert [path for path, largest in replaced[number].items() if largest == 0] == [paths[number]]


def test_a_failed_pass_leaves_nothing(network, x):
    adapted = adapt(network, x)
    with watch(lambda owner, features, gate: None), pytest.raises(RuntimeError):
        adapted(torch.zeros(1, 4, 64, 64))
    assert len(read_gates(adapted, x)[1]) == 8


def test_another_size_and_more_pictures(network, x):
    adapted = adapt(network, x)
    _, readings = read_gates(adapted, torch.randn(1, 3, 96, 80))
    assert readings[0].shape == (64, 24, 20)
    with watch(lambda owner, features, gate: None):
        assert adapted(torch.randn(3, 3, 64, 64)).shape == (3, 5)


def test_layers_for_maps(network, x):
    adapted = adapt(network, x)
    assert default_layer(adapted) == "layer4"
    assert "layer1.0.se" in layers_of(adapted)
    assert not any(name.endswith("_gate") for name in layers_of(adapted))
    assert attribute(adapted, x, 0, "gradcam").values.shape == (2, 2)
    assert attribute(adapted, x, 0, "gradcam", layer="layer1.1").values.shape == (16, 16)
    with pytest.raises(ValueError, match=r"is a gate; choose the attention module around it, 'layer1\.0\.se'"):
        attribute(adapted, x, 0, "gradcam", layer="layer1.0.se.channel_gate")


def test_integrated_gradients_are_complete_and_gradients_the_networks_own(network, x):
    x = x[:, :, :32, :32]
    adapted = adapt(network.double(), x.double())
    assert attribute(adapted, x, 1, "integrated_gradients", params={"steps": 64}).relative_delta < 0.02
    given = x.double().requires_grad_()
    network(given)[0, 1].backward()
    found = torch.from_numpy(attribute(adapted, x, 1, "saliency").channels.copy())
    assert (found - given.grad[0]).abs().max() < 1e-6 * given.grad.abs().max()


class Guided(nn.Module):
    """A ReLU that passes back only what is positive and was active, out of place, as often as it likes."""

    class Rule(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x.clamp_min(0)

        @staticmethod
        def backward(ctx, gradient):
            (x,) = ctx.saved_tensors
            return gradient.clamp_min(0) * (x > 0)

    def forward(self, x):
        return self.Rule.apply(x)


def test_guided_backprop_through_relus_that_work_in_place_and_twice(randomise, x):
    network = randomise(torchvision.models.resnet18(weights=None, num_classes=5)).double()
    found = attribute(adapt(network, x.double()), x, 1, "guided_backprop").channels
    for name, module in list(network.named_modules()):
        if isinstance(module, nn.ReLU):
            network.set_submodule(name, Guided())
    given = x.double().requires_grad_()
    network(given)[0, 1].backward()
    assert (torch.from_numpy(found.copy()) - given.grad[0]).abs().max() < 1e-5 * given.grad.abs().max()


@pytest.mark.parametrize("method", ["guided_backprop", "deconvolution", "guided_gradcam"])
def test_methods_that_do_not_apply_are_said(method, randomise, x):
    class Bare(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.relu, self.fc = nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Linear(8, 5)

        def forward(self, x):
            return self.fc(torch.relu(self.relu(self.conv(x))).mean((2, 3)))

    adapted = adapt(randomise(Bare()), x)
    assert "guided methods do not apply" in adapted.adaption.notes[0]
    with pytest.raises(ValueError, match="Bare computes a ReLU without one"):
        attribute(adapted, x, 1, method)
    silent = adapt(randomise(torchvision.models.efficientnet_b0(weights=None, num_classes=5)), x)
    with pytest.raises(ValueError, match="this network has none"):
        attribute(silent, x, 1, method)


def test_an_explanation_with_a_card(network, x):
    adapted = adapt(network, x)
    card = foreign_card(adapted, ["a", "b", "c", "d", "e"], input_size=64)
    explained = explain(adapted, card, x)
    assert explained.layers[0] == "layer1.0.se"
    assert explained.reading("layer1.0.se", "channel").bounds
    assert card.config.architecture == "ResNet"
    assert (card.mean, card.std) == (
        (0.485, 0.456, 0.406),
        (0.229, 0.224, 0.225),
    )  # ImageNet's, as torchvision has them
    with pytest.raises(ValueError, match="input size"):
        foreign_card(adapted, ["a"], input_size=0)


class Random(nn.Module):
    def forward(self, x):
        return x.mean((2, 3)) + torch.rand(1)


class Dropping(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = nn.ModuleDict({"inner": Dropped()})

    def forward(self, x):
        return self.head["inner"](x).mean((2, 3))


class Dropped(nn.Module):
    def forward(self, x):
        return nn.Dropout2d(0.5)(x)  # a new one in each pass, in train mode for ever


@pytest.mark.parametrize(
    ("network", "example", "sentence"),
    [
        (nn.Conv2d(3, 4, 3), torch.zeros(3, 8, 8), r"the example is a normalised picture.*got \(3, 8, 8\)"),
        (nn.Conv2d(3, 4, 3), "picture", "the example is a normalised picture.*got str"),
        (nn.Conv2d(4, 4, 3), torch.zeros(1, 3, 8, 8), "cannot be run on"),
        (Random(), torch.zeros(1, 3, 8, 8), r"another output each time it runs \(its forward pass calls rand,"),
        (Dropping(), torch.ones(1, 16, 8, 8), r"another output .*head\.inner calls dropout2d, in eval mode too"),
    ],
)
def test_what_cannot_be_adapted(network, example, sentence):
    with pytest.raises(ValueError, match=sentence) as caught:
        adapt(network, example)
    assert "\n" not in str(caught.value)


def test_adapting_twice(network, x):
    with pytest.raises(ValueError, match="adapted already"):
        adapt(nn.Sequential(adapt(network, x)), x)


class Asserting(nn.Module):
    """Takes pictures of one size, one at a time, and says so by `assert`, as much code does."""

    def __init__(self):
        super().__init__()
        self.stem, self.gate, self.head = nn.Conv2d(3, 8, 3, padding=1), OwnSE(8), nn.Linear(8, 3)

    def forward(self, x):
        assert x.shape[-1] == 16, "pictures of 16 pixels"
        assert len(x) == 1, "one at a time"
        return self.head(self.gate(self.stem(x)).mean((2, 3)))


def test_what_a_networks_own_code_asserts_is_said():
    with pytest.raises(ValueError, match="pictures of 16 pixels"):
        adapt(Asserting().eval(), torch.zeros(1, 3, 8, 8))
    network = adapt(Asserting().eval(), torch.zeros(1, 3, 16, 16))
    assert len(gates_of(network)) == 1
    with pytest.raises(NetworkFailedError, match=r"^one at a time$"):
        attribute(network, torch.zeros(1, 3, 16, 16), 0, "occlusion")
