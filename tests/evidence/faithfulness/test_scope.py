"""R-OMS against a plain loop and a closed form."""

import numpy as np
import pytest
import torch

from gam_viz.evidence.examine import CaseSettings, examine
from gam_viz.evidence.faithfulness import BASELINES, Settings, faithfulness
from gam_viz.evidence.faithfulness.order import random_orders
from gam_viz.evidence.faithfulness.scope import scope
from gam_viz.images import load_sample
from tests.evidence.planted import PatchNetwork, loaded, picture
from tests.evidence.small import subject
from tests.evidence.test_planted import read, said


def test_the_score_is_that_of_a_plain_loop(random_network):
    network, x, steps, count = random_network("cbam"), torch.randn(1, 3, 16, 16), 4, 3
    target = int(network(x).argmax())
    (found,) = scope(network, x, target, Settings(steps=steps, orders=count, grain=4, seed=6), ["mean"])
    areas = []
    for order in random_orders((16, 16), 4, count, 6):
        for ranks in (order, 255 - order):
            answers = []
            for step in range(steps + 1):
                gone = x.clone()
                gone[0, :, torch.from_numpy(ranks < step * 64)] = 0
                with torch.inference_mode():
                    answers.append(float(network(gone).softmax(1)[0, target]))
            areas.append(np.trapezoid(answers, dx=1 / steps))
    assert found.score == pytest.approx(np.mean(areas), abs=1e-6)
    # It is the mean area of the orders that maps are held against under that fill.
    curves = faithfulness(network, x, target, [], Settings("mean", steps, count, 4, seed=6))
    assert found.curve == pytest.approx((curves.pool(4).deletion + curves.pool(4).insertion[:, ::-1]).mean(0) / 2)


def test_a_network_that_never_changes_its_mind_scores_its_probability():
    network = subject("none").network
    with torch.no_grad():
        network.fc.weight.zero_()
        network.fc.bias.copy_(torch.tensor([0.0, 2.0, 0.0]))
    found = scope(network, torch.randn(1, 3, 16, 16), 1, mean=(0.5,) * 3, std=(0.25,) * 3)
    certain = np.exp(2) / (np.exp(2) + 2)
    assert [each.baseline for each in found] == list(BASELINES)
    assert [each.score for each in found] == pytest.approx([certain] * len(BASELINES), abs=1e-6)


def test_outputs_that_are_no_classes_have_none_and_the_rest_goes_on():
    settings = CaseSettings(methods=(), measures=("scope", "ablation"), modes=("identity",))
    case = examine([subject("cbam", output="regression")], load_sample("scene-sailboat-17"), settings=settings)
    assert set(case.networks[0].results) == {"ablation"}
    assert "probability of a class" in str(next(each for each in case.left_out if each.step == "scope"))


def test_the_report_has_a_row_a_fill():
    case = examine([loaded(PatchNetwork())], picture(), settings=CaseSettings(methods=(), measures=("scope",)))
    text = read(case)
    for each in case.networks[0].results["scope"]:
        assert f"{said(f'evidence.baseline.{each.baseline}')} {each.score:.3f}" in text
    assert said("evidence.faithful.baseline") in text
