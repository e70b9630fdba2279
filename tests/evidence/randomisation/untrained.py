"""Small networks that never learnt anything, of many kinds, and what the measure "training" says of their maps."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor, nn

from gam_viz.attention import CBAM
from gam_viz.evidence.randomisation.training import training_evidence
from gam_viz.explain import explain
from gam_viz.explain.flat import is_flat
from gam_viz.explain.heatmaps import heatmaps
from gam_viz.images import list_samples, load_sample, prepare
from gam_viz.networks import NetworkConfig, build_network
from gam_viz.networks.card import Card

SIDE, MEAN, STD = 16, (0.5,) * 3, (0.25,) * 3


@cache
def pictures() -> Tensor:  # (24, 3, 16, 16)
    """The first of the samples, small."""
    seen = (load_sample(sample.id) for sample in list_samples()[:24])
    return torch.cat([prepare(each, size=SIDE, mean=MEAN, std=STD).tensor for each in seen])


def mask_weight_one(network: nn.Module) -> None:
    """CBAM's masks begin flat, since the weight of their batch norm begins at 0."""
    for module in network.modules():
        if isinstance(module, CBAM):
            module.bn.weight.fill_(1.0)


def uniform(network: nn.Module) -> None:
    """Another initialisation than the architecture's, twice as wide."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.xavier_uniform_(module.weight, gain=2.0)


def ran_in(network: nn.Module) -> None:
    """Batch norms see pictures, as in training; nothing learns."""
    network.train()
    for _ in range(10):
        network(pictures()[torch.randperm(24)[:8]])
    network.eval()


#: Name: attention, and what is done to a network as it begins.
KINDS: dict[str, tuple[str, tuple[Callable[[nn.Module], None], ...]]] = {
    "GAM": ("gam", ()),
    "CBAM": ("cbam", ()),
    "GAM, channel sigmoid": ("gam_sigmoid", ()),
    "SE, then GAM": ("se_gam", ()),
    "triplet": ("triplet", ()),
    "GAM, uniform": ("gam", (uniform,)),
    "CBAM, mask's weight 1": ("cbam", (mask_weight_one,)),
    "GAM, ran in": ("gam", (ran_in,)),
    "GAM, channel sigmoid, ran in": ("gam_sigmoid", (ran_in,)),
    "triplet, ran in": ("triplet", (ran_in,)),
    "CBAM, mask's weight 1, ran in": ("cbam", (mask_weight_one, ran_in)),
}


@dataclass(frozen=True)
class Tally:
    """Of networks of one kind: how many there were, and how many had a map that was called trained; the same of maps,
    of which some vary and others are constant."""

    networks: int
    networks_called: int
    varying: int
    constant: int
    called: int


def tally(kind: str, networks: int) -> Tally:
    """Ask the measure as the product does, its correction and the number of untrained networks included.

    Each network has attention in one of its three stages, so two maps, which take 39 networks of either kind.
    """
    attention, steps = KINDS[kind]
    any_called = varying = called = 0
    for number in range(networks):
        seed = 1000 * list(KINDS).index(kind) + number
        torch.manual_seed(1_000_000 + seed)  # no seed of fresh weights: those begin at 2001
        stages = tuple(stage == number % 3 for stage in range(3))
        network = build_network(
            NetworkConfig(width=4, num_classes=3, attention=attention, attention_stages=stages)
        ).eval()
        with torch.no_grad():
            for step in steps:
                step(network)
        card = Card("small", "drawn", "Drawn", ("a", "b", "c"), SIDE, MEAN, STD, network.config)
        x = pictures()[[number % 24]]
        tests = training_evidence(network, card, x, seed=seed)
        maps = heatmaps(explain(network, card, x))
        assert (len(maps), tests[0].networks) == (2, 39)
        assert [test.key for test in tests] == [map_.key for map_ in maps]
        found = [test.verdict == "trained" for test in tests]
        any_called += any(found)
        called += sum(found)
        varying += sum(not is_flat(map_.values, map_.noise) for map_ in maps)
    return Tally(networks, any_called, varying, 2 * networks - varying, called)
