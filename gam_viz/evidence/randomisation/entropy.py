"""The efficient randomisation test, eMPRT (A. Hedström, L. Weber, S. Lapuschkin and M. Höhne, Sanity Checks Revisited,
arXiv 2401.06465).

A map that shows what a network learnt is simpler than what the same method makes of no learning. So nothing is likened:
the entropy of the map's histogram (100 equal bins from its smallest to its largest value, in nats) is held against that
of the map with all weights random, as a relative rise (after - before) / before. Above 0 is good, and larger is better.

A map that is flat has no entropy, and no rise; one that random weights make flat falls by all it has, which is -1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy
import torch
from torch import Tensor, nn

from gam_viz.evidence.measure import Measure, MeasureInput, Options, Quantity, Verdict
from gam_viz.evidence.randomisation.cascade import SEEDS
from gam_viz.evidence.randomisation.maps import maps_under
from gam_viz.evidence.randomisation.reinitialise import fresh_weights, load_at_once, stages_of
from gam_viz.explain.attributions import Param, Request
from gam_viz.explain.checks import check_picture
from gam_viz.explain.flat import is_flat
from gam_viz.explain.gates import FloatArray
from gam_viz.explain.heatmaps import Heatmap
from gam_viz.networks.card import Card
from gam_viz.networks.copies import copy_of
from gam_viz.runtime.progress import Progress
from gam_viz.text.refusal import RefusalError

BINS = 100


@dataclass(frozen=True)
class EntropyRise:
    """Of one map.

    Attributes:
        key: the map's.
        own: its entropy, 0..log(BINS) nats.
        fresh: the median entropy of the map with random weights; NaN where none of them is finite.
        rise: (fresh - own) / own; None where the map is flat or not finite, or all of the others are not finite.
        seeds: how many networks with random weights.
    """

    key: str
    own: float
    fresh: float
    rise: float | None
    seeds: int

    @property
    def verdict(self) -> Literal["rises", "falls", "flat"]:
        """ "flat" where there is no rise to speak of."""
        if self.rise is None:
            return "flat"
        return "rises" if self.rise > 0 else "falls"


def entropy(values: FloatArray) -> float:
    """Of a map (h, w): that of its histogram, in nats; 0 where it is flat, NaN where it is not finite."""
    if not np.isfinite(values).all():
        return float("nan")
    if is_flat(values):
        return 0.0
    return float(scipy.stats.entropy(np.histogram(values, BINS)[0]))


def entropy_rises(
    network: nn.Module,
    card: Card,
    x: Tensor,
    target: int,
    requests: Sequence[Request | str] = (),
    *,
    reduction: str = "gain",
    seeds: Sequence[int] = SEEDS,
    progress: Progress | None = None,
) -> tuple[EntropyRise, ...]:
    """The rise of every map of a network.

    Args:
        network: in eval mode; only read.
        card: of that network.
        x: (1, 3, H, W), normalised, on the network's device.
        target: index of the class; kept for random networks, whatever they answer.
        requests: attributions beside the gates.
        reduction: see `heatmaps`.
        seeds: of fresh weights, at least one.
        progress: told the share that is done; may raise to leave.

    Raises:
        ValueError: picture, target or request does not fit, no seed is given, or the network has no weights that can
            become random.
    """
    check_picture(x)
    if not seeds:
        raise ValueError("entropy is held against at least one network with random weights")
    if not stages_of(network):
        raise RefusalError("errors.reason.no_fresh_weights")

    def maps_of(subject: nn.Module, turn: int) -> tuple[Heatmap, ...]:
        def tell(share: float) -> None:
            if progress is not None:
                progress((turn + share) / (len(seeds) + 1), "untrained" if turn else "trained")

        return maps_under(subject, card, [x], target, requests, reduction, tell)

    own = maps_of(network, 0)
    with torch.inference_mode(False):
        subject = copy_of(network)
    fresh: list[list[float]] = [[] for _ in own]
    for turn, seed in enumerate(seeds, 1):
        load_at_once(subject, fresh_weights(network, seed))
        for of, map_ in zip(fresh, maps_of(subject, turn), strict=True):
            of.append(entropy(map_.values))
    return tuple(_rise(map_, of) for map_, of in zip(own, fresh, strict=True))


def _rise(map_: Heatmap, fresh: Sequence[float]) -> EntropyRise:
    own = 0.0 if is_flat(map_.values, map_.noise) else entropy(map_.values)
    known = [value for value in fresh if np.isfinite(value)]
    after = float(np.median(known)) if known else float("nan")
    there = own > 0 and bool(known)
    return EntropyRise(map_.key, own, after, (after - own) / own if there else None, len(fresh))


def _run(given: MeasureInput, options: Options, progress: Progress | None) -> tuple[EntropyRise, ...]:
    first = int(options["seed"])
    return entropy_rises(
        *(given.network, given.card, given.x, given.target, given.requests),
        reduction=given.reduction,
        seeds=range(first, first + int(options["untrained"])),
        progress=progress,
    )


def _verdicts(result: tuple[EntropyRise, ...]) -> list[Verdict]:
    return [
        Verdict(each.key, each.verdict, {"rise": each.rise, "own": each.own, "fresh": each.fresh, "seeds": each.seeds})
        for each in result
    ]


ENTROPY = Measure(
    "entropy",
    _run,
    _verdicts,
    title_key="evidence.section.entropy",
    about_key="evidence.entropy.about",
    params=(Param("untrained", len(SEEDS), 1, 100), Param("seed", SEEDS[0], 0, 2**31 - 1)),
    quantities=(
        Quantity("rise", "evidence.column.emprt", "+.1%", (-1, float("inf")), "more"),
        Quantity("own", "evidence.column.entropy", ".2f"),
        Quantity("fresh", "evidence.column.entropy_fresh", ".2f"),
    ),
    tones={"rises": "passed", "falls": "open", "flat": "open"},
    remakes=True,
    usual=False,
    effort=0.3,
)
