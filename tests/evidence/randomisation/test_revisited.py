"""sMPRT and eMPRT against plain loops, Quantus, and maps of which it is known what they must score."""

import numpy as np
import pytest
import torch
from scipy import stats
from torch import nn

from gam_viz.evidence.randomisation.cascade import randomisation
from gam_viz.evidence.randomisation.entropy import BINS, entropy, entropy_rises
from gam_viz.evidence.randomisation.maps import noisy_pictures
from gam_viz.evidence.randomisation.reinitialise import fresh_weights, stages_of
from gam_viz.explain.attributions import attribute
from gam_viz.networks.adapters.card import foreign_card
from gam_viz.networks.copies import copy_of
from tests.evidence.planted import SIDE, Shown
from tests.evidence.randomisation.test_cascade import card_of, small_picture


def test_the_smooth_test_is_that_of_a_plain_loop(random_network):
    network, x = random_network("cbam"), small_picture()
    card = card_of(network)
    found = randomisation(
        *(network, card, x, 1, ["saliency"]), seeds=[7], count=39, bottom_up=True, samples=3, noise=0.2
    )
    stages = dict(reversed(stages_of(network).items()))
    assert found.stages == tuple(stages)
    assert found.stages[0] == "stem"

    generator, deviation = torch.Generator().manual_seed(0), 0.2 * float(x.max() - x.min())
    noise = [torch.randn(x.shape, generator=generator) for _ in range(2)]
    pictures = [x + deviation * each for each in noise] + [x]

    def smoothed(subject):
        return np.mean([attribute(subject, picture, 1, "saliency").values for picture in pictures], axis=0)

    own, subject, fresh = smoothed(network), copy_of(network), fresh_weights(network, 7)
    (test,) = (each for each in found.maps if each.heatmap.key == "saliency")
    np.testing.assert_allclose(test.heatmap.values, own, rtol=1e-4, atol=1e-7)
    for step, keys in zip(test.cascade, stages.values(), strict=True):
        subject.load_state_dict({key: fresh[key] for key in keys}, strict=False)
        wanted = stats.spearmanr(own.ravel(), smoothed(subject).ravel()).statistic
        assert step.similarity.spearman == pytest.approx(wanted, abs=1e-3)


def test_one_sample_is_the_picture_itself():
    x = small_picture()
    (only,) = noisy_pictures(x, 1, 0.1)
    assert only is x
    noisy = noisy_pictures(x, 200, 0.1)
    assert noisy[-1] is x
    spread = torch.stack(noisy[:-1]).sub(x).std() / (x.max() - x.min())
    assert float(spread) == pytest.approx(0.1, rel=0.02)


def test_the_rise_is_that_of_a_plain_loop(random_network):
    network, x = random_network("gam"), small_picture()
    found = {each.key: each for each in entropy_rises(network, card_of(network), x, 2, ["saliency"], seeds=[3, 4, 5])}
    entropies = []
    for seed in (None, 3, 4, 5):
        subject = copy_of(network)
        if seed is not None:
            subject.load_state_dict(fresh_weights(network, seed))
        values = attribute(subject, x, 2, "saliency").values
        counts = np.histogram(values, bins=BINS)[0] / values.size
        entropies.append(-sum(share * np.log(share) for share in counts if share > 0))
    own, *fresh = entropies
    of = found["saliency"]
    assert (of.own, of.fresh) == (pytest.approx(own, abs=0.02), pytest.approx(np.median(fresh), abs=0.02))
    assert of.rise == pytest.approx((of.fresh - of.own) / of.own)
    assert of.seeds == 3


def test_the_entropy_is_quantus_own():
    theirs = pytest.importorskip("quantus.functions.complexity_func").discrete_entropy
    values = np.random.default_rng(0).gamma(0.3, size=(24, 24)).astype(np.float32)
    assert entropy(values) == pytest.approx(theirs(values, values))


class OnePixel(nn.Module):
    """Trained so that a single pixel counts; beside its gradient, a gate that shows nothing."""

    def __init__(self):
        super().__init__()
        self.head = nn.Linear(SIDE * SIDE, 2)
        self.constant = Shown(lambda x: torch.full_like(x[:, :1], 0.7))
        with torch.no_grad():
            self.head.weight.zero_()
            self.head.weight[0, 100] = 1.0

    def forward(self, x):
        self.constant(x)
        return self.head(x.mean(1).flatten(1))


def test_the_map_of_one_pixel_is_perfect_and_a_constant_one_says_nothing():
    network = OnePixel().eval().requires_grad_(False)
    card = foreign_card(network, ("a", "b"), input_size=SIDE, mean=(0.5,) * 3, std=(0.25,) * 3, name="one")
    x = torch.ones(1, 3, SIDE, SIDE)
    gate, pixel = entropy_rises(network, card, x, 0, ["saliency"])
    assert (pixel.verdict, gate.verdict, gate.rise) == ("rises", "flat", None)
    assert pixel.rise > 10  # from one pixel of 256 to noise
    smooth = randomisation(network, card, x, 0, ["saliency"], count=39, bottom_up=True, samples=4)
    assert [test.verdict for test in smooth.maps] == ["flat", "collapses"]
    assert abs(smooth.maps[1].cascade[-1].similarity.spearman) < 0.2
    assert smooth.maps[0].cascade[-1].similarity.spearman is None


@pytest.mark.parametrize(("values", "expected"), [(np.full((8, 8), 3.0), 0.0), (np.full((8, 8), np.nan), np.nan)])
def test_entropy_of_flat_maps_and_of_none(values, expected):
    assert entropy(values) == pytest.approx(expected, nan_ok=True)
