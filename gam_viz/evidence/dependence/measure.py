"""Both of a network: how its gates vary over a test split, and what is lost with each as a constant."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from gam_viz.datasets import LabelledImages
from gam_viz.evidence.ablation.replacements import mean_gates
from gam_viz.evidence.dependence.statistics import gate_statistics
from gam_viz.evidence.dependence.verdict import Dependence, change_of
from gam_viz.explain.gates import gates_of, replace_gates
from gam_viz.images import normalise_batch
from gam_viz.networks.card import Card
from gam_viz.runtime.device import at_once, device_of
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
        progress: told the share that is done, and which gate is replaced.

    Raises:
        ValueError: see `gate_statistics`.
    """
    if not gates_of(network):
        return ()
    batches = _batches(network, card, test)
    labelled = ((x, test.labels[start : start + len(x)]) for start, x in batches)
    statistics = gate_statistics(network, labelled, len(card.classes))
    if others is None or not len(others):
        return tuple(Dependence(of) for of in statistics)
    spread = np.arange(min(OTHERS, len(others))) * len(others) // min(OTHERS, len(others))
    means = mean_gates(network, (x for _, x in _batches(network, card, others.take(spread))))
    before = _right(network, card, test)
    found = []
    for number, of in enumerate(statistics):
        if progress is not None:
            progress(number / len(statistics), of.path)
        with replace_gates(network, {of.path: means[of.path][None].to(device_of(network))}):
            found.append(Dependence(of, change_of(before, _right(network, card, test))))
    return tuple(found)


def _batches(network: nn.Module, card: Card, data: LabelledImages) -> Iterator[tuple[int, Tensor]]:
    device = device_of(network)
    size = at_once(device, data.images.shape[1:3])
    for start in range(0, len(data), size):
        pixels = torch.from_numpy(np.ascontiguousarray(data.images[start : start + size])).to(device)
        yield start, normalise_batch(pixels.permute(0, 3, 1, 2), card.mean, card.std)


@torch.inference_mode()
def _right(network: nn.Module, card: Card, data: LabelledImages) -> npt.NDArray[np.bool_]:
    answers = []
    for _, x in _batches(network, card, data):
        give_way()
        answers.append(network(x).argmax(1))
    right: npt.NDArray[np.bool_] = torch.cat(answers).cpu().numpy() == data.labels  # one copy: each waits for a GPU
    return right
