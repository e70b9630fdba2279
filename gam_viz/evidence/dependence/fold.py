"""What attention is worth at inference: gates become constants, one after another, as long as answers stay right.

Which gates is decided on pictures that no test asks about; what is left is measured on the test pictures.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import torch
from torch import Tensor, nn

from gam_viz.cost import Latency
from gam_viz.cost.timing import relative_time
from gam_viz.datasets import LabelledImages
from gam_viz.evaluation.intervals import Estimate
from gam_viz.evaluation.predictions import batches
from gam_viz.evidence.ablation.replacements import mean_gates
from gam_viz.evidence.dependence.measure import OTHERS, right, spread_over
from gam_viz.evidence.dependence.statistics import gate_statistics
from gam_viz.evidence.dependence.verdict import POINT, change_of
from gam_viz.explain.effort import CountedMacs
from gam_viz.explain.gates import gates_of, replace_gates
from gam_viz.networks import ResidualNetwork
from gam_viz.networks.bn_folding import fuse
from gam_viz.networks.card import Card
from gam_viz.networks.checkpoints import Checkpoint
from gam_viz.networks.gate_folding import constants, fold
from gam_viz.networks.opened import OpenedNetwork
from gam_viz.runtime.device import device_of
from gam_viz.runtime.files import file_name, write_atomically
from gam_viz.runtime.progress import Progress

ASKED = 1000  # pictures at most that decide which gates become constants


@dataclass(frozen=True)
class FoldedNetwork:
    """What became of one network.

    Attributes:
        checkpoint: sha256 of the network's file.
        folded: paths of the gates that became constants, in the order they did.
        gates: how many the network has.
        before, after: accuracy on the test pictures, 0..1.
        change: after minus before, with its 95 % interval over pictures.
        parameters, left: trained numbers before, and numbers that the folded network keeps, constants among them.
        macs, macs_left: multiply-adds for one picture.
        time: of one picture through the folded network, against the whole one, batch norms folded in both.
    """

    checkpoint: str
    folded: tuple[str, ...]
    gates: int
    before: float
    after: float
    change: Estimate
    parameters: int
    left: int
    macs: int
    macs_left: int
    time: Latency


def choose(
    network: nn.Module, card: Card, others: LabelledImages, progress: Progress | None = None
) -> dict[str, Tensor]:
    """Which gates can be constants together, by path in the order they were taken, and their means over `others`.

    The gates are tried in the order of how little of their variance lies between pictures. One stays as it is where,
    with those before it as constants, it would take a point of accuracy or more of what the whole network has.

    Args:
        network: in eval mode, with gates.
        card: its.
        others: (N,) pictures that no test asks about.
        progress: told the share that is done, and which gate is tried.
    """
    device = device_of(network)
    few, asked = spread_over(others, OTHERS), spread_over(others, ASKED)
    found = gate_statistics(network, batches(few, card.mean, card.std, device), few.labels, len(card.classes))
    means = mean_gates(network, batches(few, card.mean, card.std, device))
    least = right(network, card, asked).mean() - POINT
    chosen: dict[str, Tensor] = {}
    for number, of in enumerate(sorted(found, key=lambda of: np.nan_to_num(of.between_pictures))):
        if progress is not None:
            progress(number / len(found), of.path)
        tried = {**chosen, of.path: means[of.path]}
        with replace_gates(network, {path: mean[None].to(device) for path, mean in tried.items()}):
            if right(network, card, asked).mean() > least:
                chosen = tried
    return chosen


def folding(
    network: ResidualNetwork, card: Card, means: Mapping[str, Tensor], test: LabelledImages, *, checkpoint: str
) -> tuple[FoldedNetwork, ResidualNetwork]:
    """What is left with these gates as constants, and the network that has them.

    Args:
        network: in eval mode; only read.
        card: its.
        means: by path; see `choose`.
        test: (N,) pictures of the size it is trained for.
        checkpoint: sha256 of its file.

    Raises:
        ValueError: see `fold`.
    """
    folded = fold(network, means)
    before, after = (right(each, card, test) for each in (network, folded))
    picture = next(iter(batches(test.take(np.arange(1)), card.mean, card.std, device_of(network))))
    return FoldedNetwork(
        checkpoint=checkpoint,
        folded=tuple(means),
        gates=len(gates_of(network)),
        before=float(before.mean()),
        after=float(after.mean()),
        change=change_of(before, after),
        parameters=_parameters(network),
        left=_parameters(folded) + constants(folded),
        macs=_macs(network, picture),
        macs_left=_macs(folded, picture),
        time=relative_time(fuse(folded), fuse(network), picture),
    ), folded


def folding_path(folder: Path, name: str) -> Path:
    """Where it is kept, below the folder of the checkpoint."""
    return folder / "gates" / f"{file_name(name)}.json"


def save_folding(path: Path, found: FoldedNetwork) -> None:
    """Write it, atomically.

    Raises:
        OSError: the folder cannot be written, or the disk is full.
    """
    content = json.dumps(dataclasses.asdict(found), indent=1)
    write_atomically(path, lambda part: part.write_text(content + "\n", encoding="utf-8"))


def known_folding(opened: OpenedNetwork) -> FoldedNetwork | None:
    """What came with a network's checkpoint; None where nothing did, or it is damaged, or of another checkpoint."""
    if not isinstance(opened, Checkpoint):
        return None
    try:
        found = msgspec.json.decode(folding_path(opened.path.parent, opened.card.name).read_bytes(), type=FoldedNetwork)
    except (OSError, ValueError):  # of which msgspec's errors are kinds
        return None
    return found if found.checkpoint == opened.sha256 else None


def _parameters(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def _macs(network: nn.Module, picture: Tensor) -> int:
    with CountedMacs() as counted, torch.no_grad():
        network(picture)
    return counted.macs
