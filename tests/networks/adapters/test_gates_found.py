"""Gates of modules of other libraries equal those computed by hand, and reach the output."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from gam_viz.attention import Gate
from gam_viz.explain import gates_of, read_gates, record_gates, replace_gates
from gam_viz.networks import NetworkConfig, build_network
from gam_viz.networks.adapters import adapt
from gam_viz.runtime.torchvision_shim import torchvision
from tests.article import GAM_Net
from tests.combinations import each_once


class Around(nn.Module):
    """A convolution, the module, a head."""

    def __init__(self, module, channels=16, classes=5):
        super().__init__()
        self.conv = nn.Conv2d(3, channels, 3, padding=1)
        self.attention = module
        self.fc = nn.Linear(channels, classes)

    def forward(self, x):
        return self.fc(self.attention(self.conv(x)).mean((2, 3)))


def close(values, expected):
    return (torch.from_numpy(values.copy()) - expected[0].detach()).abs().max() < 1e-6


def pooled(x):
    return x.mean((2, 3), keepdim=True)


def of_timms_se(m, x):
    return [torch.sigmoid(m.fc2(F.relu(m.fc1(pooled(x)))))]


def of_timms_eca(m, x):
    weights = F.conv1d(x.mean((2, 3))[:, None], m.conv.weight, padding=m.conv.padding)
    return [torch.sigmoid(weights)[0, 0].reshape(1, -1, 1, 1)]


def of_timms_cbam(m, x):
    c, s = m.channel, m.spatial
    channel = torch.sigmoid(c.fc2(F.relu(c.fc1(pooled(x)))) + c.fc2(F.relu(c.fc1(x.amax((2, 3), keepdim=True)))))
    x = x * channel
    return [channel, torch.sigmoid(s.conv(torch.cat([x.mean(1, keepdim=True), x.amax(1, keepdim=True)], 1)))]


def of_timms_light_cbam(m, x):
    c, s = m.channel, m.spatial
    both = 0.5 * pooled(x) + 0.5 * x.amax((2, 3), keepdim=True)
    channel = torch.sigmoid(c.fc2(F.relu(c.fc1(both))))
    x = x * channel
    return [channel, torch.sigmoid(s.conv(0.5 * x.mean(1, keepdim=True) + 0.5 * x.amax(1, keepdim=True)))]


def of_torchvisions_se(m, x):
    return [torch.sigmoid(m.fc2(F.relu(m.fc1(pooled(x)))))]


def of_torchvisions_hard_se(m, x):
    return [F.relu6(m.fc2(F.relu(m.fc1(pooled(x)))) + 3) / 6]


def timms(module, name, **options):
    def make():
        layers = pytest.importorskip(f"timm.layers.{module}", reason="timm is not installed")
        return getattr(layers, name)(16, **options)

    return make


MODULES = {
    "timm SE": (timms("squeeze_excite", "SEModule"), of_timms_se),
    "timm ECA": (timms("eca", "EcaModule"), of_timms_eca),
    "timm light CBAM": (timms("cbam", "LightCbamModule", rd_ratio=0.25), of_timms_light_cbam),
    "timm CBAM": (timms("cbam", "CbamModule", rd_ratio=0.25), of_timms_cbam),
    "torchvision SE": (lambda: torchvision.ops.SqueezeExcitation(16, 4), of_torchvisions_se),
    "torchvision hard SE": (
        lambda: torchvision.ops.SqueezeExcitation(16, 4, scale_activation=nn.Hardsigmoid),
        of_torchvisions_hard_se,
    ),
}


@pytest.mark.parametrize("kind", MODULES)
def test_gates_are_those_computed_by_hand(kind, randomise, x):
    make, by_hand = MODULES[kind]
    network = randomise(Around(make()))
    adapted = adapt(network, x)
    assert torch.equal(adapted(x), network(x))
    logits, readings = read_gates(adapted, x)
    expected = by_hand(network.attention, network.conv(x))
    assert torch.equal(logits, network(x))
    assert [r.branch for r in readings] == ["channel", "spatial"][: len(expected)]
    assert [r.layer for r in readings] == ["attention"] * len(expected)
    for reading, gate in zip(readings, expected, strict=True):
        assert close(reading.values, gate)
        assert reading.bounds
        assert reading.shape == (16, 64, 64)

    everything = {path: torch.ones(1) for path in gates_of(adapted)}
    network.attention = nn.Identity()
    with replace_gates(adapted, everything):
        assert (adapted(x) - network(x)).abs().max() < 1e-6
    assert (adapted(x) - network(x)).abs().max() > 1e-4


@pytest.mark.parametrize(
    ("name", "count", "first"),
    [
        ("seresnet18", 8, "layer1.0.se"),
        ("legacy_seresnet18", 8, "layer1.0.se_module"),
        ("ecaresnet26t", 8, "layer1.0.se"),
        ("efficientnet_b0", 16, "blocks.0.0.se"),
        ("cbam", 16, "layer1.0.se"),
        ("resnet18", 0, None),
        ("convnextv2_atto", 0, None),  # layer scale and response normalisation are no gates
    ],
)
def test_whole_networks_of_timm(name, count, first, timm, randomise, x):
    if name == "cbam":
        block = timm.models.resnet.BasicBlock
        network = timm.models.resnet.ResNet(block, [2, 2, 2, 2], num_classes=5, block_args={"attn_layer": "cbam"})
    else:
        network = timm.create_model(name, pretrained=False, num_classes=5)
    network = randomise(network)
    adapted = adapt(network, x)
    assert torch.equal(adapted(x), network(x))
    _, readings = read_gates(adapted, x)
    assert len(readings) == count
    assert all(reading.bounds for reading in readings)
    assert len({(reading.layer, reading.branch) for reading in readings}) == count
    assert adapted.state_dict().keys() == network.state_dict().keys()
    if not count:
        assert adapted.adaption.notes[-1].startswith("no gate was found")
        return
    assert readings[0].layer == first
    for reading in readings:
        with replace_gates(adapted, {reading.module: lambda gate: gate * 0.5}):
            assert not torch.equal(adapted(x), network(x)), reading.module


@pytest.mark.parametrize("name", ["mobilenet_v3_small", "efficientnet_b0", "regnet_y_400mf", "resnet18"])
def test_whole_networks_of_torchvision(name, randomise, x):
    network = randomise(getattr(torchvision.models, name)(weights=None))
    adapted = adapt(network, x)
    excitations = [m for m in network.modules() if isinstance(m, torchvision.ops.SqueezeExcitation)]
    seen = []
    for module in excitations:
        module.register_forward_hook(lambda module, inputs, output: seen.append(module._scale(inputs[0])))
    expected = network(x)
    logits, readings = read_gates(adapted, x)
    assert torch.equal(logits, expected)
    assert len(readings) == len(excitations) == len(seen)
    assert all(close(reading.values, gate) for reading, gate in zip(readings, seen, strict=True))


class Times(nn.Module):
    """What a `Gate` is to everybody but us."""

    def forward(self, x, gate):
        return gate * x


@pytest.mark.parametrize(
    ("architecture", "attention"), each_once(["gam_net", "resnet50"], ["se", "cbam", "gam", "gam_sigmoid", "se_gam"])
)
def test_our_own_networks_seen_from_outside(architecture, attention, randomise, x):
    """The same gates as by our own mechanism, with branch, and bounds where a sigmoid made them."""
    network = randomise(build_network(NetworkConfig(architecture, 5, 4, attention)))
    foreign = build_network(network.config)
    foreign.load_state_dict(network.state_dict())
    for path in gates_of(foreign):
        foreign.set_submodule(path, Times())
    assert not gates_of(foreign)
    _, ours = read_gates(network, x)
    _, theirs = read_gates(adapt(foreign.eval(), x), x)
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        assert (a.branch, a.bounds, a.shape, a.values.shape) == (b.branch, b.bounds, b.shape, b.values.shape)
        assert abs(a.values - b.values).max() < 1e-6
        assert b.module.startswith(a.module)


def test_the_tutorials_own_class(randomise, x):
    network = randomise(GAM_Net(8))
    adapted = adapt(network, x)
    _, readings = read_gates(adapted, x)
    assert [(r.layer, r.branch, r.bounds is not None) for r in readings[:2]] == [
        ("layer1.0.gam", "channel", False),
        ("layer1.0.gam", "spatial", True),
    ]
    assert len(readings) == 12
    assert min(float(r.values.min()) for r in readings) < 0


def test_an_own_module_in_five_lines(x):
    class Mine(nn.Module):
        def __init__(self, channels):
            super().__init__()
            self.mix = nn.Conv2d(channels, channels, 1)
            self.gate = Gate("channel", bounds=(0.0, 1.0))

        def forward(self, x):
            return self.gate(x, torch.sigmoid(self.mix(x.mean((2, 3), keepdim=True))))

    network = Around(Mine(16)).eval()
    for candidate in (network, adapt(network, x)):  # a Gate needs no adapting, and bears it
        _, (reading,) = read_gates(candidate, x)
        assert (reading.layer, reading.module, reading.branch) == ("attention", "attention.gate", "channel")


def multiplying(forward, **modules):
    class Module(nn.Module):
        def __init__(self):
            super().__init__()
            for name, module in modules.items():
                self.add_module(name, module)

    Module.forward = forward
    return Module()


CONV = {"conv": nn.Conv2d(16, 16, 1), "one": nn.Conv2d(16, 1, 3, padding=1)}


@pytest.mark.parametrize(
    "forward",
    [
        lambda self, x: x * torch.sigmoid(self.conv(x.mean((2, 3), keepdim=True))),
        lambda self, x: torch.sigmoid(self.conv(x.mean((2, 3), keepdim=True))) * x,
        lambda self, x: torch.mul(x, self.conv(pooled(x)).sigmoid()),
        lambda self, x: torch.mul(input=self.conv(pooled(x)).sigmoid(), other=x),
        lambda self, x: x.clone().mul_(self.conv(pooled(x)).sigmoid().expand_as(x)),
        lambda self, x: x.multiply(self.conv(pooled(x)).sigmoid().flatten(1)[:, :, None, None]),
        lambda self, x: torch.mul(x, self.conv(pooled(x)).sigmoid(), out=torch.empty_like(x)),
        lambda self, x: self.conv(pooled(x)).sigmoid().repeat(1, 1, 64, 64).mul_(x),
    ],
)
@torch.no_grad()
def test_however_the_product_is_written(forward, x):
    network = Around(multiplying(forward, **CONV)).eval()
    adapted = adapt(network, x)
    gate = network.attention.conv(pooled(network.conv(x))).sigmoid()
    _, (reading,) = read_gates(adapted, x)
    assert close(reading.values[:, :1, :1], gate)
    network.attention = nn.Identity()
    with replace_gates(adapted, dict.fromkeys(gates_of(adapted), torch.ones(()))):
        assert (adapted(x) - network(x)).abs().max() < 1e-6


@pytest.mark.parametrize(
    "forward",
    [
        lambda self, x: x * 2.0,
        lambda self, x: x * torch.sigmoid(x),  # SiLU
        lambda self, x: x * F.relu6(x + 3) / 6,  # hard swish
        lambda self, x: x * torch.tanh(F.softplus(x)),  # Mish
        lambda self, x: x * x,
        lambda self, x: x * self.conv.weight[:, :1].reshape(1, 16, 1, 1),  # layer scale
        lambda self, x: (x - pooled(x)) * torch.rsqrt(x.var((2, 3), keepdim=True) + 1e-5),  # instance norm
        lambda self, x: x * self.conv(x).flatten(2).mean().reshape(1, 1, 1, 1),  # one number a picture
    ],
)
def test_what_is_no_gate(forward, x):
    assert not gates_of(adapt(Around(multiplying(forward, **CONV)).eval(), x))


@pytest.mark.parametrize(
    ("forward", "branch", "bounded"),
    [
        (lambda self, x: x * self.conv(pooled(x)), "channel", False),
        (lambda self, x: x * self.one(x), "spatial", False),
        (lambda self, x: x * (1 + torch.tanh(self.one(x))), "spatial", True),
        (lambda self, x: x * F.hardsigmoid(self.one(x)), "spatial", True),
        (lambda self, x: x * self.conv(x).sigmoid(), "channel", True),  # position by position
        (lambda self, x: x * self.one(x).sigmoid() * self.conv(pooled(x)).sigmoid(), None, True),
        (
            lambda self, x: x * F.interpolate(torch.sigmoid(self.one(F.avg_pool2d(x, 4))), scale_factor=4),
            "spatial",
            True,
        ),
    ],
)
def test_branch_by_shape_and_bounds_by_what_made_them(forward, branch, bounded, x):
    _, readings = read_gates(adapt(Around(multiplying(forward, **CONV)).eval(), x), x)
    assert {r.branch for r in readings} == ({branch} if branch else {"channel", "spatial"})
    assert {r.bounds is not None for r in readings} == {bounded}


def test_containers_that_multiply_keep_running_what_they_hold(x):
    class Excite(nn.Sequential):
        def forward(self, x):
            return x * super().forward(x)

    network = Around(Excite(nn.AdaptiveAvgPool2d(1), nn.Conv2d(16, 16, 1), nn.Sigmoid())).eval()
    adapted = adapt(network, x)
    assert list(gates_of(adapted)) == ["attention_channel_gate"]
    assert read_gates(adapted, x)[1][0].layer == "attention"
    with pytest.raises(ValueError, match="put it into a module of its own"):
        adapt(Excite(nn.AdaptiveAvgPool2d(1), nn.Conv2d(3, 3, 1), nn.Sigmoid()), x)


def test_a_module_that_runs_twice_shows_its_gate_twice(timm, randomise, x):
    class Twice(Around):
        def forward(self, x):
            return self.fc(self.attention(self.attention(self.conv(x))).mean((2, 3)))

    adapted = adapt(randomise(Twice(timm.layers.SEModule(16))), x)
    assert adapted.adaption.notes == ("attention runs more than once in a pass; it has one reading for each",)
    with record_gates(adapted) as seen:
        adapted(x)
    assert [path for path, _, _ in seen] == ["attention.channel_gate"] * 2
    assert not torch.equal(seen[0][2], seen[1][2])
