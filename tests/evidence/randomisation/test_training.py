"""Evidence of training: withheld where nothing was learnt, whoever set the weights, and given to trained networks.

How often it is withheld, by the verdict itself, is measured in test_training_rate.py.
"""

from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter
from scipy.stats import binomtest

from gam_viz.evaluation.permutation import LEVEL
from gam_viz.evidence.randomisation.training import TrainingTest, _p_value, training_evidence
from gam_viz.images import list_samples, load_sample, prepare
from gam_viz.networks import build_network
from gam_viz.networks.checkpoints import load, read
from tests.evidence.randomisation.untrained import mask_weight_one

SCENES = Path(__file__).parents[3] / "checkpoints" / "scenes-gam.safetensors"
CBAMS = SCENES.with_name("scenes-cbam.safetensors")
K = 19


def odd(tests: tuple[TrainingTest, ...]) -> list[bool]:
    """Before any correction: with 19 networks nothing could be called after it."""
    return [max(test.fresh, test.shuffled) <= LEVEL for test in tests]


@pytest.mark.skipif(not CBAMS.is_file(), reason="the networks are not here")
def test_statistics_that_ran_in_on_pictures_are_no_training() -> None:
    """Shuffled without their batch norms' statistics, 4 of these 6 masks were called trained."""
    checkpoint = read(CBAMS)
    card, trained = checkpoint.card, load(checkpoint, torch.device("cpu"))
    torch.manual_seed(100)
    network = build_network(trained.config)
    samples = [load_sample(sample.id) for sample in list_samples()[:24]]
    seen = torch.cat([prepare(s, size=card.input_size, mean=card.mean, std=card.std).tensor for s in samples])
    with torch.no_grad():
        mask_weight_one(network)
        for _ in range(10):
            network.train()(seen[torch.randperm(len(seen))[:16]])
    x = prepare(load_sample("scene-sailboat-17"), size=card.input_size, mean=card.mean, std=card.std).tensor
    before = {key: value.clone() for key, value in network.eval().state_dict().items()}
    tests = training_evidence(network, card, x, networks=K)
    assert sum(test.fresh <= LEVEL for test in tests) == 6  # what the other kind has to withhold
    assert sum(odd(tests)) <= 1
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())


def noise(random: np.random.Generator) -> np.ndarray:
    return random.standard_normal((K + 1, 16, 16))


def smooth(random: np.random.Generator) -> np.ndarray:
    widths = random.uniform(0.5, 4, K + 1)
    return np.stack(
        [gaussian_filter(m, w) * np.exp(random.normal()) for m, w in zip(noise(random), widths, strict=True)]
    )


def heavy_tailed(random: np.random.Generator) -> np.ndarray:
    contrast, mean = random.standard_cauchy((2, K + 1, 1, 1))
    return noise(random) * contrast + mean


def partly_flat(random: np.random.Generator) -> np.ndarray:
    return np.where(random.random((K + 1, 1, 1)) < 0.5, 0.5, noise(random))


def mostly_flat(random: np.random.Generator) -> np.ndarray:
    return np.where(random.random((K + 1, 1, 1)) < 0.9, 0.5, noise(random))


FIELDS = (noise, smooth, heavy_tailed, partly_flat, mostly_flat)


def test_the_test_holds_its_level_whatever_maps_are_like() -> None:
    """2,000 draws; 2,000 of each kind gave shares of 3.4 to 5.2 %."""
    random, small = np.random.default_rng(0), dict.fromkeys(FIELDS, 0)
    for make in FIELDS:
        small[make] = sum(_p_value(list(make(random).astype(np.float32))) <= LEVEL for _ in range(400))
    assert binomtest(sum(small.values()), 2000, LEVEL, alternative="greater").pvalue > 0.01
    assert min(binomtest(count, 400, LEVEL, alternative="greater").pvalue for count in small.values()) > 0.002
    assert min(small.values()) > 0  # exact, so it can call: a test that never did would be of no use


@pytest.mark.parametrize("make", [noise, partly_flat], ids=lambda make: make.__name__)
def test_a_structured_map_among_noise_is_called(make) -> None:
    maps = make(np.random.default_rng(1)).astype(np.float32)
    rows, columns = np.mgrid[:16, :16]
    maps[0] = 6 * np.exp(-((rows - 5) ** 2 + (columns - 9) ** 2) / 20)
    assert _p_value(list(maps)) == 1 / (K + 1)
    maps[[0, 7]] = maps[[7, 0]]
    assert _p_value(list(maps)) > LEVEL  # one of the noise, beside it


@pytest.mark.skipif(not SCENES.is_file(), reason="the trained networks are not here")
def test_a_trained_network_shows_it() -> None:
    network, card = load(read(SCENES), torch.device("cpu")), read(SCENES).card
    x = prepare(load_sample("scene-sailboat-17"), size=card.input_size, mean=card.mean, std=card.std).tensor
    shares: list[tuple[float, str]] = []
    tests = training_evidence(network, card, x, networks=19, progress=lambda *told: shares.append(told))
    assert sum(odd(tests)) >= 4
    assert [share for share, _ in shares] == sorted(share for share, _ in shares)
    assert list(dict.fromkeys(label for _, label in shares)) == ["fresh", "shuffled"]


def test_verdicts_from_both_sides() -> None:
    assert TrainingTest("m", 0.01, 0.01, LEVEL, 19).verdict == "trained"
    assert TrainingTest("m", 0.01, 0.01, LEVEL + 1e-9, 19).verdict == "untrained"
