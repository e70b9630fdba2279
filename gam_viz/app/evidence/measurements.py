"""What the Evidence page measures, kept for the session and computed in the device's lane."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

from gam_viz.app.shared.columns import View
from gam_viz.app.shared.device import device
from gam_viz.app.shared.evaluation_set import pictures_of
from gam_viz.app.shared.explanations import Subject, attributions
from gam_viz.app.shared.networks import network as network_of
from gam_viz.app.shared.session_cache import remembered
from gam_viz.datasets import DatasetError
from gam_viz.evidence.ablation.ablate import Ablations, ablate, ablations
from gam_viz.evidence.ablation.replacements import mean_gates
from gam_viz.evidence.agreement import Agreement, agreement
from gam_viz.evidence.faithfulness import Faithfulness, Settings, faithfulness, infidelity, max_sensitivity
from gam_viz.evidence.randomisation.cascade import Randomisation, randomisation
from gam_viz.explain.attributions import Request, attribute
from gam_viz.explain.explanation import explain
from gam_viz.explain.gates import FloatArray
from gam_viz.explain.heatmaps import Heatmap, heatmaps
from gam_viz.images import normalise_batch
from gam_viz.networks.checkpoints import Checkpoint
from gam_viz.runtime.device_queue import OnWait
from gam_viz.runtime.progress import Progress

MEAN_OF, BATCH = 256, 64  # pictures, for a gate's mean over the data set


def mean_of_gates(checkpoint: Checkpoint) -> dict[str, Tensor] | None:
    """Each gate's mean over the first test pictures of its data set; None where those are not here."""
    try:
        pictures = pictures_of(checkpoint.card)
    except DatasetError:
        return None
    card, data = checkpoint.card, pictures.data
    network, place = network_of(checkpoint), device()

    def batches() -> Iterator[Tensor]:
        for start in range(0, min(MEAN_OF, len(data)), BATCH):
            part = torch.from_numpy(data.images[start : start + BATCH]).to(place).permute(0, 3, 1, 2)
            yield normalise_batch(part, card.mean, card.std)

    return remembered("means", (f"{checkpoint.sha256}|", pictures.digest), lambda: mean_gates(network, batches()), None)


def ablated(
    subject: Subject, target: int, mode: str, other: Subject | None, *, progress: Progress, on_wait: OnWait
) -> Ablations:
    """Every gate replaced in one way."""
    means = mean_of_gates(subject.checkpoint) if mode == "data_mean" else None
    key = (subject.key, target, mode, other.key if other else "")
    return remembered(
        "ablations",
        key,
        lambda: ablations(
            subject.network,
            subject.input_tensor(),
            target,
            modes=[mode],
            means=means,
            other=None if other is None else other.input_tensor(),
            progress=progress,
        ),
        on_wait,
    )


def switched(subject: Subject, switches: dict[str, str], other: Subject | None, *, on_wait: OnWait) -> Sequence[float]:
    """(classes,) probabilities with several gates replaced at once."""
    means = mean_of_gates(subject.checkpoint) if "data_mean" in switches.values() else None
    key = (subject.key, tuple(sorted(switches.items())), other.key if other else "")

    def make() -> list[float]:
        borrowed = None if other is None else other.input_tensor()
        logits = ablate(subject.network, subject.input_tensor(), switches, means=means, other=borrowed)
        return list(logits[0].double().softmax(0).tolist())

    return remembered("switched", key, make, on_wait)


def maps_of(view: View, index: int, requests: Sequence[Request]) -> tuple[Heatmap, ...]:
    """A network's gates, then its attributions."""
    attributed = attributions(view.subjects[index], view.targets()[index], requests, view.titles()[index])
    return heatmaps(view.explanations[index], attributed)


def judged(
    subject: Subject,
    target: int,
    maps: Sequence[Heatmap],
    settings: Settings,
    *,
    made: tuple[Any, ...] = (),
    progress: Progress,
    on_wait: OnWait,
) -> Faithfulness:
    """Deletion and insertion curves of maps; `made` says how the maps were made, where that is not the default."""
    card = subject.checkpoint.card
    return remembered(
        "faithfulness",
        (subject.key, target, tuple(map_.key for map_ in maps), made, settings),
        lambda: faithfulness(
            subject.network,
            subject.input_tensor(),
            target,
            maps,
            settings,
            progress,
            mean=card.mean,
            std=card.std,
        ),
        on_wait,
    )


def infidelities(
    subject: Subject, target: int, maps: Sequence[Heatmap], *, progress: Progress, on_wait: OnWait
) -> dict[str, float]:
    """By map: the share of what happens to the logit under random squares that the map does not foretell, 0..1."""

    def make() -> dict[str, float]:
        found, _ = infidelity(subject.network, subject.input_tensor(), target, maps, progress=progress)
        return {each.key: each.share for each in found if each.share is not None}

    return remembered("infidelity", (subject.key, target, tuple(map_.key for map_ in maps)), make, on_wait)


def sensitivities(
    view: View, index: int, requests: Sequence[Request], *, progress: Progress, on_wait: OnWait
) -> dict[str, float]:
    """By map, gates included: its largest change when the picture changes a little, as a share of itself."""
    subject, target = view.subjects[index], view.targets()[index]
    card, network = subject.checkpoint.card, subject.network

    def gate(key: str) -> Callable[[Tensor], FloatArray]:
        return lambda x: next(m for m in heatmaps(explain(network, card, x)) if m.key == key).values

    def method(request: Request) -> Callable[[Tensor], FloatArray]:
        return lambda x: attribute(network, x, target, request.method, layer=request.layer).values

    ways = {map_.key: gate(map_.key) for map_ in heatmaps(view.explanations[index])}
    ways |= {r.method if r.layer is None else f"{r.method}.{r.layer}": method(r) for r in requests}

    def make() -> dict[str, float]:
        found = {}
        for place, (key, again) in enumerate(ways.items()):
            progress(place / len(ways), key)
            found[key] = max_sensitivity(again, subject.input_tensor())
        return found

    return remembered("sensitivity", (subject.key, target, *(made_by(r) for r in requests)), make, on_wait)


def randomised(
    subject: Subject,
    target: int,
    requests: Sequence[Request],
    *,
    reduction: str = "gain",
    cascade: bool = True,
    progress: Progress,
    on_wait: OnWait,
) -> Randomisation:
    """What random weights do to a network's maps; without `cascade` only to those of untrained networks."""
    return remembered(
        "randomisation",
        (subject.key, target, *(made_by(r) for r in requests), reduction, cascade),
        lambda: randomisation(
            subject.network,
            subject.checkpoint.card,
            subject.input_tensor(),
            target,
            requests,
            reduction=reduction,
            cascade=cascade,
            progress=progress,
        ),
        on_wait,
    )


def made_by(request: Request) -> tuple[Any, ...]:
    """How a map is made, as a key."""
    return request.method, request.layer, tuple(sorted(request.params.items()))


def agreed(view: View, labelled: Sequence[tuple[str, Heatmap]], *, on_wait: OnWait) -> Agreement:
    """How alike maps are, two by two."""
    subjects = "+".join(subject.key for subject in view.subjects)
    names = tuple((label, map_.key) for label, map_ in labelled)
    key = (subjects, tuple(view.targets()), names)
    return remembered("agreement", key, lambda: agreement(labelled), on_wait)
