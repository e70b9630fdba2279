"""The spatial masks of a layer, reduced to one map a network, before anything is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gam_viz.app.shared.choices import chosen
from gam_viz.app.shared.columns import SCALES, View
from gam_viz.explain import Explanation, GateReading, SpatialMap
from gam_viz.explain.heatmaps import place_of, spatial_maps
from gam_viz.figures.gate_scales import spatial_scale
from gam_viz.figures.scales import DIVERGING, SEQUENTIAL, Scale, range_scale, symmetric_scale

OPACITIES, OPACITY = (20, 40, 65, 80, 100), 65  # percent


@dataclass(frozen=True)
class Masks:
    """What is drawn of the spatial gates.

    Attributes:
        maps: of each network, one a gate that lies over the picture, by its place.
        gates: each network's gate of the chosen layer; None where it has none.
        places: where that gate is, "" where there is none.
        scale: of all maps; and
        own: whether each map has its own instead.
        colours: a Matplotlib colour map's name.
        opacity: of the maps, 0..1.
        reduction, detail: how masks of many channels became one map.
    """

    maps: list[dict[str, SpatialMap]]
    gates: list[GateReading | None]
    places: list[str]
    scale: Scale
    own: bool
    colours: str
    opacity: float
    reduction: str
    detail: int

    @property
    def drawn(self) -> list[SpatialMap]:
        """All maps."""
        return [map_ for of_network in self.maps for map_ in of_network.values()]

    def shown(self, number: int) -> SpatialMap | None:
        """The map of the chosen layer; None where that network has none that lies over the picture."""
        return self.maps[number].get(self.places[number])

    def scale_of(self, map_: SpatialMap) -> Scale:
        """The range of a map's colours; of its own, beside signed ones, 0 stays in the middle."""
        if not self.own:
            return self.scale
        return symmetric_scale([map_.values]) if self.scale.signed else range_scale([map_.values])


def masks_of(view: View, layer: str, name: str, reduction: str, detail: int) -> Masks:
    """The masks as they are drawn in a row of that layer, as the page's controls have them.

    Args:
        view: the page's.
        layer: that is shown large.
        name: of the gate, where a layer has several.
        reduction: one of `REDUCTIONS`.
        detail: the channel for "channel", the number of channels for "top".
    """

    def reduced(explanation: Explanation) -> Mapping[str, SpatialMap]:
        return spatial_maps(explanation, reduction=reduction, channel=detail, count=max(1, detail))

    maps = [dict(reduced(explanation)) for explanation in view.explanations]
    gates = view.gates_beside(layer, "spatial", name)
    places = ["" if g is None else place_of(e, g) for e, g in zip(view.explanations, gates, strict=True)]
    every = [m for of_network in (*maps, *map(reduced, view.over_time)) for m in of_network.values()]
    scale = spatial_scale(every) if every else Scale(0.0, 1.0)
    own = chosen("spatial-scale", SCALES, SCALES[0]) == "own"
    colours = DIVERGING[0] if scale.signed else chosen("colours", SEQUENTIAL, SEQUENTIAL[0])
    view.shown.spatial, view.shown.places, view.shown.colours = maps, places, colours
    view.shown.spatial_scale = None if own else scale
    opacity = int(chosen("opacity", [str(percent) for percent in OPACITIES], str(OPACITY))) / 100
    return Masks(maps, gates, places, scale, own, colours, opacity, reduction, detail)


def has_masks(view: View) -> bool:
    """Whether any of the networks has a spatial gate at all."""
    return any(reading.branch == "spatial" for e in view.explanations for reading in e.readings)


def is_reduced(view: View) -> bool:
    """Whether any of the networks has masks of many channels, which must become one map to be drawn."""
    return any(
        r.branch == "spatial" and r.per_channel and r.over_picture for e in view.explanations for r in e.readings
    )
