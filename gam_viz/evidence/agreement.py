"""Which maps agree: of two networks, of a gate and an attribution, of two seeds of one network."""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from gam_viz.evidence.measure import SEED, Measure, MeasureInput, Options
from gam_viz.evidence.similarity import TOP, Ranked, check_map, compare, grid
from gam_viz.evidence.surrogates import FEWEST, LEVEL, band_of, random_maps
from gam_viz.explain.attributions import Param
from gam_viz.explain.flat import is_flat
from gam_viz.explain.heatmaps import Heatmap
from gam_viz.runtime.progress import Progress

COUNT = 100  # random pairs, for each pair's band


@dataclass(frozen=True, eq=False)
class Matrix:
    """One measure between every two of n maps, and its band for each pair.

    Attributes:
        values: (n, n), symmetric, 1 on the diagonal; NaN in the rows and columns of flat maps.
        low, high: (n, n), symmetric: where the measure lies between two random maps as smooth as the pair's; NaN on the
            diagonal, and where `values` is.
    """

    values: npt.NDArray[np.float64]
    low: npt.NDArray[np.float64]
    high: npt.NDArray[np.float64]

    @property
    def outside(self) -> npt.NDArray[np.int8]:
        """(n, n): 1 where two maps are more alike than random maps of their smoothness, -1 where they are less alike,
        else 0. At a level of 95 %, one of forty unrelated pairs counts as more alike, and one as less. Each is asked by
        itself, so that what is said of a pair does not depend on which others are listed."""
        return ((self.values > self.high).astype(np.int8) - (self.values < self.low)).astype(np.int8)


@dataclass(frozen=True, eq=False)
class Agreement:
    """How alike n maps are, two by two.

    Attributes:
        labels: one a map.
        maps: as given.
        flat: of each map, whether it is flat and so like nothing.
        spearman, ssim, iou: see `Similarity`.
        side: cells a side of the finest grid that a pair is compared on.
        top: share of the cells that count as a map's top.
        count, level: of the bands, see `SimilarityBand`.
    """

    labels: tuple[str, ...]
    maps: tuple[Heatmap, ...]
    flat: tuple[bool, ...]
    spearman: Matrix
    ssim: Matrix
    iou: Matrix
    side: int
    top: float
    count: int
    level: float


def agreement(
    maps: Sequence[tuple[str, Heatmap]],
    *,
    top: float = TOP,
    count: int = COUNT,
    seed: int = 0,
    level: float = LEVEL,
    progress: Progress | None = None,
) -> Agreement:
    """Compare every two maps, each pair on the grid of its finer one (see `grid`).

    What is said of two maps does not depend on which others are given: the random maps of each are seeded by its label
    and key.

    Args:
        maps: each with its label, e.g. the name of its network; at least one.
        top: share of the cells that count as a map's top, 0..1.
        count: random pairs for each pair's band.
        seed: of the random maps.
        level: share of the random pairs that lies within the band.

    Raises:
        ValueError: no map is given, a map is not finite (its label is named), `top` or `level` is no share, or there
            are fewer than two random pairs.
    """
    if not maps:
        raise ValueError("agreement needs at least one map")
    if not (0 < top < 1 and 0 < level < 1):
        raise ValueError(f"top and level are shares between 0 and 1, got {top} and {level}")
    if count < 2:
        raise ValueError(f"a band needs at least two random pairs, got {count}")
    for label, heatmap in maps:
        check_map(heatmap.values, f"{label}'s {heatmap.key}")
    values = [heatmap.values for _, heatmap in maps]
    side, flat = grid(*values), [is_flat(map_.values, map_.noise) for _, map_ in maps]
    known = [index for index, is_it in enumerate(flat) if not is_it]
    pairs = list(itertools.combinations(known, 2))
    # A map's random maps cost about as much as comparing ten pairs of maps.
    effort, done = 10 * len(known) + len(pairs), 0

    def tell(label: str, spent: int) -> None:
        nonlocal done
        done += spent
        if progress is not None:
            progress(done / max(effort, 1), label)

    chance: dict[int, npt.NDArray[np.floating]] = {}
    for index in known:
        label, heatmap = maps[index]
        chance[index] = random_maps(values[index], count, seed + zlib.crc32(f"{label}/{heatmap.key}".encode()))
        tell(label, 10)

    @cache
    def own(index: int, side: int) -> Ranked:
        return Ranked.of([values[index]], side, top, np.float64)

    @cache
    def random(index: int, side: int) -> Ranked:
        return Ranked.of(chance[index], side, top)

    found, low, high = (np.full((3, len(maps), len(maps)), np.nan) for _ in range(3))
    found[:, known, known] = 1
    for a, b in pairs:
        both = np.array([a, b]), np.array([b, a])
        common = grid(values[a], values[b])
        found[:, *both] = np.stack(compare(own(a, common), own(b, common)))
        limits = band_of(compare(random(a, common), random(b, common)), level)
        low[:, *both], high[:, *both] = np.array([limits.spearman, limits.ssim, limits.iou]).T[:, :, None]
        tell(maps[a][0], 1)
    if progress is not None:
        progress(1.0, maps[-1][0])
    spearman, ssim, iou = (Matrix(*parts) for parts in zip(found, low, high, strict=True))
    return Agreement(
        labels=tuple(label for label, _ in maps),
        maps=tuple(heatmap for _, heatmap in maps),
        flat=tuple(flat),
        spearman=spearman,
        ssim=ssim,
        iou=iou,
        side=side,
        top=top,
        count=count,
        level=level,
    )


def _agree(given: Sequence[MeasureInput], options: Options, progress: Progress | None) -> Agreement | None:
    maps = [(each.name, map_) for each in given for map_ in each.finite_maps]
    if not maps:
        return None
    return agreement(maps, count=int(options["random_maps"]), seed=int(options["seed"]), progress=progress)


def _pairs(settings: Any) -> list[Options]:
    return [{"random_maps": settings.random_maps, "seed": settings.seed}]


AGREEMENT = Measure(
    "agreement",
    _agree,
    lambda result: (),
    title_key="evidence.section.agreed",
    about_key="evidence.agreed.about",
    params=(Param("random_maps", 100, FEWEST, 10_000), SEED),
    across=True,
    effort=0.08,
    asked=_pairs,
)
