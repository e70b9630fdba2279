"""Who looks at the right place: every map of a network against the truth, over many pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from gam_viz.evidence.leaderboard.pictures import JudgedPictures
from gam_viz.evidence.measure import Measure, Quantity
from gam_viz.evidence.own_maps import LayerMaps, by_chance, trivial_maps
from gam_viz.evidence.registry import MEASURES
from gam_viz.explain.attributions import attribute_many
from gam_viz.explain.gates import FloatArray
from gam_viz.explain.heatmaps import of_attributions
from gam_viz.images import normalise_batch
from gam_viz.networks import ResidualNetwork
from gam_viz.networks.card import Card

METHODS = ("gradcam", "input_x_gradient", "integrated_gradients")


def scene_scores() -> dict[str, Quantity]:
    """What the leaderboard scores maps by: the quantities of all measures that can be taken on a scene."""
    return {quantity.key: quantity for measure in _on_scenes() for quantity in measure.quantities}


def _on_scenes() -> list[Measure]:
    return [measure for measure in MEASURES.values() if measure.on_scene is not None]


@dataclass(frozen=True, eq=False)
class Looks:
    """Scores of several maps on N pictures; of a region, on those of them that have it.

    Attributes:
        keys: of the maps: "kind.layer" of `KINDS`, `Heatmap.key` of attributions, or one of `TRIVIAL`.
        scores: by region and measure, (maps, N) float64; NaN where a map of a picture has no such score, as a flat one.
        areas: by region, (N,): its share of each picture; what a map that says nothing scores on energy and pointing.
        sources: by region, (N,): which source each picture is of; empty where all were drawn by themselves.
    """

    keys: tuple[str, ...]
    scores: Mapping[tuple[str, str], npt.NDArray[np.float64]]
    areas: Mapping[str, npt.NDArray[np.float64]]
    sources: Mapping[str, npt.NDArray[np.int64]] = field(default_factory=dict)

    def of(self, key: str, region: str, measure: str) -> npt.NDArray[np.float64]:
        """(N,)"""
        return self.scores[region, measure][self.keys.index(key)]


def inputs(pictures: JudgedPictures, card: Card, start: int, stop: int, device: torch.device | str) -> Tensor:
    """(B, 3, S, S): pictures start..stop-1 as the network sees them.

    Raises:
        ValueError: the network sees pictures of another size than these have.
    """
    if pictures.images.shape[1:3] != card.sides:
        sides = [" x ".join(map(str, each)) for each in (card.sides, pictures.images.shape[1:3])]
        raise ValueError(f"{card.name} sees pictures of {sides[0]} pixels, and these have {sides[1]}")
    pixels = torch.from_numpy(pictures.images[start:stop]).to(device).permute(0, 3, 1, 2)
    return normalise_batch(pixels, card.mean, card.std)


def looks(
    network: ResidualNetwork,
    card: Card,
    pictures: JudgedPictures,
    methods: Sequence[str] = METHODS,
    progress: Callable[[float], None] | None = None,
) -> Looks:
    """All maps of a network's layers and an attribution of each method for the picture's class, against the truth.

    Raises:
        ValueError: the network does not fit the pictures.
    """
    device = next(network.parameters()).device
    layer_maps = LayerMaps(network, card)

    def maps_of(index: int) -> dict[str, FloatArray]:
        x = inputs(pictures, card, index, index + 1, device)
        attributions = of_attributions(attribute_many(network, x, int(pictures.labels[index]), methods))
        return layer_maps(x) | {map_.key: map_.values for map_ in attributions}

    return _scored(maps_of, pictures, progress)


def trivial_looks(pictures: JudgedPictures) -> Looks:
    """The same of maps that no network had a hand in; a map without values scores what chance does."""
    found = _scored(lambda index: trivial_maps(pictures.images[index]), pictures, None)
    for (region, measure), values in found.scores.items():
        chance = [by_chance(measure, area) for area in found.areas[region].tolist()]
        if None not in chance:
            values[found.keys.index("area")] = chance
    return found


def _scored(
    maps_of: Callable[[int], dict[str, FloatArray]], pictures: JudgedPictures, progress: Callable[[float], None] | None
) -> Looks:
    rows: dict[tuple[str, str], list[list[float]]] = {}
    areas: dict[str, list[float]] = {}
    sources: dict[str, list[int]] = {}
    keys: tuple[str, ...] = ()
    for index in range(len(pictures)):
        maps = maps_of(index)
        keys = tuple(maps)
        ignored = None if pictures.ignored is None else pictures.ignored[index]
        scored: dict[bytes, list[dict[str, float | None]]] = {}  # one mask can be in two regions
        for region, inside in _regions(pictures, index):
            held = inside.tobytes()
            scored[held] = scored.get(held) or [_scores(map_, inside, ignored) for map_ in maps.values()]
            areas.setdefault(region, []).append(_share(inside, ignored))
            if pictures.sources is not None:
                sources.setdefault(region, []).append(int(pictures.sources[index]))
            for measure in scene_scores():
                values = [each.get(measure) for each in scored[held]]
                rows.setdefault((region, measure), []).append([np.nan if v is None else v for v in values])
        if progress is not None:
            progress((index + 1) / len(pictures))
    return Looks(
        keys,
        {which: np.asarray(values).T for which, values in rows.items()},
        {region: np.asarray(values) for region, values in areas.items()},
        {region: np.asarray(values) for region, values in sources.items()},
    )


def _share(inside: npt.NDArray[np.bool_], ignored: npt.NDArray[np.bool_] | None) -> float:
    return float(inside.mean() if ignored is None else inside[~ignored].mean())


def _scores(
    map_: FloatArray, inside: npt.NDArray[np.bool_], ignored: npt.NDArray[np.bool_] | None
) -> dict[str, float | None]:
    scores: dict[str, float | None] = {}
    for measure in _on_scenes():
        if measure.on_scene is not None:
            scores |= measure.on_scene(map_, inside, ignored)
    return scores


def _regions(pictures: JudgedPictures, index: int) -> Iterator[tuple[str, npt.NDArray[np.bool_]]]:
    for region, masks in pictures.regions.items():
        if masks[index].any():
            yield region, masks[index]
