"""Who looks at the right place: every map of a network against the truth, over many planted scenes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from gam_viz.datasets.scenes.draw import Scenes
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
REGIONS = ("object", "tag")


def scene_scores() -> dict[str, Quantity]:
    """What the leaderboard scores maps by: the quantities of all measures that can be taken on a scene."""
    return {quantity.key: quantity for measure in _on_scenes() for quantity in measure.quantities}


def _on_scenes() -> list[Measure]:
    return [measure for measure in MEASURES.values() if measure.on_scene is not None]


@dataclass(frozen=True, eq=False)
class Looks:
    """Scores of several maps on N scenes.

    Attributes:
        keys: of the maps: "kind.layer" of `KINDS`, `Heatmap.key` of attributions, or one of `TRIVIAL`.
        scores: by region and measure, (maps, N) float64; NaN where a map of a scene has no such score, as a flat one.
        areas: by region, (N,): its share of each picture; what a map that says nothing scores on energy and pointing.
    """

    keys: tuple[str, ...]
    scores: Mapping[tuple[str, str], npt.NDArray[np.float64]]
    areas: Mapping[str, npt.NDArray[np.float64]]

    def of(self, key: str, region: str, measure: str) -> npt.NDArray[np.float64]:
        """(N,)"""
        return self.scores[region, measure][self.keys.index(key)]


def inputs(scenes: Scenes, card: Card, start: int, stop: int, device: torch.device | str) -> Tensor:
    """(B, 3, S, S): scenes start..stop-1 as the network sees them.

    Raises:
        ValueError: the network sees pictures of another size than the scenes have.
    """
    if scenes.images.shape[1] != card.input_size:
        raise ValueError(
            f"{card.name} sees pictures of {card.input_size} pixels, and the scenes have {scenes.images.shape[1]}"
        )
    pictures = torch.from_numpy(scenes.images[start:stop]).to(device).permute(0, 3, 1, 2)
    return normalise_batch(pictures, card.mean, card.std)


def looks(
    network: ResidualNetwork,
    card: Card,
    scenes: Scenes,
    methods: Sequence[str] = METHODS,
    progress: Callable[[float], None] | None = None,
) -> Looks:
    """All maps of a network's layers and an attribution of each method for the scene's class, against the truth.

    Raises:
        ValueError: the network does not fit the scenes.
    """
    device = next(network.parameters()).device
    layer_maps = LayerMaps(network, card)

    def maps_of(index: int) -> dict[str, FloatArray]:
        x = inputs(scenes, card, index, index + 1, device)
        attributions = of_attributions(attribute_many(network, x, int(scenes.labels[index]), methods))
        return layer_maps(x) | {map_.key: map_.values for map_ in attributions}

    return _scored(maps_of, scenes, progress)


def trivial_looks(scenes: Scenes) -> Looks:
    """The same of maps that no network had a hand in; a map without values scores what chance does."""
    found = _scored(lambda index: trivial_maps(scenes.images[index]), scenes, None)
    for (region, measure), values in found.scores.items():
        chance = [by_chance(measure, area) for area in found.areas[region].tolist()]
        if None not in chance:
            values[found.keys.index("area")] = chance
    return found


def _scored(
    maps_of: Callable[[int], dict[str, FloatArray]], scenes: Scenes, progress: Callable[[float], None] | None
) -> Looks:
    count = len(scenes.images)
    rows: dict[tuple[str, str], list[list[float]]] = {}
    areas: dict[str, list[float]] = {}
    keys: tuple[str, ...] = ()
    for index in range(count):
        maps = maps_of(index)
        keys = tuple(maps)
        for region, inside in _regions(scenes, index):
            scored = [_scores(map_, inside) for map_ in maps.values()]
            areas.setdefault(region, []).append(float(inside.mean()))
            for measure in scene_scores():
                values = [each.get(measure) for each in scored]
                rows.setdefault((region, measure), []).append([np.nan if v is None else v for v in values])
        if progress is not None:
            progress((index + 1) / count)
    return Looks(
        keys,
        {which: np.asarray(values).T for which, values in rows.items()},
        {region: np.asarray(values) for region, values in areas.items()},
    )


def _scores(map_: FloatArray, inside: npt.NDArray[np.bool_]) -> dict[str, float | None]:
    scores: dict[str, float | None] = {}
    for measure in _on_scenes():
        if measure.on_scene is not None:
            scores |= measure.on_scene(map_, inside)
    return scores


def _regions(scenes: Scenes, index: int) -> Iterator[tuple[str, npt.NDArray[np.bool_]]]:
    for region, masks in zip(REGIONS, (scenes.masks, scenes.tag_masks), strict=True):
        if masks[index].any():
            yield region, masks[index]
