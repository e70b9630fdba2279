"""What the maps promise, checked by other means than Captum: completeness, plain loops, torch-cam, repeatability."""

import numpy as np
import pytest
import torch
import torchcam.methods

from gam_viz.explain.attributions import METHODS, Request, attribute, attribute_many
from gam_viz.explain.attributions import paths as paths_module
from gam_viz.explain.attributions.gradients import Draws
from gam_viz.explain.attributions.perturbation import superpixels
from gam_viz.explain.attributions.prepare import prepare
from gam_viz.explain.attributions.work import Work

TARGET = 1

pytestmark = pytest.mark.filterwarnings("ignore:Setting backward hooks")


def score(network, x):
    with torch.no_grad():
        return float(network(x)[0, TARGET])


@pytest.mark.parametrize("attention", ["none", "cbam", "gam", "gam_sigmoid"])
@pytest.mark.parametrize("baseline", ["mean", "black", "blur"])
def test_integrated_gradients_are_complete(attention, baseline, random_network, picture):
    network = random_network(attention, double=True)
    params = {"baseline": baseline, "tolerance": 0.01}
    found = attribute(network, picture, TARGET, "integrated_gradients", params=params, black=(-2.0, -2.0, -2.0))
    assert found.relative_delta <= 0.01
    assert found.evidence["converged"]
    if baseline != "blur":
        base = torch.zeros_like(picture) if baseline == "mean" else torch.full_like(picture, -2.0)
        gap = score(network, picture) - score(network, base)
        assert abs(found.values.sum() - gap) == pytest.approx(found.delta, abs=1e-5 * abs(gap) + 1e-6)
        assert found.delta <= 0.01 * abs(gap)


def test_more_steps_reuse_what_is_there(random_network, picture, monkeypatch):
    """A halving of the steps asks only for the new places: n steps cost n + 1 gradients, however they were reached."""
    network = random_network("gam", double=True)
    monkeypatch.setattr(paths_module, "LAST_STEPS", 64)
    found = attribute(network, picture, TARGET, "integrated_gradients", params={"tolerance": 0.001})
    assert found.evidence["backwards"] == found.evidence["steps"] + 1
    many = attribute(network, picture, TARGET, "integrated_gradients", params={"steps": 150})
    assert np.abs(found.values - many.values).max() <= 0.03 * np.abs(many.values).max()


def test_what_does_not_converge_says_so(random_network, picture, monkeypatch):
    monkeypatch.setattr(paths_module, "LAST_STEPS", 32)
    monkeypatch.setattr(Work, "gap", lambda self, kind: 1e6)
    found = attribute(random_network(), picture, TARGET, "integrated_gradients")
    assert found.evidence["steps"] == 32
    assert found.evidence["converged"] is False
    assert 0 <= found.evidence["change"] < 1
    assert found.relative_delta == pytest.approx(1, abs=0.01)


def test_gradient_shap_without_noise_is_nearly_complete(random_network, picture):
    found = attribute(
        random_network(double=True), picture, TARGET, "gradient_shap", params={"noise": 0.0, "samples": 100}
    )
    assert found.relative_delta < 0.05


@pytest.mark.parametrize("layer", ["layer1.1", "layer3.1"])
def test_gradcam_is_torchcams(layer, random_network, picture):
    network = random_network("cbam", double=True)
    found = attribute(network, picture, TARGET, "gradcam", layer=layer)
    with torchcam.methods.GradCAM(network, target_layer=layer) as extractor:
        logits = network(picture.clone().requires_grad_())
        (expected,) = extractor(TARGET, logits, normalized=False)
    assert found.values.max() > 0
    np.testing.assert_allclose(found.values, expected[0].detach().numpy(), atol=1e-6 * found.values.max())


def test_occlusion_is_the_plain_loop(random_network, picture):
    network = random_network("cbam", double=True)
    total, cover = np.zeros((16, 20)), np.zeros((16, 20))
    for top in range(0, 13, 2):
        for left in range(0, 17, 2):
            window = (slice(top, top + 4), slice(left, left + 5))
            occluded = picture.clone()
            occluded[0][:, window[0], window[1]] = 0
            total[window] += score(network, picture) - score(network, occluded)
            cover[window] += 1
    found = attribute(network, picture, TARGET, "occlusion", params={"grid": 4, "overlap": 2})
    np.testing.assert_allclose(found.values, total / cover, atol=1e-6 * np.abs(total / cover).max())
    assert found.resolution == (7, 9)
    assert found.evidence["windows"] == 63
    assert found.evidence["forwards"] == 64


def test_feature_ablation_is_the_plain_loop(random_network, picture):
    network = random_network("gam", double=True)
    segments = superpixels(picture, 12, 10.0)
    blurred = Work(prepare(network), picture, TARGET).baseline("blur")
    expected = np.zeros((16, 20))
    for label in segments.unique():
        ablated = torch.where(segments == label, blurred, picture)
        expected[(segments == label).numpy()] = score(network, picture) - score(network, ablated)
    found = attribute(network, picture, TARGET, "feature_ablation", params={"segments": 12, "baseline": "blur"})
    np.testing.assert_allclose(found.values, expected, atol=1e-6 * np.abs(expected).max())


def test_coarse_to_fine_measures_less_and_says_how_good_it_is(random_network, picture):
    network = random_network("cbam", double=True)
    params = {"grid": 8, "overlap": 2}
    full = attribute(network, picture, TARGET, "occlusion", params=params)
    less = attribute(network, picture, TARGET, "occlusion", params={**params, "coarse_to_fine": True})
    counts = less.evidence
    assert counts["measured"] + counts["interpolated"] == counts["windows"] == full.evidence["windows"]
    assert counts["forwards"] == counts["measured"] + 1 < full.evidence["forwards"]
    assert 0 <= counts["interpolation_error"] < 1.5
    assert np.corrcoef(full.values.ravel(), less.values.ravel())[0, 1] > 0.8


def test_coarse_to_fine_of_a_blank_effect_is_zero(random_network, picture):
    """A picture that is its own baseline loses nothing anywhere."""
    found = attribute(random_network(), torch.zeros(1, 3, 16, 16), TARGET, "occlusion", params={"coarse_to_fine": True})
    assert np.abs(found.values).max() < 1e-6


def test_superpixels_of_pure_noise_do_not_melt_into_one():
    labels = superpixels(torch.randn(1, 3, 32, 32), 64, 10.0)
    assert labels.shape == (32, 32)
    assert sorted(labels.unique().tolist()) == list(range(int(labels.max()) + 1))
    assert 16 <= int(labels.max()) + 1 <= 80


@pytest.mark.parametrize("method", ["smoothgrad", "gradient_shap"])
def test_a_seed_repeats_and_the_global_generator_is_left_alone(method, random_network, picture):
    network = random_network()
    torch.manual_seed(1)
    state = torch.get_rng_state()
    first = attribute(network, picture, TARGET, method, params={"seed": 5})
    assert torch.equal(torch.get_rng_state(), state)
    torch.manual_seed(2)
    np.testing.assert_array_equal(attribute(network, picture, TARGET, method, params={"seed": 5}).values, first.values)
    other = attribute(network, picture, TARGET, method, params={"seed": 6})
    assert np.abs(other.values - first.values).max() > 0.01 * np.abs(first.values).max()


def test_draws_do_not_depend_on_the_chunks(picture):
    one, many = Draws(picture, 3), Draws(picture, 3)
    together = one.normal(5), one.uniform(5)
    apart = [(many.normal(n), many.uniform(n)) for n in (2, 3)]
    assert torch.equal(together[0], torch.cat([normal for normal, _ in apart]))
    assert torch.equal(together[1], torch.cat([uniform for _, uniform in apart]))


@pytest.mark.parametrize("method", ["smoothgrad", "gradient_shap", "occlusion", "feature_ablation"])
def test_maps_do_not_depend_on_the_chunks(method, random_network, picture, monkeypatch):
    network = random_network(double=True)
    expected = attribute(network, picture, TARGET, method)
    monkeypatch.setattr("gam_viz.runtime.device.CHUNK", {"cpu": 4})
    np.testing.assert_allclose(attribute(network, picture, TARGET, method).values, expected.values, atol=1e-6)


def test_one_pass_serves_many(random_network, picture, monkeypatch):
    """Saliency, input x gradient and the maps of all layers rest on one forward and one backward pass."""
    network = random_network()
    passes = []
    backward = torch.autograd.grad
    monkeypatch.setattr(torch.autograd, "grad", lambda *a, **k: passes.append(1) or backward(*a, **k))
    requests = [
        *("saliency", "input_x_gradient", "gradcam", "layer_activation", "layer_gradient_x_activation"),
        *(Request("gradcam", layer) for layer in ("relu", "layer1.0", "layer2.1")),
    ]
    found = attribute_many(network, picture, TARGET, requests)
    assert len(passes) == 1
    assert {(one.evidence["forwards"], one.evidence["backwards"]) for one in found} == {(1, 1)}
    assert all(one.seconds > 0 for one in found)


def test_maps_together_are_the_maps_alone(random_network, picture):
    network = random_network(double=True)
    together = attribute_many(network, picture, TARGET, METHODS)
    for found in together:
        alone = attribute(network, picture, TARGET, found.method)
        np.testing.assert_allclose(found.values, alone.values, atol=1e-6 * max(np.abs(alone.values).max(), 1e-9))
        assert found.params == alone.params
