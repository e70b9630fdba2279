"""Residual networks under the names of other people's code: opened, and computing what they compute there."""

import io
import re
from collections import OrderedDict
from pathlib import Path

import pytest
import torch
from safetensors.torch import save
from torch import nn

from gam_viz.cli.main import main
from gam_viz.networks.checkpoints import CheckpointError, load, read
from gam_viz.networks.state_dicts import open_state_dict
from gam_viz.networks.state_dicts.misses import UnknownNetworkError
from gam_viz.runtime.torchvision_shim import torchvision
from gam_viz.text import words
from tests.combinations import each_once


def saved(thing, **options):
    file = io.BytesIO()
    torch.save(thing, file, **options)
    return file.getvalue()


class Channel(nn.Module):
    """CBAM's channel gate, or SE: two linear layers, built and called as somebody likes."""

    def __init__(self, channels, layers, *, maxima, linear=False, bias=False, ratio=4):
        super().__init__()
        hidden = channels // ratio
        shapes = ((channels, hidden), (hidden, channels))
        for name, (into, out) in zip(layers, shapes, strict=True):
            host, _, last = name.rpartition(".")
            if host and not hasattr(self, host):
                self.add_module(host, nn.Module())
            layer = nn.Linear(into, out, bias=bias) if linear else nn.Conv2d(into, out, 1, bias=bias)
            (self.get_submodule(host) if host else self).add_module(last, layer)
        self.layers, self.maxima, self.linear = layers, maxima, linear

    def forward(self, x):
        first, second = (self.get_submodule(name) for name in self.layers)

        def squeeze(v):
            return second(first(v.flatten(1) if self.linear else v).relu()).reshape(len(v), -1, 1, 1)

        total = squeeze(x.mean((2, 3), keepdim=True))
        if self.maxima:
            total = total + squeeze(x.amax((2, 3), keepdim=True))
        return x * total.sigmoid()


class Spatial(nn.Module):
    def __init__(self, name, *, mean_first=True, bias=False, norm=None, kernel=7):
        super().__init__()
        self.add_module(name, nn.Conv2d(2, 1, kernel, padding=kernel // 2, bias=bias))
        if norm:
            self.add_module(norm, nn.BatchNorm2d(1))
        self.names, self.mean_first = (name, norm), mean_first

    def forward(self, x):
        parts = [x.mean(1, keepdim=True), x.amax(1, keepdim=True)]
        mask = self.get_submodule(self.names[0])(torch.cat(parts if self.mean_first else parts[::-1], 1))
        if self.names[1]:
            mask = self.get_submodule(self.names[1])(mask)
        return x * mask.sigmoid()


class Ecas(nn.Module):
    def __init__(self, kernel=5):
        super().__init__()
        self.conv1d = nn.Conv1d(1, 1, kernel, padding=kernel // 2, bias=False)

    def forward(self, x):
        return x * self.conv1d(x.mean((2, 3))[:, None])[:, 0, :, None, None].sigmoid()


FC = ("fc.0", "fc.2")
#: Whose modules are called what; each a function of the channels. Read off public code, written anew.
CBAMS = {
    "ca.fc": lambda c: {"ca": Channel(c, FC, maxima=True), "sa": Spatial("conv1")},
    "ca.fc1": lambda c: {"ca": Channel(c, ("fc1", "fc2"), maxima=True), "sa": Spatial("conv1", kernel=3)},
    "linear": lambda c: {"ca": Channel(c, ("mlp.0", "mlp.2"), maxima=True, linear=True), "sa": Spatial("conv")},
    "biased": lambda c: {
        "channel_attention": Channel(c, ("shared_MLP.0", "shared_MLP.2"), maxima=True, bias=True),
        "spatial_attention": Spatial("conv2d", bias=True),
    },
    "normed": lambda c: {"cam": Channel(c, FC, maxima=True), "sam": Spatial("cv1", norm="bn")},
    "held": lambda c: {
        "cbam": nn.Sequential(
            OrderedDict(channelattention=Channel(c, FC, maxima=True), spatialattention=Spatial("conv1"))
        )
    },
    "maximum": lambda c: {
        "attn": nn.Sequential(
            OrderedDict(
                ChannelGate=Channel(c, ("mlp.1", "mlp.3"), maxima=True, linear=True, bias=True),
                SpatialGate=Spatial("conv", norm="bn", mean_first=False),
            )
        )
    },
}
OTHERS = {
    "se.fc": (lambda c: {"se": Channel(c, FC, maxima=False, linear=True)}, "se"),
    "se_module": (lambda c: {"se_module": Channel(c, ("fc1", "fc2"), maxima=False, bias=True)}, "se"),
    "excitation": (lambda c: {"SE": Channel(c, ("excitation.1", "excitation.3"), maxima=False)}, "se"),
    "eca": (lambda c: {"eca_layer": Ecas()}, "eca"),
    "plain": (lambda c: {}, "none"),
}


class Block(nn.Module):
    def __init__(self, into, channels, stride, attention):
        super().__init__()
        self.conv1 = nn.Conv2d(into, channels, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.attention_names = list(attention)
        for name, module in attention.items():
            self.add_module(name, module)
        self.downsample = None
        if stride != 1 or into != channels:
            self.downsample = nn.Sequential(nn.Conv2d(into, channels, 1, stride, bias=False), nn.BatchNorm2d(channels))

    def forward(self, x):
        out = self.bn2(self.conv2(self.bn1(self.conv1(x)).relu()))
        for name in self.attention_names:
            out = self.get_submodule(name)(out)
        return (out + (x if self.downsample is None else self.downsample(x))).relu()


class ResNet(nn.Module):
    def __init__(self, attention, width=8, classes=3, grey=False, head=None):
        super().__init__()
        self.conv1 = nn.Conv2d(1 if grey else 3, width, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        into = width
        for stage in range(4):
            channels = width * 2**stage
            blocks = [
                Block(into, channels, 1 if stage == 0 else 2, attention(channels)),
                Block(channels, channels, 1, attention(channels)),
            ]
            self.add_module(f"layer{stage + 1}", nn.Sequential(*blocks))
            into = channels
        self.fc = head(into, classes) if head else nn.Linear(into, classes)

    def forward(self, x):
        x = self.maxpool(self.bn1(self.conv1(x)).relu())
        for stage in (self.layer1, self.layer2, self.layer3, self.layer4):
            x = stage(x)
        return self.fc(x.mean((2, 3)))


def trained(network):
    """Random, but nothing is 0 or 1 that training moves."""
    torch.manual_seed(0)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            for value, low, high in (
                (module.weight, 0.5, 1.5),
                (module.bias, -0.5, 0.5),
                (module.running_mean, -0.5, 0.5),
                (module.running_var, 0.5, 1.5),
            ):
                nn.init.uniform_(value, low, high)
    return network.eval()


def same(ours, theirs, x):
    with torch.no_grad():
        expected = theirs(x)
        assert (ours(x.expand(-1, 3, -1, -1)) - expected).abs().max() < 2e-6 * max(1, expected.abs().max())


@pytest.mark.parametrize("style", CBAMS)
def test_cbam_under_any_names(style):
    network = trained(ResNet(CBAMS[style]))
    found = open_state_dict(saved({"net": nn.DataParallel(network).state_dict(), "acc": 91.0}), "ckpt.pth")
    config = found.config
    assert (config.architecture, config.attention, config.width, config.stem) == ("resnet18", "cbam", 8, "imagenet")
    assert config.attention_options["reduction_ratio"] == 4
    assert found.questions == ("pooled",)
    assert found.mean_first == (style != "maximum")
    x = torch.randn(2, 3, 64, 64)
    same(load(found.checkpoint()), network, x)
    assert not torch.allclose(load(found.checkpoint(mean_first=not found.mean_first))(x), network(x), atol=1e-4)


@pytest.mark.parametrize("style", OTHERS)
def test_other_attention_under_any_names(style):
    attention, expected = OTHERS[style]
    network = trained(ResNet(attention))
    found = open_state_dict(saved(network), "whole.pt")  # the whole network, pickled
    assert (found.config.attention, found.questions) == (expected, ())
    same(load(found.checkpoint()), network, torch.randn(2, 3, 64, 64))
    with pytest.raises(CheckpointError, match="whole has no CBAM of which it is not known"):
        found.checkpoint(mean_first=True)


HEADS = {
    "dropout": lambda into, classes: nn.Sequential(nn.Dropout(0.5), nn.Linear(into, classes)),
    "no bias": lambda into, classes: nn.Linear(into, classes, bias=False),
}


@pytest.mark.parametrize(("head", "grey"), each_once(list(HEADS), [True, False]))
def test_stems_and_heads(head, grey):
    network = trained(ResNet(CBAMS["ca.fc"], grey=grey, head=HEADS[head]))
    found = open_state_dict(saved(network.state_dict()), "x.pth")
    same(load(found.checkpoint()), network, torch.randn(2, 1 if grey else 3, 64, 64))


def test_a_grey_stem_sees_the_luminance():
    network = trained(ResNet(OTHERS["plain"][0], grey=True))
    ours = load(open_state_dict(saved(network.state_dict()), "x.pth").checkpoint())
    picture = torch.rand(1, 3, 64, 64)
    grey = torchvision.transforms.functional.rgb_to_grayscale(picture)
    with torch.no_grad():
        assert torch.allclose(ours(picture), network(grey), atol=5e-4)  # torchvision rounds 0.2989, 0.587, 0.114


def test_a_head_of_several_layers_is_not_guessed():
    def head(into, classes):
        return nn.Sequential(nn.Linear(into, 16), nn.ReLU(), nn.Linear(16, classes))

    with pytest.raises(UnknownNetworkError, match=r"its head has several layers \(fc.0.weight, fc.2.weight\)"):
        open_state_dict(saved(ResNet(OTHERS["plain"][0], head=head).state_dict()), "x.pth")


@pytest.mark.parametrize("style", ["ca.fc", "linear"])
def test_attention_outside_of_the_blocks_is_not_guessed(style):
    """Once behind the stem and once before the pooling, or behind the first stage: the weights are the same."""
    network = ResNet(OTHERS["plain"][0])
    for name, module in (*CBAMS[style](8).items(), *((f"{k}1", m) for k, m in CBAMS[style](64).items())):
        network.add_module(name, module)
    with pytest.raises(UnknownNetworkError) as caught:
        open_state_dict(saved(network.state_dict()), "x.pth")
    assert "attention stands outside of its blocks (sa.conv" in str(caught.value)
    assert str(caught.value).endswith("gam-viz show mymodels:build --weights x.pth --classes classes.txt")
    assert caught.value.misses[0].could_be.sentence(words("en")).startswith("a channel gate's first layer")


def test_half_of_cbam_is_not_taken_for_se():
    network = ResNet(lambda c: {"ca": Channel(c, FC, maxima=True)})
    with pytest.raises(UnknownNetworkError, match=r"ca\.fc\.0\.weight may be SE, which looks at the mean"):
        open_state_dict(saved(network.state_dict()), "x.pth")


RENAMINGS = {
    "transformers": (
        (r"^conv1\.", "resnet.embedder.embedder.convolution."),
        (r"^bn1\.", "resnet.embedder.embedder.normalization."),
        (r"downsample\.0\.", "shortcut.convolution."),
        (r"downsample\.1\.", "shortcut.normalization."),
        (r"\.conv1\.", ".layer.0.convolution."),
        (r"\.conv2\.", ".layer.1.convolution."),
        (r"\.bn1\.", ".layer.0.normalization."),
        (r"\.bn2\.", ".layer.1.normalization."),
        *((rf"^layer{n + 1}\.(\d)\.", rf"resnet.encoder.stages.{n}.layers.\1.") for n in range(4)),
        (r"^fc\.", "classifier.1."),
    ),
    "cifar100": (
        (r"^conv1\.", "conv1.0."),
        (r"^bn1\.", "conv1.1."),
        (r"downsample\.", "shortcut."),
        (r"(?<=\d)\.conv1\.weight", ".residual_function.0.weight"),
        (r"(?<=\d)\.bn1\.", ".residual_function.1."),
        (r"(?<=\d)\.conv2\.weight", ".residual_function.3.weight"),
        (r"(?<=\d)\.bn2\.", ".residual_function.4."),
        *((rf"^layer{n}\.", f"conv{n + 1}_x.") for n in range(1, 5)),
    ),
    "kuangliu": ((r"downsample\.", "shortcut."), (r"^fc\.", "linear.")),
    "children": (
        (r"^conv1\.", "features.0."),
        (r"^bn1\.", "features.1."),
        *((rf"^layer{n}\.", f"features.{n + 3}.") for n in range(1, 5)),
        (r"^fc\.", "classifier."),
    ),
    "lightning": ((r"^(?!fc)", "model.backbone."), (r"^fc\.", "model.head.1.")),
    "stem": ((r"^conv1\.", "stem.0."), (r"^bn1\.", "stem.1.")),
}


@pytest.mark.parametrize("whose", RENAMINGS)
def test_networks_under_other_names(whose):
    network = trained(ResNet(OTHERS["plain"][0]))
    weights = {}
    for key, value in network.state_dict().items():
        for pattern, replacement in RENAMINGS[whose]:
            key = re.sub(pattern, replacement, key)
        weights[key] = value
    found = open_state_dict(saved({"state_dict": {**weights, "criterion.weight": torch.ones(3)}}), "x.ckpt")
    assert found.left_over == ("criterion.weight",)
    same(load(found.checkpoint()), network, torch.randn(2, 3, 64, 64))


def test_a_7x7_stem_suggests_imagenets_normalisation(tmp_path, capsys):
    torch.save(ResNet(OTHERS["plain"][0]).state_dict(), tmp_path / "x.pth")
    found = open_state_dict(tmp_path / "x.pth")
    assert found.normalisation == ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    card = found.checkpoint().card
    assert (card.mean, card.std) == found.normalisation
    assert "Nothing said how its pictures were normalised" in card.notes[-1]
    assert len(found.checkpoint(mean=(0, 0, 0), std=(1, 1, 1)).card.notes) == 1
    assert main(["convert", str(tmp_path / "x.pth"), "--out", str(tmp_path / "a")]) == 0
    assert read(tmp_path / "a.safetensors").card.mean == found.normalisation[0]
    assert "mean 0.485 0.456 0.406 and std 0.229 0.224 0.225 were assumed" in capsys.readouterr().out
    said = ["--mean", "0.5", "0.5", "0.5", "--std", "0.5", "0.5", "0.5"]
    assert main(["convert", str(tmp_path / "x.pth"), "--out", str(tmp_path / "b"), *said]) == 0
    assert "assumed" not in capsys.readouterr().out


NOBODYS = {
    "embed.proj.weight": torch.zeros(8, 3, 4, 4),
    "attn.0.q.weight": torch.zeros(8, 8),
    "attn.0.k.weight": torch.zeros(8, 8),
    "gate.a.weight": torch.zeros(2, 8, 1, 1),
    "gate.b.weight": torch.zeros(8, 2, 1, 1),
    "mask.weight": torch.zeros(1, 2, 7, 7),
    "out.weight": torch.zeros(5, 8),
}


def test_names_that_nobody_knows():
    with pytest.raises(UnknownNetworkError) as caught:
        open_state_dict(saved(NOBODYS), "my net.pth")
    error = caught.value
    assert str(error).startswith("my net.pth does not belong to any network known here (gam_net, resnet18, ")
    line = "gam-viz show mymodels:build --weights 'my net.pth' --classes classes.txt"
    assert str(error).endswith(f"'conv1.weight' is missing or has another shape; look at it with {line}")
    assert [(miss.weight, miss.shape, miss.could_be.sentence(words("en"))) for miss in error.misses] == [
        ("gate.a.weight", (2, 8, 1, 1), "a channel gate's first layer, 8 to 2 channels (SE, CBAM)"),
        ("mask.weight", (1, 2, 7, 7), "the spatial convolution of CBAM"),
        ("attn.0.q.weight", (8, 8), "queries, keys or values of self-attention over tokens"),
        ("embed.proj.weight", (8, 3, 4, 4), "a first convolution, on 3 channels"),
        ("out.weight", (5, 8), "a head of 5 outputs"),
    ]
    assert [miss.count for miss in error.misses] == [1, 1, 2, 1, 1]
    assert error.sentence(words("zh")).endswith(line)


def test_the_command_lists_what_is_in_the_file(tmp_path, capsys):
    torch.save(NOBODYS, tmp_path / "x.pth")
    assert main(["convert", str(tmp_path / "x.pth"), "--out", str(tmp_path / "x")]) == 2
    first, *rows = capsys.readouterr().err.splitlines()
    assert first.endswith("gam-viz show mymodels:build --weights x.pth --classes classes.txt")
    assert rows[1] == "  mask.weight (1, 2, 7, 7), 1 such: could be the spatial convolution of CBAM"
    assert len(rows) == 5


@pytest.mark.parametrize("kind", ["pth", "ckpt", "safetensors"])
def test_explain_says_which_command_reads_weights_without_a_card(kind, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    weights = ResNet(OTHERS["plain"][0]).state_dict()
    Path(f"my.{kind}").write_bytes(save(weights) if kind == "safetensors" else saved(weights))
    command = ["explain", "sample:scene-sailboat-17", "--networks", f"my.{kind}", "--out", "r.html"]
    assert main(command) == 2
    said = capsys.readouterr().err
    convert, show = re.findall(r"gam-viz (.+?)(?:, or|$)", said.strip())
    assert convert == f"convert my.{kind} --classes NAME NAME --out my-card.safetensors"
    assert show == f"show mymodels:build --weights my.{kind} --classes classes.txt"
    assert main(convert.replace("NAME NAME", "a b c").split()) == 0  # as it is printed
    assert read(Path("my-card.safetensors")).card.classes == ("a", "b", "c")
    assert main([*command[:3], "none.pth", *command[4:]]) == 2
    assert "none.pth" in capsys.readouterr().err


def test_a_librarys_weights_are_recognised():
    timm = pytest.importorskip("timm")
    weights = timm.create_model("seresnet18", pretrained=False, num_classes=4).state_dict()
    with pytest.raises(UnknownNetworkError) as caught:
        open_state_dict(saved(weights), "w.pth")
    assert caught.value.library == "timm:seresnet18"
    assert str(caught.value).endswith("gam-viz show timm:seresnet18 --weights w.pth --classes classes.txt")
