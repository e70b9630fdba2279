"""What predictions depend on, over many pictures: gates, which are replaced, and a shortcut, which is changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from gam_viz.evidence.ablation.replacements import mean_gates
from gam_viz.evidence.leaderboard.pictures import JudgedPictures
from gam_viz.evidence.leaderboard.scoring import inputs
from gam_viz.explain.gates import gates_of, last_gates, layer_of, replace_gates
from gam_viz.networks import ResidualNetwork
from gam_viz.networks.card import Card

BATCH = 50
REPLACED_BY = ("identity", "data_mean", "other_picture")


@dataclass(frozen=True, eq=False)
class ReplacedGates:
    """What replacing gates did to the answers on N pictures.

    Attributes:
        layer, branch: of the gates; "all" for all of the network's, or for both of a layer.
        by: "identity": 1, so that features pass unchanged; "data_mean": the gate's mean over other pictures, so that it
            no longer depends on the picture; "other_picture": the gate of one picture of another class, drawn for each.
        right: (N,) whether the answer was the picture's class.
        margin: (N,) change of the class's logit minus the largest other.
    """

    layer: str
    branch: str
    by: str
    right: npt.NDArray[np.bool_]
    margin: npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Answers:
    """Of one network on N pictures.

    Attributes:
        right: (N,) whether the answer is the picture's class, nothing replaced.
        replaced: each gate, each layer and all gates, by each of `REPLACED_BY`.
        sources: (N,) int64, of the pictures, as of `JudgedPictures`.
    """

    right: npt.NDArray[np.bool_]
    replaced: tuple[ReplacedGates, ...]
    sources: npt.NDArray[np.int64] | None = None


def gate_reliance(network: ResidualNetwork, card: Card, pictures: JudgedPictures, others: JudgedPictures) -> Answers:
    """Replace the network's gates and count its right answers.

    Args:
        network: in eval mode.
        card: its.
        pictures: (N) to be answered.
        others: of the same kind, whose mean gates stand for gates that do not look at the picture.
    """
    groups, device = _groups(network), next(network.parameters()).device
    one = torch.ones(1, 1, 1, 1, device=device)
    means = {path: mean.to(device)[None] for path, mean in _means(network, card, others).items()}
    lenders = pictures_of_other_classes(pictures.labels)
    which = [(layer, branch, by) for layer, branch in groups for by in REPLACED_BY]
    parts = []
    for start in range(0, len(pictures), BATCH):
        x = inputs(pictures, card, start, start + BATCH, device)
        lent = last_gates(network, inputs(pictures.at(lenders[start : start + BATCH]), card, 0, BATCH, device))
        answers = [_answer(network, x)]
        for layer, branch, by in which:
            instead = {"identity": dict.fromkeys(means, one), "data_mean": means, "other_picture": lent}[by]
            with replace_gates(network, {path: instead[path] for path in groups[layer, branch]}):
                answers.append(_answer(network, x))
        parts.append(torch.stack(answers))
    before, *replaced = torch.cat(parts, dim=1).cpu().numpy()  # one copy: each waits for a GPU
    labels = pictures.labels
    found = (
        ReplacedGates(*gates, after.argmax(1) == labels, margins(after, labels) - margins(before, labels))
        for gates, after in zip(which, replaced, strict=True)
    )
    return Answers(before.argmax(1) == labels, tuple(found), pictures.sources)


def pictures_of_other_classes(labels: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:  # (N,) -> (N,)
    """For each picture the place of one of another class, drawn; of any other where all are of one class."""
    generator = np.random.default_rng(0)
    alike = labels[:, None] == labels[None, :]
    apart = np.where(alike.all(), ~np.eye(len(labels), dtype=bool), ~alike)
    return np.array([generator.choice(np.flatnonzero(row)) for row in apart])


def shortcut_reliance(
    network: ResidualNetwork, card: Card, changed: Mapping[str, JudgedPictures]
) -> dict[str, npt.NDArray[np.bool_]]:  # each (N,)
    """Whether the answer is the label, by what was done to a shortcut; see `Ground.changed`."""
    return {name: _classes(network, card, pictures) == pictures.labels for name, pictures in changed.items()}


def margins(logits: npt.NDArray[np.float32], labels: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """(N, classes) -> (N,): each class's logit minus the largest other."""
    rows = np.arange(len(labels))
    others = logits.astype(np.float64)
    own = others[rows, labels].copy()
    others[rows, labels] = -np.inf
    return own - others.max(axis=1)


def _groups(network: ResidualNetwork) -> Mapping[tuple[str, str], list[str]]:
    """Gates that are replaced together: each alone, those of a layer, all."""
    groups: dict[tuple[str, str], list[str]] = {}
    gates = gates_of(network)
    for path, gate in gates.items():
        layer = gate.layer or layer_of(path)
        groups.setdefault((layer, gate.branch), []).append(path)
        groups.setdefault((layer, "all"), []).append(path)
        groups.setdefault(("all", gate.branch), []).append(path)
        groups.setdefault(("all", "all"), []).append(path)
    # Where a layer has one gate, "all" of it is that gate once more; likewise where all gates are of one branch.
    kept, seen = {}, set()
    for which, paths in sorted(groups.items(), key=lambda item: (item[0][0] == "all", item[0][1] == "all")):
        if tuple(paths) not in seen:
            kept[which] = paths
            seen.add(tuple(paths))
    return kept


def _means(network: ResidualNetwork, card: Card, others: JudgedPictures) -> dict[str, torch.Tensor]:
    device = next(network.parameters()).device
    starts = range(0, len(others), BATCH)
    return mean_gates(network, (inputs(others, card, start, start + BATCH, device) for start in starts))


@torch.inference_mode()
def _answer(network: ResidualNetwork, x: torch.Tensor) -> torch.Tensor:
    logits: torch.Tensor = network(x)
    return logits.float()


def _classes(network: ResidualNetwork, card: Card, pictures: JudgedPictures) -> npt.NDArray[np.int64]:
    device = next(network.parameters()).device
    starts = range(0, len(pictures), BATCH)
    batches = (inputs(pictures, card, start, start + BATCH, device) for start in starts)
    found: npt.NDArray[np.int64] = torch.cat([_answer(network, x) for x in batches]).cpu().numpy().argmax(axis=1)
    return found
