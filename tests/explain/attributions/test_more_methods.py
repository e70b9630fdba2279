"""Methods that Captum does not have, or not so: against torch-cam, automatic derivatives, Captum's exact Shapley values
and plain loops."""

import captum.attr as captum
import numpy as np
import pytest
import torch
import torchcam.methods
from torch import nn

from gam_viz.explain.attributions import Request, attribute, attribute_many
from gam_viz.explain.attributions.coalitions import _coalitions, _solve
from gam_viz.explain.attributions.perturbation import superpixels
from gam_viz.text import words

TARGET = 1
LAYERS = ("layer1.1", "layer3.1")


def torchcams(kind, network, picture, layer):
    with kind(network, target_layer=layer) as extractor:
        logits = network(picture.clone().requires_grad_())
        (expected,) = extractor(TARGET, logits, normalized=False)
    return expected[0].detach().numpy()


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("attention", ["cbam", "gam"])
def test_layercam_and_score_cam_are_torchcams(attention, layer, random_network, picture):
    network = random_network(attention, double=True)
    found = attribute_many(network, picture, TARGET, [Request("layer_cam", layer), Request("score_cam", layer)])
    for one, kind in zip(found, (torchcams_layer_cam, torchcams_score_cam), strict=True):
        expected = kind(network, picture, layer)
        assert expected.max() > 0
        np.testing.assert_allclose(one.values, expected, atol=1e-5 * expected.max())


def torchcams_score_cam(network, picture, layer):
    with torchcam.methods.ScoreCAM(network, target_layer=layer) as extractor, torch.no_grad():
        logits = network(picture)
        (expected,) = extractor(TARGET, logits, normalized=False)
    return expected[0].numpy()


def torchcams_layer_cam(network, picture, layer):
    return torchcams(torchcam.methods.LayerCAM, network, picture, layer)


class Head(nn.Module):
    """(B, 3, H, W) -> (B, 2) by features (B, 2, h, w) on which the scores depend linearly."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(3, 2, 4, stride=4), nn.Softplus())
        self.head = nn.Linear(2 * 4 * 5, 2)

    def forward(self, x):
        return self.head(self.features(x).flatten(1))


def test_grad_cam_plus_plus_weighs_by_the_derivatives_of_the_exponential(picture):
    """Equations 10 and 19 with first, second and third derivatives of exp(f) taken by autograd, one at a time."""
    torch.manual_seed(0)
    network = Head().double().eval()
    features = network.features(picture).detach().requires_grad_()
    power = network.head(features.flatten(1))[0, TARGET].exp()
    (first,) = torch.autograd.grad(power, features, create_graph=True)
    weights = torch.zeros(2, dtype=torch.float64)
    for place in np.ndindex(features.shape):
        (second,) = torch.autograd.grad(first[place], features, create_graph=True)
        (third,) = torch.autograd.grad(second[place], features, retain_graph=True)
        alpha = second[place] / (2 * second[place] + features[:, place[1]].sum() * third[place])
        weights[place[1]] += (alpha * first[place].relu()).detach()
    expected = (weights[:, None, None] * features[0]).sum(0).relu() / power
    found = attribute(network, picture, TARGET, "gradcam_plus_plus", layer="features")
    assert expected.max() > 0
    np.testing.assert_allclose(found.values, expected.detach().numpy(), atol=1e-6 * float(expected.max()))


def test_grad_cam_plus_plus_of_a_layer_that_says_nothing_is_zero(picture):
    network = Head().double().eval()
    nn.init.zeros_(network.head.weight)
    assert not attribute(network, picture, TARGET, "gradcam_plus_plus", layer="features").values.any()


@pytest.mark.parametrize("layer", LAYERS)
def test_eigen_cam_is_the_largest_part_of_the_features_by_power_iteration(layer, random_network, picture):
    network = random_network("gam", double=True)
    seen = []
    handle = network.get_submodule(layer).register_forward_hook(lambda module, x, y: seen.append(y[0].detach().numpy()))
    with torch.no_grad():
        network(picture)
    handle.remove()
    rows = seen[0].reshape(len(seen[0]), -1).T
    direction = np.ones(rows.shape[1])
    for _ in range(5000):
        direction = rows.T @ (rows @ direction)
        direction /= np.linalg.norm(direction)
    expected = (rows @ direction).reshape(seen[0].shape[1:])
    expected *= np.sign(expected.sum())
    found = attribute(network, picture, TARGET, "eigen_cam", layer=layer)
    np.testing.assert_allclose(found.values, expected, atol=1e-4 * np.abs(expected).max())


@pytest.mark.parametrize("baseline", ["mean", "black"])
def test_kernel_shap_over_all_coalitions_is_captums_exact_value(baseline, random_network, picture):
    network = random_network("cbam", double=True)
    black = (-1.5, -1.25, -1.75)
    found = attribute(
        network,
        picture,
        TARGET,
        "kernel_shap",
        params={"segments": 4, "samples": 100, "baseline": baseline},
        black=black,
    )
    segments = superpixels(picture, 4, 10.0)
    count = int(segments.max()) + 1
    assert 2 < count <= 6
    base = torch.zeros_like(picture) if baseline == "mean" else picture.new_tensor(black).reshape(1, 3, 1, 1)
    mask = segments[None, None].repeat(1, 3, 1, 1)
    expected = captum.ShapleyValues(network).attribute(
        picture, baselines=base.expand_as(picture).contiguous(), target=TARGET, feature_mask=mask
    )
    np.testing.assert_allclose(found.values, expected[0, 0].numpy(), atol=1e-6 * float(expected.abs().max()))
    assert found.evidence["samples"] == 2**count - 2


def test_drawn_coalitions_come_near_the_exact_values_and_sum_to_the_change_always():
    """Of a game with pairs: v(S) = sum of gains + products of neighbours; Shapley gives each half of its pairs."""
    draw = np.random.default_rng(0)
    gains, pairs = draw.normal(size=12), draw.normal(size=11)
    exact = gains + np.append(pairs, 0) / 2 + np.append(0, pairs) / 2

    def value(present):
        present = present.astype(float)
        return present @ gains + (present[:, 1:] * present[:, :-1]) @ pairs

    for samples, near in ((200, 0.6), (4000, 0.15)):
        coalitions, weights = _coalitions(12, samples, seed=1)
        assert len(coalitions) == samples < 2**12 - 2
        assert 0 < coalitions.sum(1).min() <= coalitions.sum(1).max() < 12
        found = _solve(coalitions, weights, value(coalitions), exact.sum())
        assert found.sum() == pytest.approx(exact.sum())
        assert np.abs(found - exact).max() < near


def test_rise_is_the_mean_over_masks_that_show_a_pixel(picture):
    """For a network that is the sum of one block's pixels, times 0.5 of what the other half of the masks take away."""

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.ones(1))

        def forward(self, x):
            inside = x[:, :, 4:8, 5:10].sum((1, 2, 3)) * self.weight
            return torch.stack([-inside, inside], 1)

    x = torch.ones_like(picture)
    few, many = (
        attribute(Block().double().eval(), x, TARGET, "rise", params={"grid": 4, "samples": count, "seed": 3}).values
        for count in (50, 5000)
    )
    inside = np.zeros(x.shape[-2:], bool)
    inside[4:8, 5:10] = True
    far = np.ones(x.shape[-2:], bool)
    far[:13, :16] = False  # masks are smooth: cells beside the block are shown with it in part
    assert np.abs(many[far]).max() < 0.05 * many[inside].mean()
    assert many[inside].min() > 0.5 * many.max() > 0
    assert np.abs(few - many).max() < 0.6 * many.max()
    swapped = attribute(Block().double().eval(), x, 0, "rise", params={"grid": 4, "samples": 50, "seed": 3}).values
    np.testing.assert_allclose(swapped, -few, atol=1e-6)


def test_rise_of_a_network_that_sees_nothing_is_zero(picture, random_network):
    network = random_network("none", double=True)
    nn.init.zeros_(network.fc.weight)
    assert np.abs(attribute(network, picture, TARGET, "rise", params={"samples": 50}).values).max() < 1e-9


@pytest.mark.filterwarnings("ignore")
def test_why_deeplift_and_lrp_are_not_offered_as_the_page_says():
    """Two neurons: of a * sigmoid(b) DeepLift gives a all of the change, and b its share once more."""

    class Gated(nn.Module):
        def __init__(self):
            super().__init__()
            self.gate = nn.Sigmoid()

        def forward(self, x):
            return x[:, :1] * self.gate(x[:, 1:])

    network, x, nothing = Gated(), torch.tensor([[2.0, 3.0]]), torch.zeros(1, 2)
    change = float(network(x) - network(nothing))
    deeplift = captum.DeepLift(network).attribute(x, nothing)[0].detach().numpy()
    said = [f"{value:.2f}" for value in (change, *deeplift)]
    assert said == ["1.91", "1.91", "0.91"]
    for language in ("en", "zh"):
        sentence = words(language).text("compare.not_offered.gate_product_rule")
        assert all(value in sentence for value in said)
    assert float(captum.IntegratedGradients(network).attribute(x, nothing).sum()) == pytest.approx(change, rel=1e-3)
    with pytest.raises(TypeError, match="Sigmoid"):
        captum.LRP(network).attribute(x)
