"""State dicts as scripts save them: the network is told from its weights and computes what it computed there."""

import io

import pytest
import torch
from torch import nn

from gam_viz.cli.main import main
from gam_viz.explain import explain
from gam_viz.networks import ARCHITECTURES, NetworkConfig, build_network
from gam_viz.networks.checkpoints import CheckpointError, load, read
from gam_viz.networks.state_dicts import open_state_dict
from gam_viz.runtime.torchvision_shim import torchvision
from tests.article import GAM_Net
from tests.combinations import each_once


def saved(thing, **options):
    file = io.BytesIO()
    torch.save(thing, file, **options)
    return file.getvalue()


def same(ours, theirs, size=32):
    x = torch.randn(2, 3, size, size)
    with torch.no_grad():
        expected = theirs(x)
        assert (ours(x) - expected).abs().max() < 1e-5 * expected.abs().max()


@pytest.fixture(scope="module")
def article():
    torch.manual_seed(0)
    network = GAM_Net()
    network(torch.randn(4, 3, 32, 32))  # the batch norms have seen something
    return network.eval()


def test_the_tutorials_own_file(article, tmp_path):
    torch.save(article.state_dict(), tmp_path / "gam.pth")
    found = open_state_dict(tmp_path / "gam.pth")
    assert found.config == NetworkConfig(attention="gam")
    assert found.questions == ("channel_sigmoid", "stem")
    checkpoint = found.checkpoint()
    card = checkpoint.card
    assert (card.name, card.input_size, card.mean, card.std) == ("gam", 32, (0.5,) * 3, (0.5,) * 3)
    assert card.classes[0] == "class 0"
    network = load(checkpoint)
    same(network, article)
    explained = explain(network, card, torch.randn(1, 3, 32, 32))
    assert len(explained.readings) == 12
    assert not list(tmp_path.glob("*.safetensors"))


WRAPS = [
    lambda weights, network: {"state_dict": weights, "epoch": 7, "best": 0.9, "name": "gam", "done": None},
    lambda weights, network: {"model": {f"module.{key}": value for key, value in weights.items()}},
    lambda weights, network: {f"module.{key}": value for key, value in weights.items()},
    lambda weights, network: {f"_orig_mod.module.{key}": value for key, value in weights.items()},
    lambda weights, network: dict(network.named_parameters()) | dict(network.named_buffers()),
    lambda weights, network: {
        "net": weights,
        "optimizer": torch.optim.Adam(network.parameters()).state_dict(),
    },
    lambda weights, network: {
        key: value.to(memory_format=torch.channels_last) if value.ndim == 4 else value for key, value in weights.items()
    },
    lambda weights, network: {key: v.double() if v.is_floating_point() else v for key, v in weights.items()},
    lambda weights, network: {key: v for key, v in weights.items() if not key.endswith("tracked")},
]


@pytest.mark.parametrize(("wrap", "zipped"), each_once(WRAPS, [True, False]))
def test_what_scripts_put_around_it(wrap, zipped):
    network = GAM_Net(4).eval()
    content = saved(wrap(network.state_dict(), network), _use_new_zipfile_serialization=zipped)
    found = open_state_dict(content, "gam.pth")
    assert found.config == NetworkConfig(width=4, attention="gam")
    same(load(found.checkpoint()), network)


def test_tensors_that_are_views_of_one_another_s_memory():
    """A flat buffer of which the weights are parts, and a transposed weight."""
    network = GAM_Net(4).eval()
    weights = network.state_dict()
    flat = torch.cat([value.flatten().float() for value in weights.values()])
    parts = flat.split([value.numel() for value in weights.values()])
    views = {
        key: part.view(value.shape)
        for (key, value), part in zip(weights.items(), parts, strict=True)
        if value.is_floating_point()
    }
    views["fc.weight"] = weights["fc.weight"].t().contiguous().t()
    same(load(open_state_dict(saved(views), "views.pth").checkpoint()), network)


VARIANTS = [
    ("none", {}),
    ("se", {}),
    ("se", {"reduction_ratio": 3}),
    ("cbam", {}),
    ("cbam", {"reduction_ratio": 4, "kernel_size": 3}),
    ("gam", {}),
    ("gam_sigmoid", {"rate": 2}),
    ("gam", {"rate": 8, "spatial": "depthwise"}),
    ("gam", {"spatial": "factorised"}),
    ("gam", {"groups": 2}),
    ("eca", {}),
    ("eca", {"k_size": 5}),
    ("coordinate", {}),
    ("coordinate", {"reduction_ratio": 2}),
    ("triplet", {}),
    ("triplet", {"kernel_size": 3}),
    ("se_cbam", {}),
    ("se_cbam", {"residual": False}),
    ("se_gam", {"rate": 2, "channel_gate": "sigmoid"}),
]


@pytest.mark.parametrize(("architecture", "variant"), each_once(list(ARCHITECTURES), VARIANTS), ids=str)
def test_every_variant_is_told_from_its_shapes(architecture, variant):
    attention, options = variant
    config = NetworkConfig(architecture, 7, 8, attention, options)
    with torch.device("meta"):
        shapes = build_network(config).state_dict()
    content = saved({key: torch.ones(value.shape, dtype=value.dtype) for key, value in shapes.items()})
    found = open_state_dict(content, "network.pt")
    asked = {"residual": options.get("residual", True)}
    if attention == "gam_sigmoid" or "channel_gate" in options:
        asked["channel_sigmoid"] = True
    assert found.checkpoint(**asked).card.config == config
    assert set(asked) - {"residual"} <= set(found.questions)


def test_bam_needs_a_card():
    content = saved(build_network(NetworkConfig("resnet18", 7, 8, "bam")).state_dict())
    with pytest.raises(CheckpointError, match=r"BAM's dilation .* leave no trace in its weights"):
        open_state_dict(content, "bam.pth")


@pytest.mark.parametrize("stages", [(True, False, True, False), (False, False, False, True)])
def test_stages_without_attention(stages):
    config = NetworkConfig("resnet18", 3, 8, "cbam", {"reduction_ratio": 8}, stages, "imagenet")
    network = build_network(config).eval()
    checkpoint = open_state_dict(saved(network.state_dict()), "n.pth").checkpoint(["a", "b", "c"])
    assert checkpoint.card.config == config
    assert checkpoint.card.input_size == 224
    same(load(checkpoint), network)


@pytest.mark.parametrize("architecture", ["resnet18", pytest.param("resnet34", marks=pytest.mark.long), "resnet50"])
def test_torchvisions_names(architecture):
    network = getattr(torchvision.models, architecture)(weights=None, num_classes=5, width_per_group=64).eval()
    found = open_state_dict(saved(network.state_dict()), "tv.pth")
    assert found.config == NetworkConfig(architecture, 5, stem="imagenet")
    assert found.questions == ()
    same(load(found.checkpoint()), network, 64)


def test_the_cbam_authors_names(randomise):
    network = randomise(build_network(NetworkConfig("resnet18", 5, 16, "cbam", {}, (), "imagenet")))
    names = {
        "attention.mlp.0": "cbam.ChannelGate.mlp.1",
        "attention.mlp.2": "cbam.ChannelGate.mlp.3",
        "attention.conv": "cbam.SpatialGate.spatial.conv",
        "attention.bn": "cbam.SpatialGate.spatial.bn",
        "shortcut": "downsample",
    }
    theirs = {}
    for key, value in network.state_dict().items():
        for ours, other in names.items():
            key = key.replace(f".{ours}.", f".{other}.")
        theirs[f"module.{key}"] = value
    assert "module.layer1.0.cbam.SpatialGate.spatial.bn.running_mean" in theirs
    found = open_state_dict(saved({"state_dict": theirs}), "official.pth")
    assert found.config == network.config
    same(load(found.checkpoint()), network)


def test_answers_to_what_weights_do_not_tell():
    found = open_state_dict(saved(GAM_Net(4).state_dict()), "gam.pth")
    checkpoint = found.checkpoint(
        [f"n{i}" for i in range(10)],
        stem="stride2",
        channel_sigmoid=True,
        mean=(0.1, 0.2, 0.3),
        std=(1, 1, 1),
        name="x",
    )
    card = checkpoint.card
    assert (card.config.stem, card.config.attention, card.input_size, card.name) == ("stride2", "gam_sigmoid", 64, "x")
    assert card.classes[3] == "n3"
    assert checkpoint.path.name == "x.safetensors"
    assert found.checkpoint(input_size=48).card.input_size == 48


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        ({"classes": ["a"]}, "gam has 10 classes, but 1 names were given"),
        ({"stem": "imagenet"}, "gam has a 3x3 stem, which is cifar or stride2, got 'imagenet'"),
        ({"residual": False}, "gam has no chain of attention modules"),
        ({"input_size": 0}, "input size must lie between 1 and 4096"),
        ({"std": (0, 1, 1)}, "std above 0"),
        ({"mean": (0.5,)}, "as many of one as of the other"),
        ({"mean": (0.5,), "std": (0.5,)}, "three numbers each"),
    ],
)
def test_answers_that_do_not_fit(answers, sentence):
    found = open_state_dict(saved(GAM_Net(4).state_dict()), "gam.pth")
    with pytest.raises(CheckpointError, match=sentence):
        found.checkpoint(**answers)


def test_no_channel_sigmoid_without_gam():
    found = open_state_dict(saved(build_network(NetworkConfig(width=4)).state_dict()), "plain.pth")
    with pytest.raises(CheckpointError, match="plain has no GAM"):
        found.checkpoint(channel_sigmoid=True)


def test_the_command(tmp_path, capsys):
    network = GAM_Net(4).eval()
    torch.save(nn.DataParallel(network).state_dict(), tmp_path / "mine.pth")
    out = tmp_path / "mine.safetensors"
    classes = [f"n{i}" for i in range(10)]
    command = ["convert", str(tmp_path / "mine.pth"), "--out", str(out)]
    assert main([*command, "--classes", *classes, "--size", "48", "--mean", "0.4", "0.4", "0.4"]) == 0
    said = capsys.readouterr().out
    assert said.startswith(
        "mine.safetensors: gam_net x4, attention gam, stem cifar, 10 classes, pictures of 48 pixels\n"
    )
    assert "--channel-sigmoid" in said
    checkpoint = read(out)
    assert checkpoint.card.classes == tuple(classes)
    assert checkpoint.card.mean == (0.4, 0.4, 0.4)
    same(load(checkpoint), network)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.pth", "mine.safetensors"]

    assert main(command) == 2
    assert capsys.readouterr().err == f"error: {out} is there already; nothing was written\n"
    assert main(["convert", str(tmp_path / "none.pth"), "--out", "x"]) == 2
    assert capsys.readouterr().err == "error: none.pth cannot be opened: No such file or directory\n"
