"""Asking: every entry of the registry keeps its word, and what does not fit ends in one plain sentence."""

import dataclasses
import itertools

import numpy as np
import pytest
import torch
from torch import nn

from gam_viz.explain.attributions import (
    METHODS,
    NOT_OFFERED,
    Param,
    Request,
    attribute,
    attribute_each,
    attribute_many,
    default_layer,
    layers_of,
)

BLACK = (-2.0, -2.0, -2.0)

pytestmark = pytest.mark.filterwarnings("ignore:Setting backward hooks")


@pytest.mark.parametrize("key", METHODS)
def test_a_method_keeps_its_word(key, random_network, picture):
    method = METHODS[key]
    assert method.key == key
    assert method.paper
    network = random_network("cbam")
    told = []
    found = attribute(network, picture, 2, key, progress=lambda share, name: told.append((share, name)))
    assert (found.method, found.target) == (key, 2)
    assert found.values.dtype == np.float32
    assert found.values.shape == ((4, 5) if method.resolution == "layer" else (16, 20))
    assert not found.values.flags.writeable
    assert np.isfinite(found.values).all()
    assert np.abs(found.values).max() > 0
    assert found.signed or found.values.min() >= 0
    assert (found.layer == "layer3.1") if method.needs_layer else (found.layer is None)
    if found.channels is not None:
        assert found.channels.shape == (3, 16, 20)
        np.testing.assert_allclose(found.channels.sum(0), found.values, atol=1e-5 * np.abs(found.values).max())
    coarse = method.resolution in ("window", "superpixel")
    assert coarse or found.resolution == found.values.shape
    assert all(1 <= cells <= size for cells, size in zip(found.resolution, found.values.shape, strict=True))
    assert (found.delta is not None) == (found.relative_delta is not None) == (method.family == "path")
    assert found.params == {param.key: param.default for param in method.params}
    assert found.evidence["forwards"] >= 1
    assert found.seconds > 0
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert shares[0] == 0
    assert shares[-1] == 1
    assert {name for _, name in told} == {key}
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.target = 3


@pytest.mark.parametrize("key", METHODS)
def test_a_methods_map_is_of_its_target(key, random_network, picture):
    one, other = (attribute(random_network("cbam"), picture, target, key).values for target in (0, 1))
    assert np.array_equal(one, other) != METHODS[key].uses_target


@pytest.mark.parametrize(("key", "param"), [(key, param) for key, method in METHODS.items() for param in method.params])
def test_a_parameters_limits_and_choices(key, param, random_network, picture):
    network = random_network("cbam", width=2)
    assert param.check(param.default, key) == param.default
    for choice in param.choices:
        found = attribute(network, picture, 0, key, params={param.key: choice}, black=BLACK)
        assert found.params[param.key] == choice
    if param.low is not None:
        assert param.low < param.high
        assert param.step > 0
        for bad in (param.low - 1, param.high + 1, float("nan"), None, True):
            with pytest.raises(
                ValueError, match=f"{key}: {param.key} must be .* from {param.low} to {param.high}, got"
            ):
                param.check(bad, key)
    with pytest.raises(ValueError, match=f"{key}: {param.key} must be"):
        attribute(network, picture, 0, key, params={param.key: "sideways"})


def test_numbers_become_what_the_method_expects():
    whole, real = Param("samples", 25, 2, 200, 1), Param("noise", 0.1, 0.0, 1.0, 0.1)
    assert type(whole.check(25.0, "m")) is int
    assert type(whole.check(np.int64(25), "m")) is int
    assert type(real.check(1, "m")) is float
    with pytest.raises(ValueError, match=r"m: samples must be a whole number from 2 to 200, got 2\.5"):
        whole.check(2.5, "m")
    either = Param("steps", "auto", 2, 500, 1, choices=("auto",))
    assert either.check("auto", "m") == "auto"
    assert either.accepted() == "'auto' or a whole number from 2 to 500"


def test_methods_that_are_not_offered(random_network, picture):
    assert set(NOT_OFFERED) == {"deeplift", "deepliftshap", "lrp"}
    assert not set(NOT_OFFERED) & set(METHODS)
    for key in NOT_OFFERED:
        with pytest.raises(ValueError, match=f"{key} is not offered"):
            attribute(random_network(), picture, 0, key)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"target": 5}, "must be a class from 0 to 4, got 5"),
        ({"target": -1}, "must be a class from 0 to 4, got -1"),
        ({"target": 1.0}, "a whole number, got 1.0"),
        ({"target": True}, "a whole number, got True"),
        ({"method": "salience"}, "unknown method 'salience'; known are saliency, "),
        ({"layer": "layer1.0"}, "saliency maps the picture and takes no layer"),
        ({"params": {"samples": 3}}, "saliency does not know 'samples'; it takes no parameters"),
        ({"method": "smoothgrad", "params": {"n": 3}}, "does not know 'n'; it takes samples, noise, seed"),
        ({"method": "gradcam", "layer": "layer9"}, "unknown layer 'layer9'; this network has relu, layer1.0"),
        ({"method": "gradcam", "layer": ""}, "unknown layer ''"),
        ({"method": "gradcam", "layer": "layer1.0.conv1"}, "folded into the batch norm after it"),
        ({"method": "gradcam", "layer": "fc"}, r"no positions to map: its output is \(1, 5\)"),
        ({"method": "gradcam", "layer": "layer1.0.attention.channel_gate"}, "is a gate; choose .*'layer1.0.attention'"),
        ({"x": torch.zeros(2, 3, 8, 8)}, r"one normalised picture at a time.*\(2, 3, 8, 8\)"),
        ({"x": torch.zeros(1, 1, 8, 8)}, r"got torch.float32 \(1, 1, 8, 8\)"),
        ({"x": torch.zeros(1, 3, 8, 8, dtype=torch.uint8)}, "got torch.uint8"),
        ({"x": np.zeros((1, 3, 8, 8))}, "got ndarray"),
        ({"x": torch.full((1, 3, 8, 8), torch.nan)}, "not finite"),
        ({"method": "occlusion", "params": {"baseline": "black"}}, "needs black="),
    ],
)
def test_what_does_not_fit_is_said(change, message, random_network):
    given = {"x": torch.zeros(1, 3, 8, 8), "target": 1, "method": "saliency", "layer": None, "params": None} | change
    x, target, method = given.pop("x"), given.pop("target"), given.pop("method")
    with pytest.raises(ValueError, match=message):
        attribute(random_network(), x, target, method, **given)


def test_all_requests_are_checked_before_the_first_is_computed(random_network, picture):
    with pytest.raises(ValueError, match="unknown method"):
        attribute_each(random_network(), picture, 0, ["saliency", "nonsense"])
    with pytest.raises(ValueError, match="needs black="):
        attribute_each(random_network(), picture, 0, ["saliency", Request("occlusion", params={"baseline": "black"})])


def test_a_network_in_training_mode_is_refused(random_network, picture):
    network = random_network()
    network.layer2[0].bn1.train()
    with pytest.raises(ValueError, match="eval mode"):
        attribute(network, picture, 0, "saliency")


def test_a_network_that_is_no_classifier_or_has_no_relu(picture):
    with pytest.raises(ValueError, match=r"scores \(B, classes\) are needed"):
        attribute(nn.Conv2d(3, 4, 3).eval(), picture, 0, "saliency")
    with pytest.raises(ValueError, match="no weights"):
        attribute(nn.Flatten().eval(), picture, 0, "saliency")
    plain = nn.Sequential(nn.Flatten(), nn.Linear(960, 4)).eval()
    with pytest.raises(ValueError, match="this network has none"):
        attribute(plain, picture, 0, "guided_backprop")
    with pytest.raises(ValueError, match="no convolution"):
        attribute(plain, picture, 0, "gradcam")


def test_a_layer_that_runs_twice_is_refused(picture):
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.relu, self.fc = nn.Conv2d(3, 3, 3), nn.ReLU(), nn.Linear(3, 4)

        def forward(self, x):
            return self.fc(self.relu(self.conv(self.relu(x))).mean((2, 3)))

    with pytest.raises(ValueError, match="'relu' runs 2 times"):
        attribute(Twice().eval(), picture, 0, "gradcam", layer="relu")


def test_layers(random_network):
    blocks = [f"layer{stage}.{index}" for stage in (1, 2, 3) for index in (0, 1)]
    with_attention = itertools.chain.from_iterable((f"{block}.attention", block) for block in blocks)
    assert layers_of(random_network("gam")) == ("relu", *with_attention)
    assert layers_of(random_network("none")) == ("relu", *blocks)
    some = random_network(
        "cbam", architecture="resnet18", stem="imagenet", attention_stages=(False, True, False, False)
    )
    assert layers_of(some)[:6] == ("relu", "maxpool", "layer1.0", "layer1.1", "layer2.0.attention", "layer2.0")
    assert default_layer(some) == "layer4.1"
    found = attribute_many(some, torch.randn(1, 3, 32, 32), 0, [Request("gradcam", name) for name in layers_of(some)])
    assert [one.values.shape for one in found][:3] == [(16, 16), (8, 8), (8, 8)]


def test_results_come_one_by_one(random_network, picture):
    told = []
    results = attribute_each(
        random_network("cbam"), picture, 0, ["saliency", "smoothgrad", "occlusion"], lambda share, key: told.append(key)
    )
    assert next(results).method == "saliency"
    assert set(told) == {"saliency"}
    assert [one.method for one in results] == ["smoothgrad", "occlusion"]
    assert list(dict.fromkeys(told)) == ["saliency", "smoothgrad", "occlusion"]
    assert attribute_many(random_network(), picture, 0, []) == ()
