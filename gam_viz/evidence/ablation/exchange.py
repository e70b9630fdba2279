"""Two pictures, one network: what each picture's gates do to the answer to the other."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from gam_viz.evidence.ablation.replacements import Replacements
from gam_viz.explain.gates import gates_of
from gam_viz.text.refusal import RefusalError

Scores = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Exchange:
    """Scores (K,) of both pictures, each with its own gates and with some of the other's.

    Attributes:
        paths: of the gates that are exchanged.
        first, second: with all gates as computed.
        first_with, second_with: with the other picture's in those places.
    """

    paths: tuple[str, ...]
    first: Scores
    first_with: Scores
    second: Scores
    second_with: Scores


def exchanges(network: nn.Module, first: Tensor, second: Tensor, sets: Collection[Collection[str]]) -> list[Exchange]:
    """What exchanging each of these sets of gates does. Gates of a set that come later are the other picture's as well,
    whatever an earlier one has changed.

    Args:
        network: in eval mode; only read.
        first, second: (1, C, H, W), normalised, on the network's device, of one size.
        sets: paths of the gates of each; an empty one stands for all.

    Raises:
        RefusalError: the network has no gates, the pictures are of two sizes, a gate runs more than once in a pass, or
            an answer is not finite.
    """
    if not gates_of(network):
        raise RefusalError("errors.reason.no_gates")
    if first.shape != second.shape:
        raise RefusalError("errors.reason.two_sizes", first=_sides(first), second=_sides(second))
    both = []
    for x, other in ((first, second), (second, first)):
        own = Replacements(network, x, other=other)
        every = tuple(reading.module for reading in own.readings)
        wanted = [tuple(paths) or every for paths in sets]
        after = own.run([{path: own.swap(path, "other_picture") for path in paths} for paths in wanted])
        for scores, paths in zip(after, wanted, strict=True):
            if not bool(torch.isfinite(scores).all()):
                raise RefusalError("errors.reason.replaced_not_finite", gates=", ".join(paths))
        both.append((own.logits[0].double().cpu().numpy(), after.double().cpu().numpy(), wanted))
    (first_own, first_after, wanted), (second_own, second_after, _) = both
    return [
        Exchange(paths, first_own, one, second_own, two)
        for paths, one, two in zip(wanted, first_after, second_after, strict=True)
    ]


def _sides(x: Tensor) -> str:
    return f"{x.shape[3]}×{x.shape[2]}"
