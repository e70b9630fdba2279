"""Evidence of training: withheld where nothing was learnt, whoever set the weights, and given to trained networks."""

from pathlib import Path

import pytest
import torch
from torch import nn

from gam_viz.attention import CBAM
from gam_viz.evaluation.permutation import LEVEL
from gam_viz.evidence.randomisation.training import TrainingTest, training_evidence
from gam_viz.images import load_sample, prepare
from gam_viz.networks import NetworkConfig, build_network
from gam_viz.networks.card import Card
from gam_viz.networks.checkpoints import load, read

SCENES = Path(__file__).parents[3] / "checkpoints" / "scenes-gam.safetensors"


def odd(tests: tuple[TrainingTest, ...]) -> list[bool]:
    """Before any correction: with 19 networks nothing could be called after it."""
    return [max(test.fresh, test.shuffled) <= LEVEL for test in tests]


def plain(network: nn.Module) -> None:
    """As it begins."""


def mask_weight_one(network: nn.Module) -> None:
    for module in network.modules():
        if isinstance(module, CBAM):
            module.bn.weight.fill_(1.0)


def scaled(network: nn.Module) -> None:
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            module.weight.mul_(2.0)


def uniform(network: nn.Module) -> None:
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.xavier_uniform_(module.weight)


KINDS = [("gam", plain), ("cbam", plain), ("cbam", mask_weight_one), ("gam", scaled), ("gam", uniform)]


@pytest.mark.parametrize(("attention", "begin"), KINDS, ids=lambda each: getattr(each, "__name__", each))
def test_untrained_networks_show_no_evidence_of_training(attention: str, begin) -> None:
    found = []
    for seed in range(3):
        torch.manual_seed(100 + seed)
        network = build_network(NetworkConfig(width=4, num_classes=3, attention=attention)).eval()
        with torch.no_grad():
            begin(network)
        card = Card("small", "drawn", "Drawn", ("a", "b", "c"), 16, (0.5,) * 3, (0.25,) * 3, network.config)
        found += odd(training_evidence(network, card, torch.randn(1, 3, 16, 16), networks=19, seed=seed))
    assert len(found) == 18
    assert sum(found) <= 2  # 5 % of 18 are 0.9; the maps of one network are not independent


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
