"""What is known about one network and one picture, and about several networks and the same picture."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import repeat

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from gam_viz.explain.answers import AnswerKind, answers_of
from gam_viz.explain.checks import check_answers, check_scores
from gam_viz.explain.gates import FloatArray, GateReading, gates_seen
from gam_viz.images import Fit, NetworkInput, Picture, prepare
from gam_viz.networks.adapters import Detections, ForeignNetwork, SegmentedMask, places, unscored
from gam_viz.networks.card import Card
from gam_viz.runtime.device import carried
from gam_viz.text.refusal import RefusalError

Places = SegmentedMask | Detections | None
KEPT = 2**24  # numbers that wait on a GPU: 64 MiB


@dataclass(frozen=True)
class Explanation:
    """One network, one picture.

    Attributes:
        card: the network.
        logits: (K,) float32, its scores: logits of a classifier, sums or values of others; see `answers`.
        readings: its gates, in the order they are computed; empty for a network without attention.
        places: where its answer lies, of a segmentation or of detections; always in the whole picture.
        farther: share of the validation pictures that lie nearer to the training pictures than this one, 0..1 (see
            `evaluation.familiarity`); None where the network's file does not tell.
    """

    card: Card
    logits: npt.NDArray[np.float32]
    readings: tuple[GateReading, ...]
    places: Places = None
    farther: float | None = None

    @property
    def answers(self) -> AnswerKind:
        """How the scores are read."""
        return answers_of(self.card)

    @property
    def values(self) -> npt.NDArray[np.float64]:
        """(K,): each score in what its kind is measured in: probabilities of classes and labels, values in their unit.

        Raises:
            RefusalError: the scores are not finite.
        """
        values: npt.NDArray[np.float64] = self.answers.read(self._scores())[0].numpy()
        return values

    @property
    def probabilities(self) -> npt.NDArray[np.float64]:
        """(K,): the values, where they are probabilities.

        Raises:
            RefusalError: the scores are not finite, or mean something else.
        """
        if not self.answers.chances:
            raise RefusalError("errors.reason.no_probabilities", kind=self.card.output)
        return self.values

    @cached_property
    def predicted(self) -> int:
        """Index of what is explained where nobody chooses: the likeliest class or label, the largest sum, the first
        value.

        Raises:
            RefusalError: the scores are not finite: there is no prediction.
        """
        return self.answers.pick(self._scores()[0])

    @property
    def answered(self) -> bool:
        """Whether the network gave an answer at all: finite scores."""
        return bool(np.isfinite(self.logits).all())

    def nothing_of(self, target: int) -> bool:
        """Whether nothing was detected of that class where its scores are summed: there is nothing to explain then."""
        return self.card.output == "detection" and bool(self.logits[target] == 0)

    @property
    def layers(self) -> tuple[str, ...]:
        """Blocks that have gates, in order."""
        return tuple(dict.fromkeys(reading.layer for reading in self.readings))

    def gates(self, layer: str, branch: str) -> tuple[GateReading, ...]:
        """All gates of a layer's branch, in the order they are computed; most modules have one, Triplet has three."""
        return tuple(reading for reading in self.readings if (reading.layer, reading.branch) == (layer, branch))

    def reading(self, layer: str, branch: str, name: str = "") -> GateReading | None:
        """The gate of a layer's branch that is called so, else its first; None where that layer has none."""
        gates = self.gates(layer, branch)
        return next((gate for gate in gates if gate.name == name), gates[0] if gates else None)

    def _scores(self) -> Tensor:  # (1, K) float64
        check_answers(self.logits[None])
        return torch.from_numpy(self.logits[None].astype(np.float64))


def seen_by(card: Card, picture: Picture, fit: Fit | None = None) -> NetworkInput:
    """A picture as the network of that card sees it; given its form as the card says where `fit` does not.

    Raises:
        RefusalError: it takes other channels than the picture has.
        PictureError: the picture's bands cannot be read.
    """
    return prepare(
        picture,
        size=card.input_size,
        mean=card.mean,
        std=card.std,
        fit=fit or card.fit,  # type: ignore[arg-type]
        resize=card.resize,
        interpolation=card.interpolation,
    )


def explain(network: nn.Module, card: Card, x: Tensor) -> Explanation:
    """Predict one picture and read all gates in the same forward pass.

    Args:
        network: in eval mode.
        card: of that network.
        x: (1, C, H, W), normalised with the card's mean and std, on the network's device.

    Raises:
        ValueError: more than one picture, the network is in training mode, or what it returns is not one score a class
            of the card.
    """
    return next(explain_each([network], card, x))


def explain_each(networks: Iterable[nn.Module], card: Card, x: Tensor | Iterable[Tensor]) -> Iterator[Explanation]:
    """Several networks of one card on one picture, or each on its own, as `explain` does.

    What a GPU found stays there until `KEPT` numbers have come together, since every copy waits for it. `networks` may
    hand out one network again and again, and change it between.
    """
    waiting: list[tuple[list[Callable[[FloatArray], GateReading]], list[Tensor], Places]] = []

    def arrived() -> list[Explanation]:
        values = iter([each.numpy() for each in carried([each for _, found, _ in waiting for each in found], "cpu")])
        here = [
            Explanation(card, next(values), tuple(read(next(values)) for read in reads), where)
            for reads, _, where in waiting
        ]
        waiting.clear()
        return here

    pictures = repeat(x) if isinstance(x, Tensor) else x
    for network, one in zip(networks, pictures, strict=False):
        scores, where = network.adaption.scores if isinstance(network, ForeignNetwork) else None, None
        if isinstance(network, ForeignNetwork) and scores is not None:
            raw, seen = gates_seen(unscored(network), one)
            size = int(one.shape[-2]), int(one.shape[-1])
            given, where = scores(raw, size), places(scores, raw, size)
        else:
            given, seen = gates_seen(network, one)
        logits = check_scores(network, given)
        if logits.shape[1] != len(card.classes):
            raise RefusalError("errors.reason.scores_classes", given=logits.shape[1], wanted=len(card.classes))
        found = [logits[0].float(), *(gate for _, gate in seen)]
        at_once = one.device.type == "cpu"
        # A gate may be a weight, which changes with the network.
        waiting.append(([read for read, _ in seen], found if at_once else [each.clone() for each in found], where))
        if at_once or sum(each.numel() for _, found, _ in waiting for each in found) > KEPT:
            yield from arrived()
    yield from arrived()
