"""Is a gate's map unlike those of networks that never learnt? (Which `cascade` cannot tell: fresh weights give other
maps to untrained networks, too.)

Held against two kinds of networks without training, as many of each as the level needs:

- fresh: the architecture's own initialisation, other seeds;
- shuffled: the network's own weights, permuted within each tensor. Every value stays, every pattern goes; so they have
  the network's scales, whoever set them: CBAM's masks are flat as they begin, and no longer once somebody sets their
  batch norm's weight to 1. Here batch norms normalise by the picture itself, in these networks and in the network that
  is judged: statistics that ran in on pictures fit the weights they ran in with, which no shuffle does, and that alone
  is no learning (kept as they were, they got 11 of 18 masks of untrained CBAMs called trained).

A map's oddness is measured among the K + 1 of its kind by a rule that treats all alike: how far its contrast, its mean,
its smoothness or its mean likeness with the others lies from their median, in median deviations, whichever is farthest.
Were the network one more of them, each would be the oddest as often, and p = (1 + #{as odd}) / (K + 1) is exact: of
initialisations that draw the values of a tensor independently, at any scale. The larger of the two kinds' p-values
counts, so that a map has to be unlike both, with Holm's correction for all maps of the network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from gam_viz.evaluation.permutation import LEVEL, draws_needed, holm, p_value
from gam_viz.evidence.measure import SEED, Measure, MeasureInput, Options, Quantity, Verdict
from gam_viz.evidence.randomisation.reinitialise import fresh_weights, load_at_once, stages_of
from gam_viz.evidence.similarity import row_ranks
from gam_viz.explain.attributions import Param
from gam_viz.explain.explanation import explain_each
from gam_viz.explain.gates import FloatArray
from gam_viz.explain.heatmaps import Heatmap, heatmaps, resized
from gam_viz.networks.card import Card
from gam_viz.networks.copies import copy_of
from gam_viz.runtime.device import carried
from gam_viz.runtime.progress import Progress
from gam_viz.text.refusal import RefusalError

FIRST_SEED = 2001  # of fresh weights: none that a network here was trained from
GRID = 16  # cells a side on which maps are likened


@dataclass(frozen=True)
class TrainingTest:
    """Of one gate's map.

    Attributes:
        key: the map's.
        fresh, shuffled: p-values against networks with fresh and with shuffled weights; see the module.
        adjusted: the larger of them, after Holm's correction for all maps of the network.
        networks: how many of each kind.
    """

    key: str
    fresh: float
    shuffled: float
    adjusted: float
    networks: int

    @property
    def verdict(self) -> Literal["trained", "untrained"]:
        """ "trained": evidence of training; "untrained": no evidence of it."""
        return "trained" if self.adjusted <= LEVEL else "untrained"


def training_evidence(
    network: nn.Module,
    card: Card,
    x: Tensor,
    *,
    networks: int = 0,
    seed: int = 0,
    reduction: str = "gain",
    progress: Progress | None = None,
) -> tuple[TrainingTest, ...]:
    """Hold every gate's map against those of untrained networks.

    Args:
        network: in eval mode; only read.
        card: of that network.
        x: (1, 3, H, W), normalised, on the network's device.
        networks: untrained ones of each kind; 0 for as many as the level needs with so many maps.
        seed: of both kinds.
        reduction: see `heatmaps`.
        progress: told the share that is done and the kind at work; may raise to leave.

    Raises:
        ValueError: the picture does not fit, or the network has no weights that can become random.
    """
    if not stages_of(network):
        raise RefusalError("errors.reason.no_fresh_weights")

    def maps_of(subjects: Iterable[nn.Module]) -> Iterator[dict[str, Heatmap]]:
        for explanation in explain_each(subjects, card, x):
            yield {map_.key: map_ for map_ in heatmaps(explanation, reduction=reduction)}

    (trained,) = maps_of([network])
    own = [map_ for map_ in trained.values() if np.isfinite(map_.values).all()]
    count = networks or draws_needed(len(own))
    with torch.inference_mode(False):
        subject = copy_of(network)
        saved = {key: value.clone() for key, value in network.state_dict().items()}

    def fresh(turn: int) -> nn.Module:
        load_at_once(subject, fresh_weights(network, FIRST_SEED + seed * count + turn))
        return subject

    def normalised(weights: dict[str, Tensor]) -> nn.Module:
        subject.load_state_dict(weights)
        _normalise(subject, x)
        return subject

    kinds: dict[str, tuple[dict[str, Heatmap], Callable[[int], nn.Module]]] = {
        "fresh": (trained, fresh),
        "shuffled": (
            next(maps_of([normalised(saved)])),
            lambda turn: normalised(_shuffled(saved, seed * count + turn)),
        ),
    }
    p_values: dict[str, list[float]] = {}
    for place, (kind, (judged, draw)) in enumerate(kinds.items()):

        def draws(place: int = place, kind: str = kind, draw: Callable[[int], nn.Module] = draw) -> Iterator[nn.Module]:
            for turn in range(count if own else 0):
                if progress is not None:
                    progress((place + turn / count) / len(kinds), kind)
                yield draw(turn)

        drawn = [judged, *maps_of(draws())]
        p_values[kind] = [_p_value([maps[map_.key].values for maps in drawn]) for map_ in own]
    if progress is not None:
        progress(1.0, "shuffled")
    worst = [max(pair) for pair in zip(*p_values.values(), strict=True)]
    return tuple(
        TrainingTest(map_.key, p_fresh, p_shuffled, adjusted, count)
        for map_, p_fresh, p_shuffled, adjusted in zip(own, *p_values.values(), holm(worst), strict=True)
    )


def _shuffled(state: dict[str, Tensor], seed: int) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    orders = [torch.randperm(value.numel(), generator=generator) for value in state.values()]
    there = carried(orders, next(iter(state.values())).device)
    return {k: value.flatten()[order].view_as(value) for (k, value), order in zip(state.items(), there, strict=True)}


def _normalise(network: nn.Module, x: Tensor) -> None:
    """Let batch norms hold the statistics of this picture and its mirror image, in place."""
    norms = [m for m in network.modules() if isinstance(m, _BatchNorm) and m.track_running_stats]
    if not norms:
        return
    momenta = [norm.momentum for norm in norms]
    with torch.inference_mode(False), torch.no_grad():
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum = 1.0  # all that passes is one batch; None, the mean of all, waits for a GPU to count
            norm.train()
        network(torch.cat([x, x.flip(-1)]))  # two, since a single number has no variance
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum
            norm.eval()


def _p_value(maps: list[FloatArray]) -> float:
    """Of the first of the maps, all of one shape."""
    with np.errstate(all="ignore"):
        stack = np.nan_to_num(np.stack(maps).astype(np.float64))  # (K + 1, h, w)
        spread, middle = stack.std((1, 2)), stack.mean((1, 2))
        rounding = 1e-6 * np.abs(stack).max() + np.finfo(float).tiny
        flat = spread <= rounding
        steps = np.sqrt((np.diff(stack, axis=1) ** 2).mean((1, 2)) + (np.diff(stack, axis=2) ** 2).mean((1, 2)))
        ranks = row_ranks(np.stack([resized(m.astype(np.float32), GRID).ravel() for m in maps]))
        ranks -= ranks.mean(1, keepdims=True)
        ranks /= np.maximum(np.linalg.norm(ranks, axis=1, keepdims=True), 1e-9)
        alike = ranks @ ranks.T
        alike[flat] = alike[:, flat] = 0  # a flat map is like nothing
        np.fill_diagonal(alike, 0)
        features = np.stack(
            [
                np.log(np.maximum(spread, rounding)),
                np.where(np.abs(middle) > rounding, middle, 0),
                np.where(flat, 0, steps / np.maximum(spread, rounding)),
                alike.sum(1) / (len(maps) - 1),
            ]
        )
    away = np.abs(features - np.median(features, axis=1, keepdims=True))
    scale = np.median(away, axis=1, keepdims=True)
    oddness = (away / (scale + 1e-6 * np.abs(features).max(1, keepdims=True) + 1e-12)).max(0)
    return p_value(float(oddness[0]), oddness[1:])


def _run(given: MeasureInput, options: Options, progress: Progress | None) -> tuple[TrainingTest, ...]:
    return training_evidence(
        *(given.network, given.card, given.x),
        networks=int(options["networks"]),
        seed=int(options["seed"]),
        reduction=given.reduction,
        progress=progress,
    )


def _verdicts(result: tuple[TrainingTest, ...]) -> list[Verdict]:
    numbers = ("fresh", "shuffled", "adjusted", "networks")
    return [Verdict(test.key, test.verdict, {name: getattr(test, name) for name in numbers}) for test in result]


TRAINING = Measure(
    "training",
    _run,
    _verdicts,
    title_key="evidence.section.training",
    about_key="evidence.training.about",
    sentence_key="evidence.training.sentence",
    needs=("gates",),
    params=(Param("networks", 0, 0, 4096), SEED),  # 0: as many as the level needs
    quantities=(
        Quantity("fresh", "evidence.column.p_fresh", ".3f"),
        Quantity("shuffled", "evidence.column.p_shuffled", ".3f"),
        Quantity("adjusted", "evidence.column.p", ".3f"),
    ),
    tones={"trained": "passed", "untrained": "open"},
    remakes=True,
    usual=False,
    effort=1.0,
)
