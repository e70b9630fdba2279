"""How often random maps are called anything, and how often planted ones are called what they are."""

import numpy as np
import pytest
import torch
from scipy import ndimage
from torch import nn

from gam_viz.evaluation.permutation import LEVEL
from gam_viz.evidence.faithfulness import Settings, faithfulness
from gam_viz.evidence.faithfulness.order import random_order
from gam_viz.explain.heatmaps import Heatmap
from gam_viz.runtime import device

SIDE = 16


def heatmap(values, key="map"):
    return Heatmap(key, "attribution", key, None, np.asarray(values, np.float32), False)


class TwoPatches(nn.Module):
    """The logit is the brightness of one patch, minus that of another."""

    def __init__(self, against=0.0):
        super().__init__()
        weights = torch.zeros(SIDE, SIDE)
        weights[3:8, 3:9] = 2 / 90
        weights[9:14, 8:14] = -against / 90
        self.weights = nn.Parameter(weights)

    def forward(self, x):
        logit = (x * self.weights).sum((1, 2, 3))
        return torch.stack([logit, torch.zeros_like(logit)], 1)


@pytest.fixture(autouse=True)
def _large_chunks(monkeypatch):
    monkeypatch.setitem(device.CHUNK, "cpu", 1024)


RANDOM = {
    "patches, as the random orders": lambda dice: random_order((SIDE, SIDE), 2, dice),
    "pixels": lambda dice: dice.normal(size=(SIDE, SIDE)),
    "large patches": lambda dice: dice.normal(size=(4, 4)),
    "hills": lambda dice: ndimage.gaussian_filter(dice.normal(size=(SIDE, SIDE)), 3),
}


@pytest.mark.parametrize(
    "kind",
    [pytest.param(kind, marks=pytest.mark.long if kind in ("pixels", "large patches") else ()) for kind in RANDOM],
)
def test_random_maps_are_called_no_more_often_than_the_level(kind):
    """With half the orders mirrored, 12 % of them were; against finer patches, every third hill."""
    dice, called, count = np.random.default_rng(5), 0, 0
    network, x = TwoPatches(against=1.0).eval(), torch.ones(1, 3, SIDE, SIDE)
    for seed in range(50):
        maps = [heatmap(RANDOM[kind](dice), str(k)) for k in range(10)]
        found = faithfulness(network, x, 0, maps, Settings("mean", 4, 39, seed=seed))
        called += sum(standing.p <= LEVEL for standing in found.standings())
        count += len(maps)
    assert count == 500
    # Ten maps share their orders, so the calls of one seed are not independent; hence the wider bound.
    assert called / count <= LEVEL + 3 * (2 * LEVEL * (1 - LEVEL) / count) ** 0.5


def test_planted_maps_are_called_what_they_are():
    network, x = TwoPatches(against=1.5).eval(), torch.ones(1, 3, SIDE, SIDE)
    found = {"for": 0, "against": 0, "noise": 0}
    for seed in range(20):
        dice = np.random.default_rng(seed)
        marks = {key: 0.15 * dice.normal(size=(SIDE, SIDE)) for key in found}
        marks["for"][3:8, 3:9] += 1
        marks["against"][9:14, 8:14] += 1  # the class turned round, as a map with signs
        marks["against"][3:8, 3:9] -= 1
        for standing in faithfulness(
            network, x, 0, [heatmap(v, k) for k, v in marks.items()], Settings("mean", orders=199, seed=seed)
        ).standings():
            wanted = {"for": "better", "against": "against", "noise": "random"}[standing.key]
            found[standing.key] += standing.outcome == wanted
    assert found["for"] >= 18
    assert found["against"] >= 18
    assert found["noise"] >= 18


def test_a_difference_of_nothing_is_nothing():
    """A perfect map of a network whose answer hardly moves: significant, and no difference that counts."""
    network, x = TwoPatches().eval(), torch.ones(1, 3, SIDE, SIDE)
    with torch.no_grad():
        network.weights.mul_(1e-6)
    marked = np.zeros((SIDE, SIDE))
    marked[3:8, 3:9] = 1
    (standing,) = faithfulness(network.double(), x, 0, [heatmap(marked)], Settings("mean")).standings()
    assert standing.adjusted <= LEVEL
    assert 0 < standing.difference < 1e-5
    assert standing.outcome == "random"


def test_too_few_orders_decide_nothing_and_enough_are_taken_unasked():
    network, x = TwoPatches().eval(), torch.ones(1, 3, SIDE, SIDE)
    marked = np.zeros((SIDE, SIDE))
    marked[3:8, 3:9] = 1
    maps = [heatmap(marked, "a"), heatmap(marked.T + marked, "b"), heatmap(np.full((4, 4), 0.5), "flat")]
    few = faithfulness(network, x, 0, maps, Settings("mean", orders=38))
    assert [standing.outcome for standing in few.standings()] == ["too_few", "too_few", "flat"]
    assert (few.needed, few.judged) == (39, 2)
    enough = faithfulness(network, x, 0, maps, Settings("mean"))
    assert enough.orders == 39
    assert enough.standings()[0].outcome == "better"
