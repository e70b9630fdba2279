"""Several pictures, several networks: where do they disagree?"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt
import torch

from gam_viz.explain.answers import ANSWERS
from gam_viz.images import PictureError
from gam_viz.networks.card import OutputKind

# A spreadsheet takes a cell that begins with one of these for a formula, the wide forms where Chinese is written.
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")


@dataclass(frozen=True, eq=False)
class Judged:
    """What networks make of one picture.

    Attributes:
        name: the picture's.
        values: (K, C) float64, each network's answers: of classifiers a distribution over the same classes.
        kind: what the answers are.
        farther: how familiar the picture is to each network, as of `Explanation`; empty where nobody asked.
    """

    name: str
    values: npt.NDArray[np.float64]
    kind: OutputKind = "class"
    farther: tuple[float | None, ...] = ()

    @property
    def predicted(self) -> npt.NDArray[np.int64]:
        """(K,) index of each network's class; of other answers that of the largest, of values the first."""
        picked = [ANSWERS[self.kind].pick(torch.from_numpy(row)) for row in self.values]
        return np.array(picked, np.int64)

    @property
    def disagree(self) -> bool:
        """Whether they predict more than one class, or give different labels; of values nobody can say."""
        if self.kind == "class":
            return len(set(self.predicted.tolist())) > 1
        return ANSWERS[self.kind].chances and len({tuple(row > 0.5) for row in self.values}) > 1

    @property
    def gap(self) -> float:
        """How far apart the two most different networks are: `total_variation` of classes, 0..1, else their largest
        difference in any one answer."""
        pairs = combinations(self.values, 2)
        if self.kind == "class":
            return max((total_variation(p, q) for p, q in pairs), default=0.0)
        return max((float(np.abs(p - q).max()) for p, q in pairs), default=0.0)


def total_variation(p: npt.NDArray[np.float64], q: npt.NDArray[np.float64]) -> float:
    """The share of probability that two distributions (C,) place on different classes: 0 the same, 1 nothing in common.

    Half the sum of absolute differences (D. Levin, Y. Peres, Markov Chains and Mixing Times, 2017, proposition 4.2).
    """
    return float(np.abs(p - q).sum() / 2)


def disagreement_first(rows: Sequence[Judged]) -> list[int]:
    """Places of `rows`: those with more than one prediction first, the widest gap first among each kind."""
    return sorted(range(len(rows)), key=lambda place: (not rows[place].disagree, -rows[place].gap))


def to_csv(
    rows: Sequence[Judged],
    networks: Sequence[str],
    classes: Sequence[str],
    refused: Sequence[tuple[str, PictureError]] = (),
) -> str:
    """A row a picture, in the order given: each network's class and its probability (its largest answer and what that
    is measured in), whether they disagree, the gap; where a network tells how familiar pictures are, the share of its
    validation pictures that lie nearer.

    Files that were refused come last, with the reason. What a file or a network is called is never taken for a formula
    by a spreadsheet.

    Args:
        rows: the pictures.
        networks: K names.
        classes: C names.
        refused: names and reasons.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    measured = ANSWERS[rows[0].kind].measured if rows else "probability"
    telling = [any(row.farther and row.farther[place] is not None for row in rows) for place in range(len(networks))]
    columns = [f"{network}: {what}" for network in networks for what in ("class", measured)]
    columns += [f"{network}: farther than" for network, tells in zip(networks, telling, strict=True) if tells]
    writer.writerow(harmless(title) for title in ("file", "disagree", "gap", *columns, "refused"))
    for row in rows:
        cells = [row.name, "yes" if row.disagree else "no", f"{row.gap:.4f}"]
        for of_network, label in zip(row.values, row.predicted, strict=True):
            cells += [classes[label], f"{of_network[label]:.4f}"]
        cells += [f"{row.farther[place]:.4f}" for place, tells in enumerate(telling) if tells]
        writer.writerow(harmless(cell) for cell in (*cells, ""))
    for name, error in refused:
        writer.writerow(harmless(cell) for cell in (name, "", "", *[""] * len(columns), str(error)))
    return buffer.getvalue()


def harmless(cell: str) -> str:
    """A cell's text that no spreadsheet runs: an apostrophe before what would begin a formula (CWE-1236)."""
    return f"'{cell}" if cell.lstrip().startswith(_FORMULA) else cell
