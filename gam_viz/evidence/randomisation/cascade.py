"""Does a map change when the network's weights become random? (Adebayo et al., arXiv 1810.03292, section 4)

A map that stays the same says little of what the weights hold: it shows the picture, or the architecture. Two
tests, both on a copy, with the initialisation that this project's training starts from:

- the cascade: fresh weights from the head down, stage by stage, and the maps anew after each;
- the untrained network: all weights fresh, several times over.

What survives need not be the picture: zero padding shapes the borders of untrained maps as well (a third to a half of
the likeness of |gradient| on two networks), and random maps of the same smoothness know nothing of borders.

A gate does not depend on what comes after it, so in the cascade it stays as it is until its own stage is reached.

Batch norms become as fresh as the weights: their statistics 0 and 1, their weights as initialised. Nothing vanishes or
explodes for that: logits of untrained CBAM and GAM networks (width 32) stayed within 0.2. Statistics of the picture
itself would make untrained gates of GAM vary 20 to 120 times as much, but belong to no network that ever was. CBAM's
spatial batch norm starts with weight 0, so its untrained masks are 0.5 everywhere: flat, and like nothing.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn

from gam_viz.evidence.randomisation.reinitialise import fresh_weights, kept, stages_of
from gam_viz.evidence.similarity import (
    TOP,
    Ranked,
    Similarity,
    compare,
    grid,
    similarity,
)
from gam_viz.evidence.surrogates import SimilarityBand, band_of, random_maps
from gam_viz.explain.attributions import Request, attribute_many
from gam_viz.explain.checks import check_picture, check_target
from gam_viz.explain.explanation import explain
from gam_viz.explain.flat import is_flat
from gam_viz.explain.gates import FloatArray
from gam_viz.explain.heatmaps import Heatmap, heatmaps
from gam_viz.networks.card import Card
from gam_viz.runtime.progress import Progress
from gam_viz.text.refusal import RefusalError

#: Of fresh weights. The seed a network was trained with would give back the weights its training began with, which
#: are no strangers to the trained ones.
SEEDS = (1001, 1002, 1003)
COUNT = 100  # random maps, for a band
SURVIVES = 0.5  # rank correlation

Verdict = Literal["survives", "resembles", "collapses", "flattens", "flat", "not_finite"]


@dataclass(frozen=True)
class RandomisedMap:
    """One map of a network with random weights, against the same map of the network as it was.

    Attributes:
        stage: the last stage that became random.
        seed: of the fresh weights.
        similarity: of the two maps; all None where one is flat or not finite.
        absolute: of their absolute values, for maps with signs; a map whose sign alone is turned shows the same places.
        band: where `similarity` lies between the random network's map and random maps as smooth as the original; only
            where all stages are random, and None where `similarity` is.
        absolute_band: the same for `absolute`.
        spread: standard deviation of the random network's map, in its unit: what ranks hide. NaN where not finite.
    """

    stage: str
    seed: int
    similarity: Similarity
    absolute: Similarity | None
    band: SimilarityBand | None
    absolute_band: SimilarityBand | None
    spread: float

    @property
    def rank(self) -> float | None:
        """The larger of the rank correlations of the values and of their absolutes; None where there is none."""
        both = [s.spearman for s in (self.similarity, self.absolute) if s is not None and s.spearman is not None]
        return max(both, default=None)


@dataclass(frozen=True, eq=False)
class MapTest:
    """What random weights do to one map.

    Attributes:
        heatmap: the map of the network as it was.
        spread: its standard deviation, in its unit.
        cascade: after each stage, from the head down; empty where no cascade was asked for.
        untrained: of the network with all weights random, one a seed.
        verdict: by the rank correlation (of the values or of their absolutes, the larger) with the untrained maps:
            "survives": above its band for more than half of the seeds, and its median at least `SURVIVES`;
            "resembles": above its band for more than half, at a smaller median;
            "collapses": neither; "flattens": the untrained maps are flat; "flat": the original is;
            "not_finite": the original, or all untrained maps, hold NaN or infinity.
    """

    heatmap: Heatmap
    spread: float
    cascade: tuple[RandomisedMap, ...]
    untrained: tuple[RandomisedMap, ...]
    verdict: Verdict

    @property
    def untrained_rank(self) -> float | None:
        """Median rank correlation with the untrained networks' maps; None where there is none."""
        known = [compared.rank for compared in self.untrained if compared.rank is not None]
        return float(np.median(known)) if known else None


@dataclass(frozen=True, eq=False)
class Randomisation:
    """The randomisation tests of one network on one picture.

    Attributes:
        target: the class that attributions explain.
        stages: from the head down, as they became random.
        seeds: of the untrained networks; the cascade has the first.
        kept: parameters of a foreign network that could not become random, since their module does not say how.
        maps: the gates in order, then the attributions as asked for.
    """

    target: int
    stages: tuple[str, ...]
    seeds: tuple[int, ...]
    kept: tuple[str, ...]
    maps: tuple[MapTest, ...]


def randomisation(
    network: nn.Module,
    card: Card,
    x: Tensor,
    target: int,
    requests: Sequence[Request | str] = (),
    *,
    reduction: str = "gain",
    cascade: bool = True,
    seeds: Sequence[int] = SEEDS,
    top: float = TOP,
    count: int = COUNT,
    progress: Progress | None = None,
) -> Randomisation:
    """Make a copy of the network random, and compare its maps with the network's own.

    Args:
        network: in eval mode; only read.
        card: of that network.
        x: (1, 3, H, W), normalised, on the network's device.
        target: index of the class; kept for random networks, whatever they answer.
        requests: attributions beside the gates.
        reduction: of gates with a mask for every channel; see `heatmaps`.
        cascade: whether to go stage by stage as well.
        seeds: of fresh weights, at least one.
        top: see `similarity`.
        count: of random maps, for the bands.
        progress: told the share that is done and the stage, or "untrained"; may raise to leave.

    Raises:
        ValueError: picture, target or request does not fit; no seed is given; or the network has no weights that can
            become random.
    """
    check_picture(x)
    if not seeds or count < 2:
        raise ValueError("a randomisation test needs at least one seed, and two random maps for its band")
    stages = stages_of(network)
    if not stages:
        raise RefusalError("errors.reason.no_fresh_weights")
    black = [-mean / std for mean, std in zip(card.mean, card.std, strict=True)]
    total, done = 1 + (len(stages) if cascade else 1) + len(seeds) - 1, 0

    def maps_of(subject: nn.Module, label: str) -> tuple[Heatmap, ...]:
        nonlocal done

        def tell(share: float, method: str = "") -> None:
            if progress is not None:
                progress((done + share) / total, label)

        tell(0)
        explanation = explain(subject, card, x)  # type: ignore[arg-type]
        check_target(target, len(explanation.logits))
        found = heatmaps(
            explanation, attribute_many(subject, x, target, requests, tell, black=black), reduction=reduction
        )
        done += 1
        tell(0)
        return found

    originals = [_Original(heatmap, top, count) for heatmap in maps_of(network, "trained")]
    in_cascade: list[list[RandomisedMap]] = [[] for _ in originals]
    untrained: list[list[RandomisedMap]] = [[] for _ in originals]
    for turn, seed in enumerate(seeds):
        fresh = fresh_weights(network, seed)
        with torch.inference_mode(False):
            subject = copy.deepcopy(network)
        for stage, keys in stages.items():
            subject.load_state_dict({key: fresh[key] for key in keys}, strict=False)
            last = stage == list(stages)[-1]
            step_by_step = cascade and turn == 0
            if not (step_by_step or last):
                continue
            found = maps_of(subject, stage if step_by_step else "untrained")
            for index, (original, heatmap) in enumerate(zip(originals, found, strict=True)):
                compared = original.against(heatmap.values, stage, seed, with_band=last)
                if step_by_step:
                    in_cascade[index].append(compared)
                if last:
                    untrained[index].append(compared)
    tests = [
        MapTest(o.heatmap, o.spread, tuple(steps), tuple(alone), _verdict(o, alone))
        for o, steps, alone in zip(originals, in_cascade, untrained, strict=True)
    ]
    return Randomisation(target, tuple(stages), tuple(seeds), kept(network), tuple(tests))


class _Original:
    """A map of the network as it was, and random maps as smooth."""

    def __init__(self, heatmap: Heatmap, top: float, count: int) -> None:
        self.heatmap, self.top, self.count = heatmap, top, count
        self.finite = bool(np.isfinite(heatmap.values).all())
        self.flat = self.finite and is_flat(heatmap.values, heatmap.noise)
        self.spread = _spread(heatmap.values)
        self._random: dict[tuple[bool, int], Ranked] = {}

    def against(self, values: FloatArray, stage: str, seed: int, *, with_band: bool) -> RandomisedMap:
        plain, band = self._measure(values, absolute=False, with_band=with_band)
        absolute, absolute_band = None, None
        if self.heatmap.signed:
            absolute, absolute_band = self._measure(values, absolute=True, with_band=with_band)
        return RandomisedMap(stage, seed, plain, absolute, band, absolute_band, _spread(values))

    def _measure(
        self, values: FloatArray, *, absolute: bool, with_band: bool
    ) -> tuple[Similarity, SimilarityBand | None]:
        if not (self.finite and np.isfinite(values).all()):
            return Similarity(None, None, None), None
        own = np.abs(self.heatmap.values) if absolute else self.heatmap.values
        other = np.abs(values) if absolute else values
        found = similarity(own, other, top=self.top)
        if found.spearman is None or not with_band:
            return found, None
        side = grid(own, other)
        if (absolute, side) not in self._random:
            self._random[absolute, side] = Ranked.of(random_maps(own, self.count), side, self.top)
        # The random network's map is taken as it is: what of it is smoothness needs no second set of random maps.
        return found, band_of(compare(self._random[absolute, side], Ranked.of([other], side, self.top)))


def _verdict(original: _Original, untrained: Sequence[RandomisedMap]) -> Verdict:
    if not original.finite or all(np.isnan(compared.spread) for compared in untrained):
        return "not_finite"
    if original.flat:
        return "flat"
    above, heights = 0, []
    for compared in untrained:
        pairs = ((compared.similarity, compared.band), (compared.absolute, compared.absolute_band))
        found = [(s.spearman, b.spearman[1]) for s, b in pairs if s and b and s.spearman is not None]
        if found:
            above += any(value > high for value, high in found)
            heights.append(max(value for value, _ in found))
    if not heights:
        return "flattens"
    if 2 * above <= len(untrained):
        return "collapses"
    return "survives" if np.median(heights) >= SURVIVES else "resembles"


def _spread(values: FloatArray) -> float:
    return float(values.std(dtype=np.float64)) if np.isfinite(values).all() else float("nan")
