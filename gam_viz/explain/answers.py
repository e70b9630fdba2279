"""What a network's scores (B, K) mean, kind by kind: how they are read, what is decided, what a change is measured in.

    class         logits of which one class is true: probabilities by softmax, the largest is predicted
    multilabel    a logit a label, each by itself: probabilities by a sigmoid each, a label is given above one half
    binary        the same with one logit
    regression    values in a unit, as they are
    segmentation  each class's logits summed over the picture or a region of it, as they are
    detection     each class's scores summed over the detections in the picture or a region of it, as they are

Whatever speaks of a network's answer goes through this registry; `answer_words` says it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from gam_viz.networks.card import Card, OutputKind

#: What a target is measured in: how it is called, and how its numbers are written.
Measured = Literal["probability", "value", "summed_logit", "summed_score"]
#: From scores (n, K) and a target to a number each, (n,).
OfTarget = Callable[[Tensor, int], Tensor]


@dataclass(frozen=True)
class AnswerKind:
    """One kind of output.

    Attributes:
        key: of the kind, as on cards.
        measured: what the target is measured in.
        read: (n, K) scores -> (n, K): in that measure.
        pick: (K,) scores -> the target where nobody chooses one.
        decide: what is decided about the target, as whole numbers: where two differ, the decision has changed. None
            where nothing is decided.
        margin: how far the target is from another decision, in logits; None where nothing is decided.
    """

    key: OutputKind
    measured: Measured
    read: Callable[[Tensor], Tensor]
    pick: Callable[[Tensor], int]
    decide: OfTarget | None = None
    margin: OfTarget | None = None

    @property
    def chances(self) -> bool:
        """Whether the target is measured as a probability, 0..1."""
        return self.measured == "probability"

    def of_target(self, scores: Tensor, target: int) -> Tensor:
        """(n, K) scores -> (n,) float64: the target in its measure."""
        return self.read(scores.double())[:, target]


def _largest(scores: Tensor) -> int:
    return int(scores.argmax())


def _over_the_next(scores: Tensor, target: int) -> Tensor:
    others = scores.clone()
    others[:, target] = -torch.inf
    return scores[:, target] - others.max(1).values


def _alone(key: OutputKind) -> AnswerKind:
    return AnswerKind(
        key,
        "probability",
        torch.sigmoid,
        _largest,
        decide=lambda scores, target: (scores[:, target] > 0).long(),
        margin=lambda scores, target: scores[:, target],
    )


def _plain(key: OutputKind, measured: Measured, pick: Callable[[Tensor], int] = _largest) -> AnswerKind:
    return AnswerKind(key, measured, lambda scores: scores, pick)


#: A new kind is an entry here, one of `networks.card.OutputKind`, and its words.
ANSWERS: Mapping[OutputKind, AnswerKind] = {
    answers.key: answers
    for answers in (
        AnswerKind(
            "class",
            "probability",
            lambda scores: scores.softmax(1),
            _largest,
            decide=lambda scores, target: scores.argmax(1),
            margin=_over_the_next,
        ),
        _alone("multilabel"),
        _alone("binary"),
        _plain("regression", "value", lambda scores: 0),
        _plain("segmentation", "summed_logit"),
        _plain("detection", "summed_score"),
    )
}


def answers_of(card: Card) -> AnswerKind:
    """How the scores of the network of that card are read."""
    return ANSWERS[card.output]
