"""A state dict with the names and shapes of the tutorial's own GAM_Net loads and computes what that network would."""

import pytest
import torch

from gam_viz.networks import NetworkConfig, build_network
from tests import oracles

#: Parameters and buffers of the tutorial's code (sections 3 and 4), with c_in and c of a block and h = c / 4.
STEM = {"conv1.weight": (64, 3, 3, 3), "conv1.bias": (64,)}
NORM = ("weight", "bias", "running_mean", "running_var")
BLOCK = {
    "conv1.weight": ("c", "c_in", 3, 3),
    "conv1.bias": ("c",),
    "bn1": ("c",),
    "conv2.weight": ("c", "c", 3, 3),
    "conv2.bias": ("c",),
    "bn2": ("c",),
    "gam.channel_attention.0.weight": ("h", "c"),
    "gam.channel_attention.0.bias": ("h",),
    "gam.channel_attention.2.weight": ("c", "h"),
    "gam.channel_attention.2.bias": ("c",),
    "gam.spatial_attention.0.weight": ("h", "c", 7, 7),
    "gam.spatial_attention.0.bias": ("h",),
    "gam.spatial_attention.1": ("h",),
    "gam.spatial_attention.3.weight": ("c", "h", 7, 7),
    "gam.spatial_attention.3.bias": ("c",),
    "gam.spatial_attention.4": ("c",),
}
SHORTCUT = {"shortcut.0.weight": ("c", "c_in", 1, 1), "shortcut.0.bias": ("c",), "shortcut.1": ("c",)}
BLOCKS = [
    ("layer1.0", 64, 64),
    ("layer1.1", 64, 64),
    ("layer2.0", 64, 128),
    ("layer2.1", 128, 128),
    ("layer3.0", 128, 256),
    ("layer3.1", 256, 256),
]
HEAD = {"fc.weight": (10, 256), "fc.bias": (10,)}


def tutorial_shapes():
    def with_norm(name, shape):
        if name.rpartition(".")[2] in ("weight", "bias"):
            return {name: shape}
        return {f"{name}.{key}": shape for key in NORM} | {f"{name}.num_batches_tracked": ()}

    shapes = STEM | with_norm("bn1", (64,))
    for block, c_in, c in BLOCKS:
        sizes = {"c_in": c_in, "c": c, "h": c // 4}
        for name, symbols in (BLOCK | (SHORTCUT if c_in != c else {})).items():
            shapes |= with_norm(f"{block}.{name}", tuple(sizes.get(s, s) for s in symbols))
    return shapes | HEAD


@pytest.fixture(scope="module")
def weights():
    generator = torch.Generator().manual_seed(5)
    values = {}
    for name, shape in tutorial_shapes().items():
        if shape == ():
            values[name] = torch.tensor(100)
        elif name.endswith("running_var"):
            values[name] = torch.rand(shape, generator=generator) + 0.5
        else:
            scale = 0.6 * torch.Size(shape[1:]).numel() ** -0.5 if len(shape) > 1 else 0.25
            values[name] = torch.randn(shape, generator=generator) * scale
    return values


def test_the_table_has_the_tutorials_number_of_parameters():
    shapes = tutorial_shapes()
    trained = [s for name, s in shapes.items() if "running" not in name and "tracked" not in name]
    assert sum(torch.Size(s).numel() for s in trained) == 7_085_194
    assert shapes["layer2.0.gam.channel_attention.0.weight"] == (32, 128)
    assert shapes["layer3.0.shortcut.0.weight"] == (256, 128, 1, 1)


def test_it_loads_unchanged_and_computes_the_same(weights):
    network = build_network(NetworkConfig(attention="gam"))
    before = dict(weights)
    result = network.load_state_dict(weights, strict=True)
    assert not result.missing_keys
    assert not result.unexpected_keys
    assert weights.keys() == before.keys()  # what was loaded is left as it was
    assert all(weights[key] is value for key, value in before.items())

    x = torch.randn(2, 3, 16, 12, dtype=torch.float64, generator=torch.Generator().manual_seed(6))
    doubles = {name: value.double() for name, value in weights.items()}
    with torch.no_grad():
        expected = oracles.article_network(x, doubles)
        logits = network.double().eval()(x)
    assert logits.shape == (2, 10)
    assert expected.std() > 0.01
    assert (logits - expected).abs().max() < 1e-10


def test_gates_of_the_tutorials_network_matter(weights):
    """Guards the test above: without its gates the network computes something else."""
    x = torch.randn(1, 3, 16, 12, generator=torch.Generator().manual_seed(6))
    open_gates = {key: torch.zeros_like(value) if ".gam.channel" in key else value for key, value in weights.items()}
    with torch.no_grad():
        difference = oracles.article_network(x, weights) - oracles.article_network(x, open_gates)
    assert difference.abs().max() > 0.01


def test_a_part_that_is_missing_is_named(weights):
    network = build_network(NetworkConfig(attention="gam"))
    partial = {key: value for key, value in weights.items() if key != "layer1.0.gam.channel_attention.0.bias"}
    with pytest.raises(RuntimeError, match=r"Missing key.*layer1\.0\.attention\.channel_attention\.0\.bias"):
        network.load_state_dict(partial)


def test_our_own_state_dict_loads_too():
    network, other = (build_network(NetworkConfig(width=4, attention="gam")) for _ in range(2))
    other.load_state_dict(network.state_dict())
    x = torch.randn(1, 3, 8, 8)
    assert torch.equal(network.eval()(x), other.eval()(x))
