"""What predictions depend on, over many planted scenes: gates, which are replaced, and the tag, which is changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
import torch

from gam_viz.datasets.scenes.draw import CLASSES, Scenes, draw_scene, draw_scenes
from gam_viz.evidence.ablation.replacements import mean_gates
from gam_viz.evidence.leaderboard.scoring import inputs
from gam_viz.explain.gates import gates_of, layer_of, replace_gates
from gam_viz.networks import ResidualNetwork
from gam_viz.networks.card import Card

BATCH = 100
REPLACED_BY = ("identity", "data_mean")


@dataclass(frozen=True, eq=False)
class ReplacedGates:
    """What replacing gates did to the answers on N scenes.

    Attributes:
        layer, branch: of the gates; "all" for all of the network's, or for both of a layer.
        by: "identity": 1, so that features pass unchanged; "data_mean": the gate's mean over other scenes, so that it
            no longer depends on the picture.
        right: (N,) whether the answer was the scene's class.
        margin: (N,) change of the class's logit minus the largest other.
    """

    layer: str
    branch: str
    by: str
    right: npt.NDArray[np.bool_]
    margin: npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Answers:
    """Of one network on N scenes.

    Attributes:
        right: (N,) whether the answer is the scene's class, nothing replaced.
        replaced: each gate, each layer and all gates, by each of `REPLACED_BY`.
    """

    right: npt.NDArray[np.bool_]
    replaced: tuple[ReplacedGates, ...]


def gate_reliance(
    network: ResidualNetwork,
    card: Card,
    scenes: Scenes,
    others: Scenes,
) -> Answers:
    """Replace the network's gates and count its right answers.

    Args:
        network: in eval mode.
        card: its.
        scenes: (N) to be answered.
        others: of the same kind, whose mean gates stand for gates that do not look at the picture.
    """
    groups = _groups(network)
    means = mean_gates(network, (_batch(network, card, others, start) for start in range(0, len(others.images), BATCH)))
    labels, which, answers = scenes.labels, [], [_logits(network, card, scenes)]
    for (layer, branch), paths in groups.items():
        for by in REPLACED_BY:
            one = torch.ones(1, 1, 1, 1, device=next(network.parameters()).device)
            gates = {path: one if by == "identity" else means[path].to(one.device)[None] for path in paths}
            with replace_gates(network, gates):
                answers.append(_logits(network, card, scenes))
            which.append((layer, branch, by))
    before, *replaced = torch.stack(answers).cpu().numpy()  # one copy: each waits for a GPU
    found = (
        ReplacedGates(*gates, after.argmax(1) == labels, margins(after, labels) - margins(before, labels))
        for gates, after in zip(which, replaced, strict=True)
    )
    return Answers(before.argmax(1) == labels, tuple(found))


@dataclass(frozen=True, eq=False)
class TagAnswers:
    """Of one network on N scenes with a tag.

    Attributes:
        with_tag, without_tag: (N,) whether the answer is the scene's class.
        other_tag: (N,) the same where the tag is that of another class.
        follows: (N,) whether the answer is then the tag's class.
    """

    with_tag: npt.NDArray[np.bool_]
    without_tag: npt.NDArray[np.bool_]
    other_tag: npt.NDArray[np.bool_]
    follows: npt.NDArray[np.bool_]


def tag_reliance(network: ResidualNetwork, card: Card, count: int, *, split: str = "test") -> TagAnswers:
    """Take the tag away, and put another class's there, all else being the same."""
    tagged = draw_scenes(count, split=split, shortcut=True)
    bare = draw_scenes(count, split=split)
    # The k-th scene's tag becomes that of the class 1 to 9 further on, each equally often.
    wrong = (tagged.labels + 1 + np.arange(count) % (len(CLASSES) - 1)) % len(CLASSES)
    swapped = [draw_scene(i, split=split, tag_label=int(label)) for i, label in enumerate(wrong)]
    other = Scenes(
        np.stack([scene.image for scene in swapped]),
        tagged.labels,
        np.stack([scene.mask for scene in swapped]),
        np.stack([scene.tag_mask for scene in swapped]),
    )
    answer = partial(_answers, network, card)
    after = answer(other)
    return TagAnswers(
        answer(tagged) == tagged.labels, answer(bare) == bare.labels, after == tagged.labels, after == wrong
    )


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


def _batch(network: ResidualNetwork, card: Card, scenes: Scenes, start: int) -> torch.Tensor:
    return inputs(scenes, card, start, start + BATCH, next(network.parameters()).device)


@torch.inference_mode()
def _logits(network: ResidualNetwork, card: Card, scenes: Scenes) -> torch.Tensor:
    parts = [network(_batch(network, card, scenes, start)) for start in range(0, len(scenes.images), BATCH)]
    return torch.cat(parts).float()


def _answers(network: ResidualNetwork, card: Card, scenes: Scenes) -> npt.NDArray[np.int64]:
    found: npt.NDArray[np.int64] = _logits(network, card, scenes).cpu().numpy().argmax(axis=1)
    return found
