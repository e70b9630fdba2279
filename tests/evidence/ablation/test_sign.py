"""The sign test against a plain loop, and maps of which it is known what they must get."""

import numpy as np
import pytest
import torch
from scipy import stats
from torch import Tensor, nn

from gam_viz.attention.gate import SIGMOID, Gate
from gam_viz.evidence.ablation.sign import ROUNDING, STEP, sign_tests
from gam_viz.evidence.single_deletion.score import sums
from gam_viz.explain import explain, replace_gates
from gam_viz.explain.attributions import attribute_many
from gam_viz.explain.heatmaps import Heatmap, heatmaps
from gam_viz.networks.adapters.card import foreign_card
from tests.evidence.randomisation.test_cascade import card_of, small_picture

SIDE = 16


class Gated(nn.Module):
    """The first logit is the sum of weight times gate times picture, so that each place pushes by its weight's sign."""

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        self.weight, self.gate = nn.Parameter(weight), Gate("spatial", bounds=SIGMOID)

    def forward(self, x: Tensor) -> Tensor:
        found = self.gate(x, x[:, :1].sigmoid())
        logit = (found.mean(1) * self.weight).sum((1, 2))
        return torch.stack([logit, -logit], 1)


def asked(weight, maps):
    network = Gated(torch.as_tensor(weight).float()).eval().requires_grad_(False)
    card = foreign_card(network, ("a", "b"), input_size=SIDE, mean=(0.5,) * 3, std=(0.25,) * 3)
    x = torch.ones(1, 3, SIDE, SIDE)
    return sign_tests(network, explain(network, card, x), x, 0, maps)


def heatmap(values, key, *, signed=True):
    return Heatmap(key, "attribution", key, None, np.asarray(values, np.float32), signed)


def test_signs_that_are_right_wrong_random_or_missing():
    rng = np.random.default_rng(2)
    weight = np.kron(rng.choice([-1.0, 1.0], (8, 8)), np.ones((2, 2)))
    noise = np.kron(rng.normal(size=(8, 8)), np.ones((2, 2)))
    maps = [heatmap(weight, "right"), heatmap(-weight, "wrong"), heatmap(noise, "noise")]
    maps += [heatmap(np.full((SIDE, SIDE), 0.5), "constant", signed=False), heatmap(weight > 0, "where", signed=False)]
    found = {each.key: each for each in asked(weight, maps)}
    assert {key: each.verdict for key, each in found.items()} == {
        **{"right": "agrees", "wrong": "opposes", "noise": "sign_open", "constant": "no_claim", "where": "agrees"},
    }
    assert (found["right"].share, found["wrong"].share, found["where"].share) == (1, 0, 1)
    assert found["right"].counted == 64
    assert found["right"].low == pytest.approx(0.025 ** (1 / 64))  # what an exact interval is where all agree
    assert {each.raising for each in found.values()} == {float((weight > 0).mean())}
    counted = int((found["noise"].share or 0) * 64 + 0.5)
    assert found["noise"].p == pytest.approx(stats.binomtest(counted, 64).pvalue)


def test_one_pixel_that_counts_is_one_cell_that_agrees():
    weight = np.zeros((SIDE, SIDE))
    weight[5, 9] = 2
    (of,) = asked(weight, [heatmap(weight, "pixel")])
    assert (of.share, of.counted, of.verdict) == (1, 1, "sign_open")  # of one cell nothing can be said


@pytest.mark.parametrize("attention", ["cbam", "gam"])
def test_it_is_that_of_a_plain_loop(random_network, attention):
    network, x = random_network(attention), small_picture()
    explanation = explain(network, card_of(network), x)
    maps = heatmaps(explanation, attribute_many(network, x, 2, ["input_x_gradient"]))
    found = sign_tests(network, explanation, x, 2, maps, grid=4)
    (pixels,) = [map_ for map_ in maps if map_.kind == "attribution"]
    before = float(network(x)[0, 2])
    gates = [gate for gate in explanation.readings if gate.over_picture and gate.per_position]
    assert len([each for each in found if each.key == pixels.key]) == len(gates) > 3
    for reading in gates:
        rows, columns = reading.values.shape[1:]
        grid = min(4, rows, columns)
        held = sums(pixels.values, (16, 16), grid).reshape(grid, grid)
        agree = counted = 0
        for row in range(grid):
            for column in range(grid):
                if held[row, column] == 0:
                    continue

                def other(gate, row=row, column=column, held=held, grid=grid, reading=reading):
                    gate, (high, wide) = gate.clone(), gate.shape[-2:]
                    step = STEP * np.abs(reading.values).max() * np.sign(held[row, column])
                    down, across = (
                        slice(-(-k * s // grid), -(-(k + 1) * s // grid)) for k, s in ((row, high), (column, wide))
                    )
                    gate[..., down, across] += float(step)
                    return gate

                with torch.inference_mode(), replace_gates(network, {reading.module: other}):
                    change = float(network(x)[0, 2]) - before
                if abs(change) > ROUNDING * max(1e-3, abs(before)):
                    agree, counted = agree + (change > 0), counted + 1
        of = next(e for e in found if e.key == pixels.key and e.gate == f"{reading.layer} {reading.branch}")
        assert abs(of.counted - counted) <= 1  # one may lie at the edge of rounding
        assert abs(of.agree - agree) <= 1
    of_gates = [each for each in found if each.key != pixels.key]
    assert all(each.key.removeprefix("gate.") == each.gate.split()[0] for each in of_gates)
