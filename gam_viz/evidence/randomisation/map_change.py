"""What random weights do to one map: how much of it is left, beside random maps as smooth, and the verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from gam_viz.evidence.similarity import Ranked, Similarity, compare, grid, similarity
from gam_viz.evidence.surrogates import LEVEL, SimilarityBand, band_of, random_maps
from gam_viz.explain.flat import is_flat
from gam_viz.explain.gates import FloatArray
from gam_viz.explain.heatmaps import Heatmap

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


class Original:
    """A map of the network as it was, and random maps as smooth; `top` as in `similarity`, `count` of random maps."""

    def __init__(self, heatmap: Heatmap, top: float, count: int) -> None:
        self.heatmap, self.top, self.count = heatmap, top, count
        self.finite = bool(np.isfinite(heatmap.values).all())
        self.flat = self.finite and is_flat(heatmap.values, heatmap.noise)
        self.spread = _spread(heatmap.values)
        self._random: dict[tuple[bool, int], Ranked] = {}

    def against(self, values: FloatArray, stage: str, seed: int, *, with_band: bool) -> RandomisedMap:
        """The same map (h, w) of a network with fresh weights; `stage` and `seed` say which."""
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
        # Of a map with signs either may lie above its band: each band leaves out half as much.
        level = 1 - (1 - LEVEL) / 2 if self.heatmap.signed else LEVEL
        return found, band_of(compare(self._random[absolute, side], Ranked.of([other], side, self.top)), level)


def verdict_of(original: Original, untrained: Sequence[RandomisedMap]) -> Verdict:
    """By its maps of untrained networks; see `MapTest.verdict`."""
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
