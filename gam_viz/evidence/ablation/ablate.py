"""Gate ablation: put something else in a gate's place and see what becomes of the answer.

A bright map does not say that a gate does anything. If the answer stays when the gate is 1 everywhere, or is shuffled,
then on this picture the gate did nothing. Nothing is retrained: the network meets features it was not trained on, so a
large change says that the network relies on the gate as it is, not that a network without it would be worse.

`gam_viz.evidence.ablation.replacements` says what can stand in a gate's place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from gam_viz.evaluation.intervals import FEWEST
from gam_viz.evidence.ablation.replacements import MODES, Replacements, mean_gates, modes_of
from gam_viz.evidence.ablation.result import Ablation, Ablations, Change, NotAblated, ReplacedBranch
from gam_viz.explain.answers import ANSWERS, AnswerKind
from gam_viz.explain.checks import check_target
from gam_viz.explain.gates import GateReading
from gam_viz.networks.card import OutputKind
from gam_viz.runtime.progress import Progress
from gam_viz.text.refusal import RefusalError

__all__ = [
    "MODES",
    "Ablation",
    "Ablations",
    "Change",
    "NotAblated",
    "ablate",
    "ablations",
    "joined",
    "mean_gates",
    "modes_of",
]


def ablations(
    network: nn.Module,
    x: Tensor,
    target: int,
    *,
    modes: Sequence[str] = MODES,
    together: bool = True,
    means: Mapping[str, Tensor] | None = None,
    other: Tensor | None = None,
    shuffles: int = 8,
    seed: int = 0,
    kind: OutputKind = "class",
    progress: Progress | None = None,
) -> Ablations:
    """Replace every gate of a network in every way that means something for it, one at a time.

    Args:
        network: in eval mode; only read, and other threads that use it see nothing.
        x: (1, C, H, W), normalised, on the network's device.
        target: index of the class, label or value that the changes are of.
        modes: which of `MODES`. "data_mean" is left out where no `means` are given, "other_picture" without `other`.
        together: whether all gates of a layer are also replaced at once, by modes that mean something for each.
        means: by path, as from `mean_gates`.
        other: another picture, of x's shape.
        shuffles: how many, at least 6 for an interval.
        seed: of the shuffles. They do not depend on the device, nor on which other gates and modes are asked for.
        kind: what the network's scores are; see `explain.answers`.
        progress: told the share that is done (0..1) and the layer at work, between chunks; may raise to leave.

    Raises:
        ValueError: a picture, target, mode or number does not fit, or the network's answer is not finite even with all
            its gates in place; the sentence says what is accepted.

    >>> from gam_viz.networks import NetworkConfig, build_network
    >>> network = build_network(NetworkConfig(width=4, attention="se")).eval()
    >>> found = ablations(network, torch.zeros(1, 3, 16, 16), 3)
    >>> [(one.layer, one.branch, one.mode) for one in found.results[:3]]
    [('layer1.0', 'channel', 'identity'), ('layer1.0', 'channel', 'channel_mean'), ('layer1.0', 'channel', 'shuffled')]
    """
    unknown = [mode for mode in modes if mode not in MODES]
    if unknown:
        raise ValueError(f"unknown mode {unknown[0]!r}; known are {', '.join(MODES)}")
    if shuffles < FEWEST:
        raise ValueError(f"an interval needs at least {FEWEST} shuffles, got {shuffles}")
    replacements = Replacements(network, x, means=means, other=other if "other_picture" in modes else None, seed=seed)
    target, answers = check_target(target, replacements.logits.shape[1]), ANSWERS[kind]
    if kind == "class" and replacements.logits.shape[1] < 2:
        raise RefusalError("errors.reason.classifier", given=tuple(replacements.logits.shape))
    plans, left_out = _plans(replacements, [m for m in MODES if m in modes], together, shuffles)
    variants = [
        {path: replacements.swap(path, plan.mode, draw) for path in plan.paths}
        for plan in plans
        for draw in range(plan.draws)
    ]
    layers = [plan.layer for plan in plans for _ in range(plan.draws)]

    def tick(done: int) -> None:
        if progress is not None:
            progress(done / len(variants), layers[done])

    before = _numbers(replacements.logits.double().cpu(), target, answers)
    after = (replacements.run(variants, tick) if variants else replacements.logits[:0]).double().cpu()
    if progress is not None:
        progress(1.0, layers[-1] if layers else "")
    results, row = [], 0
    for plan in plans:
        logits = after[row : row + plan.draws]
        row += plan.draws
        if bool(torch.isfinite(logits).all()):
            results.append(_result(plan, before, _numbers(logits, target, answers)))
        else:
            why = RefusalError("errors.reason.replaced_not_finite", gates=", ".join(plan.paths))
            left_out.append(NotAblated(plan.layer, plan.branch, plan.paths, plan.mode, why))
    return Ablations(
        target=target,
        kind=kind,
        answer=float(before.answer[0]),
        score=float(before.score[0]),
        margin=float(before.margin[0]),
        predicted=int(before.predicted[0]),
        results=tuple(results),
        left_out=tuple(left_out),
    )


def joined(parts: Sequence[Ablations]) -> Ablations:
    """What several calls found, each of other modes, in the order of one call of all of them."""
    results = [one for part in parts for one in part.results]
    order = list(dict.fromkeys((one.layer, one.branch, one.paths) for one in results))
    results.sort(key=lambda one: order.index((one.layer, one.branch, one.paths)))
    left_out = dict.fromkeys(left for part in parts for left in part.left_out)
    return replace(parts[0], results=tuple(results), left_out=tuple(left_out))


def ablate(
    network: nn.Module,
    x: Tensor,
    switches: Mapping[str, str],
    *,
    means: Mapping[str, Tensor] | None = None,
    other: Tensor | None = None,
    seed: int = 0,
) -> Tensor:
    """Scores (1, K) with several gates replaced at once: for a gate's path, one of `MODES`.

    A shuffle is the first of those that `ablations` draws from this seed. Other arguments are those of `ablations`.

    Raises:
        ValueError: the network has no such gate, a mode means nothing for its gate or lacks what it needs, or the
            answer is not finite; the sentence says what is accepted.
    """
    other = other if "other_picture" in switches.values() else None
    replacements = Replacements(network, x, means=means, other=other, seed=seed)
    logits = replacements.run([{path: replacements.swap(path, mode) for path, mode in switches.items()}])
    if not bool(torch.isfinite(logits).all()):
        raise RefusalError("errors.reason.replaced_not_finite", gates=", ".join(switches))
    return logits


@dataclass(frozen=True)
class _Plan:
    layer: str
    branch: ReplacedBranch
    paths: tuple[str, ...]
    mode: str
    over: tuple[str, ...]
    draws: int
    gate: str


def _plans(
    replacements: Replacements, modes: Sequence[str], together: bool, shuffles: int
) -> tuple[list[_Plan], list[NotAblated]]:
    plans, left_out = [], []
    for layer, branch, members in _groups(replacements.readings, together):
        alike = sum((other.layer, other.branch) == (layer, branch) for other in replacements.readings)
        gate = members[0].name if branch != "both" and alike > 1 else ""
        paths = tuple(reading.module for reading in members)
        if whys := [why for path in paths if (why := replacements.why_not(path))]:
            left_out.append(NotAblated(layer, branch, paths, "", whys[0]))
            continue
        for mode in modes:
            if not replacements.has(mode) or not all(mode in modes_of(reading) for reading in members):
                continue
            over: tuple[str, ...] = ()
            if mode == "shuffled":
                over = tuple("positions" if reading.per_position else "channels" for reading in members)
            plans.append(_Plan(layer, branch, paths, mode, over, shuffles if over else 1, gate))
    return plans, left_out


def _groups(readings: Sequence[GateReading], together: bool) -> Iterator[tuple[str, ReplacedBranch, list[GateReading]]]:
    """Layer, branch and gates: each gate alone, then all of its layer."""
    once = {reading.module: reading for reading in readings}.values()
    for layer in dict.fromkeys(reading.layer for reading in once):
        members = [reading for reading in once if reading.layer == layer]
        for reading in members:
            yield layer, reading.branch, [reading]
        if together and len(members) > 1:
            yield layer, "both", members


@dataclass(frozen=True)
class _Numbers:
    """Of n rows of scores, (n,) each."""

    answer: npt.NDArray[np.float64]
    score: npt.NDArray[np.float64]
    margin: npt.NDArray[np.float64]
    predicted: npt.NDArray[np.int64]


def _numbers(rows: Tensor, target: int, answers: AnswerKind) -> _Numbers:  # (n, K) float64, on the CPU
    score = rows[:, target]
    decided = torch.zeros(len(rows), dtype=torch.int64) if answers.decide is None else answers.decide(rows, target)
    return _Numbers(
        answer=answers.of_target(rows, target).numpy(),
        score=score.numpy(),
        margin=(score if answers.margin is None else answers.margin(rows, target)).numpy(),
        predicted=decided.numpy(),
    )


def _result(plan: _Plan, before: _Numbers, after: _Numbers) -> Ablation:
    return Ablation(
        layer=plan.layer,
        branch=plan.branch,
        paths=plan.paths,
        mode=plan.mode,
        over=plan.over,
        draws=plan.draws,
        answer=Change.of(after.answer - before.answer),
        score=Change.of(after.score - before.score),
        margin=Change.of(after.margin - before.margin),
        predicted=int(np.bincount(after.predicted).argmax()),
        flip_share=float((after.predicted != before.predicted).mean()),
        gate=plan.gate,
    )
