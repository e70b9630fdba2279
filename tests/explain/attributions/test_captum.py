"""Every method against stock Captum on the unfolded network, in float64 and in float32."""

import captum.attr as captum
import numpy as np
import pytest
import torch
from torch import nn

from gam_viz.attention import ATTENTION
from gam_viz.explain import replace_gates
from gam_viz.explain.attributions import METHODS, Request, attribute, attribute_many
from gam_viz.explain.attributions.gradients import Draws
from gam_viz.explain.attributions.perturbation import superpixels

BLACK = (-1.5, -1.25, -1.75)
TARGET = 1

pytestmark = [
    pytest.mark.filterwarnings("ignore:Setting backward hooks"),
    pytest.mark.filterwarnings("ignore:Input Tensor 0 did not already require gradients"),
]


@pytest.fixture(params=["float64", "float32"])
def case(request, random_network, picture):
    """Network, picture, and how far a map may be from Captum's, as a share of its largest value."""
    double = request.param == "float64"
    dtype = torch.float64 if double else torch.float32
    # Captum rounds the weights of integrated gradients to float32; the maps here are float32 anyway.
    return random_network("gam", double=double), picture.to(dtype), 1e-6 if double else 1e-4


def assert_same(given, expected, tolerance):
    expected = expected.detach().squeeze(0).double().numpy()
    given = np.asarray(given, dtype=np.float64).reshape(expected.shape)
    assert np.abs(expected).max() > 0
    assert np.abs(given - expected).max() <= tolerance * np.abs(expected).max()


def test_saliency(case):
    network, x, tolerance = case
    expected = captum.Saliency(network).attribute(x.clone().requires_grad_(), target=TARGET, abs=False)
    found = attribute(network, x, TARGET, "saliency")
    assert_same(found.channels, expected, tolerance)
    assert_same(found.values, expected.sum(1), tolerance)


def test_input_x_gradient(case):
    network, x, tolerance = case
    expected = captum.InputXGradient(network).attribute(x.clone().requires_grad_(), target=TARGET)
    assert_same(attribute(network, x, TARGET, "input_x_gradient").channels, expected, tolerance)


@pytest.mark.parametrize("baseline", ["mean", "black"])
def test_integrated_gradients(case, baseline):
    network, x, tolerance = case
    base = torch.zeros_like(x) if baseline == "mean" else x.new_tensor(BLACK).reshape(1, 3, 1, 1).expand_as(x)
    expected, delta = captum.IntegratedGradients(network).attribute(
        x, baselines=base, target=TARGET, n_steps=40, return_convergence_delta=True
    )
    found = attribute(
        network, x, TARGET, "integrated_gradients", params={"steps": 40, "baseline": baseline}, black=BLACK
    )
    assert_same(found.channels, expected, tolerance)
    assert found.delta == pytest.approx(abs(float(delta)), abs=10 * tolerance * float(expected.abs().max()))
    assert found.evidence["forwards"] == 42


def test_smoothgrad(case, monkeypatch):
    network, x, tolerance = case
    found = attribute(network, x, TARGET, "smoothgrad", params={"samples": 21, "seed": 7})
    noise = found.evidence["stdev"] * Draws(x, 7).normal(21)
    monkeypatch.setattr(torch, "normal", lambda mean, stdev: noise)
    expected = captum.NoiseTunnel(captum.Saliency(network)).attribute(
        x, nt_type="smoothgrad", nt_samples=21, stdevs=0.5, target=TARGET, abs=False
    )
    assert found.evidence["stdev"] == pytest.approx(0.15 * float(x.max() - x.min()))
    assert_same(found.channels, expected, tolerance)


def test_gradient_shap(case, monkeypatch):
    network, x, tolerance = case
    found = attribute(network, x, TARGET, "gradient_shap", params={"samples": 21, "seed": 7})
    draws = Draws(x, 7)
    noise = found.evidence["stdev"] * draws.normal(21)
    places = (np.arange(21) + draws.uniform(21).flatten().numpy()) / 21
    monkeypatch.setattr(torch, "normal", lambda mean, stdev: noise)
    monkeypatch.setattr(np.random, "uniform", lambda low, high, size: places)
    expected = captum.GradientShap(network).attribute(
        x, baselines=torch.zeros_like(x), n_samples=21, stdevs=0.5, target=TARGET
    )
    assert_same(found.channels, expected, tolerance)


@pytest.mark.parametrize(
    ("key", "stock"), [("guided_backprop", captum.GuidedBackprop), ("deconvolution", captum.Deconvolution)]
)
def test_rectified(case, key, stock):
    network, x, tolerance = case
    expected = stock(network).attribute(x.clone().requires_grad_(), target=TARGET)
    assert_same(attribute(network, x, TARGET, key).channels, expected, tolerance)


@pytest.mark.parametrize("layer", ["relu", "layer1.0", "layer2.0.bn2", "layer2.1.attention", "layer3.1"])
def test_layers(case, layer):
    network, x, tolerance = case
    module = network.get_submodule(layer)
    found = attribute_many(
        network,
        x,
        TARGET,
        [
            Request("gradcam", layer),
            Request("gradcam", layer, {"positive_only": False}),
            Request("layer_gradient_x_activation", layer),
            Request("layer_activation", layer),
        ],
    )
    cam = captum.LayerGradCam(network, module).attribute(x, target=TARGET)
    product = captum.LayerGradientXActivation(network, module).attribute(x, target=TARGET)
    activation = captum.LayerActivation(network, module).attribute(x)
    assert_same(found[0].values, cam[0].clamp_min(0), tolerance)
    assert_same(found[1].values, cam[0], tolerance)
    assert_same(found[2].values, product.sum(1), tolerance)
    assert_same(found[3].values, activation.abs().mean(1), tolerance)
    assert [one.signed for one in found] == [False, True, True, False]


@pytest.mark.parametrize("enlarge", ["bilinear", "nearest"])
def test_guided_gradcam(case, enlarge):
    network, x, tolerance = case
    expected = captum.GuidedGradCam(network, network.layer2[1]).attribute(x, target=TARGET, interpolate_mode=enlarge)
    found = attribute(network, x, TARGET, "guided_gradcam", layer="layer2.1", params={"enlarge": enlarge})
    assert_same(found.channels, expected, tolerance)


@pytest.mark.parametrize(
    ("grid", "overlap", "window", "stride"), [(4, 2, (4, 5), (2, 2)), (5, 1, (3, 4), (3, 4)), (3, 4, (5, 7), (1, 1))]
)
def test_occlusion(case, grid, overlap, window, stride):
    network, x, tolerance = case
    expected = captum.Occlusion(network).attribute(
        x, sliding_window_shapes=(3, *window), strides=(3, *stride), baselines=0, target=TARGET
    )
    found = attribute(network, x, TARGET, "occlusion", params={"grid": grid, "overlap": overlap})
    # Captum writes a window's drop to each of its three channels.
    assert_same(found.values, expected[:, 0], tolerance)
    assert (found.evidence["window_rows"], found.evidence["window_columns"]) == window


def test_feature_ablation(case):
    network, x, tolerance = case
    segments = superpixels(x, 20, 10.0)
    expected = captum.FeatureAblation(network).attribute(x, feature_mask=segments[None, None], target=TARGET)
    found = attribute(network, x, TARGET, "feature_ablation", params={"segments": 20})
    assert found.evidence["superpixels"] == int(segments.max()) + 1 > 5
    assert_same(found.values, expected[:, 0], tolerance)


@pytest.mark.parametrize("attention", ["none", *ATTENTION])
def test_every_attention_module(attention, random_network, picture):
    network = random_network(attention, seed=1, double=True)
    guided = captum.GuidedBackprop(network).attribute(picture.clone().requires_grad_(), target=0)
    gradient = captum.Saliency(network).attribute(picture.clone().requires_grad_(), target=0, abs=False)
    found = attribute_many(network, picture, 0, ["saliency", "guided_backprop"])
    assert_same(found[0].channels, gradient, 1e-6)
    assert_same(found[1].channels, guided, 1e-6)


@pytest.mark.parametrize("config", [{"architecture": "resnet18"}, {"architecture": "resnet50", "stem": "imagenet"}])
def test_every_architecture(config, random_network):
    network = random_network("cbam", double=True, **config)
    x = torch.randn(1, 3, 48, 48, dtype=torch.float64)
    found = attribute(network, x, 1, "gradcam", params={"positive_only": False})
    assert found.layer == ("layer4.1" if config["architecture"] == "resnet18" else "layer4.2")
    expected = captum.LayerGradCam(network, network.get_submodule(found.layer)).attribute(x, target=1)
    assert_same(found.values, expected[0], 1e-6)


def test_foreign_network_with_in_place_relu(picture):
    network = nn.Sequential(
        nn.Conv2d(3, 6, 3, bias=False),
        nn.BatchNorm2d(6),
        nn.ReLU(inplace=True),
        nn.Conv2d(6, 4, 3),
        nn.ReLU(inplace=True),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(4, 5),
    )
    network = network.double().eval()
    found = attribute_many(network, picture, 2, ["saliency", "gradcam", Request("layer_activation", "1")])
    expected = captum.Saliency(network).attribute(picture.clone().requires_grad_(), target=2, abs=False)
    assert_same(found[0].channels, expected, 1e-6)
    assert found[1].layer == "3"
    assert_same(found[2].values, network[:2](picture).abs().mean(1), 1e-6)


def test_gates_replaced_in_this_context_are_explained(random_network, picture):
    network = random_network("cbam", double=True)
    as_it_is = attribute(network, picture, 1, "saliency")
    with replace_gates(network, {"layer1.0.attention.spatial_gate": torch.ones(1, 1, 1, 1, dtype=torch.float64)}):
        found = attribute(network, picture, 1, "saliency")
        expected = captum.Saliency(network).attribute(picture.clone().requires_grad_(), target=1, abs=False)
    assert_same(found.channels, expected, 1e-6)
    assert not np.allclose(found.values, as_it_is.values, rtol=1e-3)


def test_no_method_was_forgotten():
    """Methods that Captum does not have need an oracle of their own; then they are listed here."""
    assert set(METHODS) == {
        *("saliency", "input_x_gradient", "smoothgrad", "integrated_gradients", "gradient_shap"),
        *("guided_backprop", "deconvolution", "guided_gradcam", "gradcam", "layer_gradient_x_activation"),
        *("layer_activation", "occlusion", "feature_ablation"),
        *("gradcam_plus_plus", "layer_cam", "score_cam", "eigen_cam", "rise", "kernel_shap"),  # test_more_methods.py
    }
