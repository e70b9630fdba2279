"""Both of a network: how its gates vary over a test split, and what is lost with each as a constant."""

from __future__ import annotations

from functools import partial

import numpy as np
import numpy.typing as npt
from torch import nn

from gam_viz.datasets import LabelledImages
from gam_viz.evaluation.predictions import batches, predict_pictures
from gam_viz.evidence.ablation.replacements import mean_gates
from gam_viz.evidence.dependence.statistics import gate_statistics
from gam_viz.evidence.dependence.verdict import Dependence, change_of
from gam_viz.explain.gates import gates_of, replace_gates
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
        progress: told the share that is done, and which gate is replaced.

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
    spread = np.arange(min(OTHERS, len(others))) * len(others) // min(OTHERS, len(others))
    means = mean_gates(network, shown(others.take(spread)))

    def right() -> npt.NDArray[np.bool_]:  # (N,)
        answers = predict_pictures(network, test, card.mean, card.std, device).predicted == test.labels
        return np.asarray(answers)

    before = right()
    found = []
    for number, of in enumerate(statistics):
        if progress is not None:
            progress(number / len(statistics), of.path)
        with replace_gates(network, {of.path: means[of.path][None].to(device)}):
            found.append(Dependence(of, change_of(before, right())))
    return tuple(found)
