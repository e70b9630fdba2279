"""Both of a network: how its gates vary over a test split, and what is lost with each as a constant."""

from __future__ import annotations

from functools import partial

import numpy as np
import numpy.typing as npt
from torch import nn

from gam_viz.datasets import LabelledImages
from gam_viz.evaluation.predictions import Predictions, batches, predict_pictures
from gam_viz.evidence.ablation.one_gate import OneGateReplaced
from gam_viz.evidence.ablation.replacements import mean_gates
from gam_viz.evidence.dependence.statistics import gate_statistics
from gam_viz.evidence.dependence.verdict import Dependence, change_of
from gam_viz.explain.gates import gates_of
from gam_viz.networks.card import Card
from gam_viz.runtime.device import device_of
from gam_viz.runtime.progress import Progress

OTHERS = 500  # pictures at most that a gate's mean is taken over


def dependence(
    network: nn.Module,
    card: Card,
    test: LabelledImages,
    others: LabelledImages | None,
    progress: Progress | None = None,
) -> tuple[Dependence, ...]:
    """Of every gate, in the order they are computed; nothing where the network has none.

    Args:
        network: in eval mode.
        card: its.
        test: (N) pictures that it answers.
        others: pictures that no test asks about, whose mean gates stand in; None, and nothing is replaced.
        progress: told the share of the pictures that is done.

    Raises:
        ValueError: see `gate_statistics`.
    """
    if not gates_of(network):
        return ()
    device = device_of(network)
    shown = partial(batches, mean=card.mean, std=card.std, device=device)
    statistics = gate_statistics(network, shown(test), test.labels, len(card.classes))
    if others is None or not len(others):
        return tuple(Dependence(of) for of in statistics)
    means = mean_gates(network, shown(spread_over(others, OTHERS)))
    before = right(network, card, test)
    logits: dict[str, list[npt.NDArray[np.float32]]] = {of.path: [] for of in statistics}
    for number, x in enumerate(shown(test)):
        if progress is not None:
            progress(min(number * len(x) / len(test), 1.0), "")
        replaced = OneGateReplaced(network, x)
        for path, found in logits.items():
            found.append(replaced.logits(path, means[path][None].to(device)).float().cpu().numpy())
    after = {path: Predictions.of_logits(np.concatenate(found)).predicted for path, found in logits.items()}
    return tuple(Dependence(of, change_of(before, after[of.path] == test.labels)) for of in statistics)


def right(network: nn.Module, card: Card, data: LabelledImages) -> npt.NDArray[np.bool_]:  # (N,)
    """Which of these pictures a network, as it is in this context, names right."""
    answers = predict_pictures(network, data, card.mean, card.std, device_of(network)).predicted == data.labels
    return np.asarray(answers)


def spread_over(data: LabelledImages, most: int) -> LabelledImages:
    """So many of the pictures at most, spread over all of them."""
    count = min(most, len(data))
    return data.take(np.arange(count) * len(data) // max(count, 1))
