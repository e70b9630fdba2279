"""What a network loses with one channel closed: a gate's weight set to 0 in every picture, and the answers after it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from gam_viz.evidence.ablation.one_gate import OneGateReplaced
from gam_viz.explain.answers import AnswerKind
from gam_viz.explain.checks import check_answers, check_scores
from gam_viz.runtime.device_queue import give_way
from gam_viz.runtime.progress import Progress

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ClosedChannels:
    """M channels of one gate, each closed alone: its weight is 0 at every position, so that nothing of its feature
    passes; all else is computed as ever.

    Attributes:
        path: of the gate.
        channels: (M,) their numbers.
        pictures: N.
        counts: (K,) pictures of each class that the means are over: of a classifier those of the class itself, by the
            labels, or where there are none by what the network answers with all channels open; all N of other networks.
        value, score: (K,) with all channels open, the mean of each output in what it is measured in (a probability; see
            `explain.answers`) and as the network's own score (a logit); NaN where counts is 0.
        closed_value, closed_score: (M, K) the same with a channel closed.
        changed: (M,) share of the pictures whose answer is another class; NaN of networks that name no class.
    """

    path: str
    channels: npt.NDArray[np.int64]
    pictures: int
    counts: npt.NDArray[np.int64]
    value: FloatArray
    score: FloatArray
    closed_value: FloatArray
    closed_score: FloatArray
    changed: FloatArray

    def of(self, channel: int) -> int | None:
        """The row of that channel; None where it was not closed."""
        found = np.flatnonzero(self.channels == channel)
        return int(found[0]) if len(found) else None


def close_channels(
    network: nn.Module,
    answers: AnswerKind,
    batches: Iterable[Tensor],
    labels: npt.NDArray[np.int64] | None,
    wanted: Mapping[str, Sequence[int]],
    *,
    count: int = 0,
    progress: Progress | None = None,
) -> tuple[ClosedChannels, ...]:
    """Of each gate, in the order of `wanted`.

    Args:
        network: in eval mode; only read.
        answers: how its scores are read.
        batches: (B, C, S, S), normalised, on its device.
        labels: (N,) of all of them, in that order; None where nobody knows.
        wanted: by a gate's path, the channels to close, one at a time.
        count: N, as far as it is known; for the progress.
        progress: told the share that is done, and which gate; may raise to leave.

    Raises:
        ValueError: no pictures, or an answer that is not finite.
    """
    open_, closed, first = [], {path: [[] for _ in of] for path, of in wanted.items()}, 0  # type: ignore[var-annotated]
    for x in batches:
        give_way()
        with torch.inference_mode():
            open_.append(check_scores(network, network(x)).double().cpu())
        replaced = OneGateReplaced(network, x)
        for done, (path, channels) in enumerate(wanted.items()):
            if progress is not None:
                progress(min((first + len(x) * done / len(wanted)) / max(count, first + len(x)), 1.0), path)
            for place, channel in enumerate(channels):
                scores = replaced.logits(path, partial(_without, channel))
                closed[path][place].append(scores.double().cpu())
        first += len(x)
    if not first:
        raise ValueError("closing channels needs at least one picture")
    before = torch.cat(open_)
    after = {path: [torch.cat(each) for each in of] for path, of in closed.items()}
    for scores in (before, *(each for of in after.values() for each in of)):
        check_answers(scores.numpy())
    names_class = answers.key == "class"
    decided = before.argmax(1) if names_class else None
    share = _shares(before, decided if labels is None or not names_class else torch.from_numpy(labels))
    counts = (share > 0).sum(0).numpy()

    def mean(values: Tensor) -> FloatArray:  # (N, K) -> (K,)
        return np.where(counts > 0, (share * values).sum(0).numpy(), np.nan)

    def changed(scores: Tensor) -> float:
        return float("nan") if decided is None else float((scores.argmax(1) != decided).double().mean())

    classes = before.shape[1]
    return tuple(
        ClosedChannels(
            path=path,
            channels=np.asarray(channels, dtype=np.int64),
            pictures=first,
            counts=counts,
            value=mean(answers.read(before)),
            score=mean(before),
            closed_value=np.array([mean(answers.read(each)) for each in after[path]]).reshape(-1, classes),
            closed_score=np.array([mean(each) for each in after[path]]).reshape(-1, classes),
            changed=np.array([changed(each) for each in after[path]], dtype=np.float64),
        )
        for path, channels in wanted.items()
    )


def _shares(scores: Tensor, labels: Tensor | None) -> Tensor:  # (N, K)
    """By which each picture counts in each output's mean."""
    if labels is None:
        return torch.full_like(scores, 1 / len(scores))
    of_class = torch.nn.functional.one_hot(labels, scores.shape[1]).double()
    return of_class / of_class.sum(0).clamp(min=1)


def _without(channel: int, gate: Tensor) -> Tensor:  # (B, C, h, w) -> the same
    closed = gate.clone()
    closed[:, channel] = 0
    return closed
