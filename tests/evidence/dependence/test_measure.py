"""What is lost with a gate as a constant, against a network changed by hand; verdicts from both sides of a bound."""

import dataclasses

import numpy as np
import pytest
import torch

from gam_viz.datasets import load_dataset
from gam_viz.evaluation.intervals import Estimate
from gam_viz.evidence.dependence.measure import dependence
from gam_viz.evidence.dependence.statistics import GateStatistics
from gam_viz.evidence.dependence.verdict import Dependence, change_of
from gam_viz.explain.gates import replace_gates
from gam_viz.images import normalise_batch
from gam_viz.networks.checkpoints import load


@pytest.fixture(scope="module")
def scenes(tmp_path_factory):
    test = load_dataset("scenes", "test", tmp_path_factory.mktemp("none"))
    return test.take(np.arange(12)), test.take(np.arange(20, 30))


def answers(network, card, data):
    x = normalise_batch(torch.from_numpy(data.images[:]).permute(0, 3, 1, 2), card.mean, card.std)
    with torch.inference_mode():
        return network(x).numpy().argmax(1)


def test_a_gate_as_its_mean_over_other_pictures(checkpoints, scenes):
    network, card = load(checkpoints["scenes-gam"]), checkpoints["scenes-gam"].card
    test, others = scenes
    told = []
    found = dependence(network, card, test, others, lambda share, path: told.append(share))
    assert told[0] == 0
    before = answers(network, card, test) == test.labels
    assert len(found) == 12
    for each in found[::4]:
        path = each.statistics.path
        held = []
        x = normalise_batch(torch.from_numpy(others.images[:]).permute(0, 3, 1, 2), card.mean, card.std)

        def keep(gate, held=held):
            held.append(gate.clone())
            return gate

        with replace_gates(network, {path: keep}), torch.inference_mode():
            network(x)
        with replace_gates(network, {path: held[0].mean(0, keepdim=True)}):
            after = answers(network, card, test) == test.labels
        assert each.change.value == pytest.approx(after.mean() - before.mean(), abs=1e-12)
        assert each.change.count == len(test)


def test_nothing_to_replace_by_and_no_gates(checkpoints, scenes):
    test, _ = scenes
    network, card = load(checkpoints["scenes-cbam"]), checkpoints["scenes-cbam"].card
    assert {each.verdict for each in dependence(network, card, test, None)} <= {"unmeasured", "flat"}
    none = checkpoints["scenes-none"]
    assert dependence(load(none), none.card, test, None) == ()


def of(low, high, by_class=0.0, between=0.5):
    values = {field.name: 0.0 for field in dataclasses.fields(GateStatistics)}
    values |= {"by_class": by_class, "between_pictures": between}
    return Dependence(GateStatistics(**values), Estimate((low + high) / 2, low, high, "pictures", 100))


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        (of(-0.009, 0.009), "constant"),
        (of(-0.0101, 0.0), "open"),
        (of(0.0, 0.0101), "open"),
        (of(-0.05, -0.0101), "needed"),
        (of(-0.05, -0.0101, by_class=0.5), "needed_class"),
        (of(-0.05, -0.0101, by_class=0.49), "needed"),
        (of(0.0101, 0.05), "needed"),
        (of(-0.05, -0.02, between=float("nan")), "flat"),
    ],
)
def test_the_verdict(given, verdict):
    assert given.verdict == verdict


def test_the_change_has_the_sign_of_a_loss():
    before, after = np.array([True] * 8 + [False] * 2), np.array([True] * 5 + [False] * 5)
    change = change_of(before, after)
    assert change.value == pytest.approx(-0.3)
    assert change.low < -0.3 < change.high
