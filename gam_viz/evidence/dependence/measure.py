"""Both of a network: how its gates vary over a test split, and what is lost with each as a constant."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from gam_viz.datasets import LabelledImages
from gam_viz.evaluation.predictions import Predictions, batches, predict_pictures
from gam_viz.evidence.ablation.replacements import mean_gates
from gam_viz.evidence.dependence.statistics import gate_statistics
from gam_viz.evidence.dependence.verdict import Dependence, change_of
from gam_viz.explain.gates import gates_of, replace_gates
from gam_viz.networks import ResidualNetwork
from gam_viz.networks.card import Card
from gam_viz.runtime.device import device_of
from gam_viz.runtime.device_queue import give_way
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
        for path, found in _replaced(network, x, {path: means[path] for path in logits}).items():
            logits[path].append(found.float().cpu().numpy())
    after = {path: Predictions.of_logits(np.concatenate(found)).predicted for path, found in logits.items()}
    return tuple(Dependence(of, change_of(before, after[of.path] == test.labels)) for of in statistics)


@torch.inference_mode()
def _replaced(network: nn.Module, x: Tensor, means: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Logits (B, K) with one gate replaced, by its path. What a network of blocks computes before is computed once.

    Args:
        network: in eval mode.
        x: (B, 3, H, W), normalised.
        means: by path, in the order the gates are computed.
    """
    found: dict[str, Tensor] = {}
    residual = network if isinstance(network, ResidualNetwork) else None
    features, reached = (x, 0) if residual is None else (residual.features(x, 0), 0)
    for path, mean in means.items():
        give_way()
        if residual is not None:
            block = residual.blocks.index(path.partition(".attention.")[0])
            for name in residual.blocks[reached:block]:
                features = residual.get_submodule(name)(features)
            reached = block
        with replace_gates(network, {path: mean[None].to(x.device)}):
            found[path] = network(x) if residual is None else residual.after(features, reached)
    return found


def right(network: nn.Module, card: Card, data: LabelledImages) -> npt.NDArray[np.bool_]:  # (N,)
    """Which of these pictures a network, as it is in this context, names right."""
    answers = predict_pictures(network, data, card.mean, card.std, device_of(network)).predicted == data.labels
    return np.asarray(answers)


def spread_over(data: LabelledImages, most: int) -> LabelledImages:
    """So many of the pictures at most, spread over all of them."""
    count = min(most, len(data))
    return data.take(np.arange(count) * len(data) // max(count, 1))
