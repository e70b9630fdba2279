"""What gate ablation found: per replacement, how far the answer moved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from gam_viz.attention import Branch
from gam_viz.evaluation.intervals import median_interval
from gam_viz.networks.card import OutputKind
from gam_viz.text.refusal import RefusalError

ReplacedBranch = Branch | Literal["both"]


@dataclass(frozen=True)
class Change:
    """A number after the replacement minus the number before.

    Attributes:
        value: the change; of shuffles its median.
        low, high: 95 % interval of the median of all shuffles (`median_interval`); `value` itself for all other modes.
            One of their mean by Student's t held it in 74 to 96 % of draws only: what shuffles do is often lopsided.
    """

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, values: npt.NDArray[np.float64]) -> Change:
        """From the changes of n draws, (n,), one or at least six."""
        middle = float(np.median(values))
        return cls(middle, *((middle, middle) if len(values) == 1 else median_interval(values)))


@dataclass(frozen=True)
class Ablation:
    """One replacement and what it did.

    Attributes:
        layer: the block the gates belong to.
        branch: "channel", "spatial", or "both" for all gates of the layer at once.
        paths: of the gates that were replaced.
        mode: one of `MODES`.
        over: of shuffles, for each path "positions" or "channels": what was shuffled; empty for all other modes.
        draws: how many shuffles; 1 for all other modes.
        answer, score, margin: changes of the target in what its kind of output is measured in (a class's probability,
            a value in its unit; see `explain.answers`), of its score, and of its distance in logits from another
            decision (of a class, its logit minus the largest other: negative where another class wins); as `score`
            where nothing is decided.
        predicted: what is decided afterwards (a class, or 0 and 1 for a label); of shuffles the most frequent, the
            lowest among equals; 0 where nothing is decided.
        flip_share: share of draws whose decision is not the one before, 0..1.
        gate: the gate's name where its layer has several of its branch; empty elsewhere.
    """

    layer: str
    branch: ReplacedBranch
    paths: tuple[str, ...]
    mode: str
    over: tuple[str, ...]
    draws: int
    answer: Change
    score: Change
    margin: Change
    predicted: int
    flip_share: float
    gate: str = ""

    @property
    def place(self) -> str:
        """The layer, with the gate's name where there are several: "layer2.0:rows", see `explain.heatmaps.place_of`."""
        return f"{self.layer}:{self.gate}" if self.gate else self.layer

    @property
    def flips(self) -> bool:
        """Whether the decision changes: of shuffles, in more than half of them."""
        return self.flip_share > 0.5


@dataclass(frozen=True)
class NotAblated:
    """Gates, or one replacement of them, of which there are no numbers.

    Attributes:
        layer, branch, paths, mode: as of `Ablation`; mode is empty where it concerns all of them.
        reason: why.
    """

    layer: str
    branch: ReplacedBranch
    paths: tuple[str, ...]
    mode: str
    reason: RefusalError

    @property
    def why(self) -> str:
        """The reason in English."""
        return str(self.reason)


@dataclass(frozen=True)
class Ablations:
    """All replacements in one network on one picture.

    Attributes:
        target: index of the class, label or value that answer, score and margin are of.
        kind: of output.
        answer, score, margin, predicted: before any replacement.
        results: by layer, branch and mode, in the order of computation.
        left_out: what has no numbers, and why. Modes that mean nothing for a gate are in neither.
    """

    target: int
    kind: OutputKind
    answer: float
    score: float
    margin: float
    predicted: int
    results: tuple[Ablation, ...]
    left_out: tuple[NotAblated, ...]
