"""NaN is no class: whoever asks for a prediction of it is told."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from gam_viz.datasets import LabelledImages
from gam_viz.evaluation.metrics import summarise
from gam_viz.evaluation.predictions import Predictions
from gam_viz.explain import explain
from gam_viz.networks import NetworkConfig, build_network
from gam_viz.networks.card import Card
from gam_viz.text.refusal import RefusalError


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_network_without_a_finite_answer_predicts_nothing(value: float) -> None:
    network = build_network(NetworkConfig(width=4, num_classes=3, attention="gam")).eval()
    with torch.no_grad():
        network.fc.bias[1] = value
    card = Card("n", "own", "", ("a", "b", "c"), 16, (0.5,) * 3, (0.25,) * 3, network.config)
    found = explain(network, card, torch.zeros(1, 3, 16, 16))
    assert not found.answered
    assert len(found.readings) == 12  # its gates are what they are
    for ask in (lambda: found.predicted, lambda: found.probabilities):
        with pytest.raises(RefusalError, match=r"no finite answer .* to 1 of 1 pictures"):
            ask()


def test_nor_does_a_row_of_many(easy_images: Callable[..., LabelledImages]) -> None:
    logits = np.zeros((3, 3), np.float32)
    logits[1, 1] = np.nan
    for judge in (Predictions.of_logits, lambda logits: summarise(logits, easy_images(3))):
        with pytest.raises(RefusalError, match="to 1 of 3 pictures"):
            judge(logits)
