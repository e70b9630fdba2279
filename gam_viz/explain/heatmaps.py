"""`Heatmap`: any map over a picture that claims to say where something matters, so that all are judged alike.

Gates reduced to one map and attributions differ in origin, resolution and sign. Evidence about a map (does the
prediction depend on what it marks? does it survive random weights? does it agree with another?) asks for none of
that: only for its values, larger meaning more important.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional as F

from gam_viz.explain.attributions import Attribution
from gam_viz.explain.explanation import Explanation
from gam_viz.explain.gates import FloatArray, GateReading
from gam_viz.explain.maps import SpatialMap, spatial_map


@dataclass(frozen=True, eq=False)
class Heatmap:
    """One map of one network on one picture.

    Attributes:
        key: tells maps of one network apart and survives in addresses and files: "gate.layer2.0" for a gate,
            "gradcam.layer4.1" for a method of a layer, "integrated_gradients" for a method of pixels.
        kind: "gate" or "attribution".
        source: "gate", or the method's key.
        layer: of a gate (see `place_of`) or a method of a layer; None for a method of pixels.
        values: (h, w) float32, read-only; larger means more important. Attributions keep their signs: what speaks
            against the class is least important.
        signed: whether values can be negative.
        noise: what rounding alone makes of zero, in the map's unit; see `Attribution.noise`. 0 for gates, whose
            rounding is relative to their own values.
    """

    key: str
    kind: str
    source: str
    layer: str | None
    values: FloatArray
    signed: bool
    noise: float = 0.0

    def at(self, size: int | tuple[int, int]) -> FloatArray:
        """(size, size), or of that height and width: the map over the pixels of the picture, read between its cells
        bilinearly."""
        return resized(self.values, size)


def resized(values: FloatArray, size: int | tuple[int, int]) -> FloatArray:
    """(h, w) -> (size, size), or of that height and width, float32: bilinear between the cells' centres (as
    `align_corners=False`); averaged where it shrinks. A map that has the size already is returned as it is."""
    sides = size if isinstance(size, tuple) else (size, size)
    if values.shape == sides:
        return values
    as_tensor = torch.from_numpy(np.array(values, np.float32))[None, None]  # (1, 1, h, w)
    grown: FloatArray = F.interpolate(as_tensor, sides, mode="bilinear", antialias=True)[0, 0].numpy()
    return grown


def spatial_maps(
    explanation: Explanation,
    layers: Sequence[str] | None = None,
    *,
    reduction: str = "gain",
    channel: int = 0,
    count: int = 4,
) -> dict[str, SpatialMap]:
    """A network's spatial gates that lie over the picture, each reduced to one map, by `place_of` the gate.

    A gate that is one mask for all channels, as CBAM's, is taken as it is whatever the reduction; a gate with a mask
    for every channel is reduced together with its layer's channel gate.

    Args:
        explanation: the network on a picture.
        layers: which, in which order; None for all. Layers without such a gate are left out.
        reduction, channel, count: as for `spatial_map`; a channel that a layer lacks becomes its last.
    """
    maps = {}
    for layer in explanation.layers if layers is None else layers:
        for spatial in explanation.gates(layer, "spatial"):
            if spatial.over_picture:
                maps[place_of(explanation, spatial)] = spatial_map(
                    spatial,
                    explanation.reading(layer, "channel") if spatial.per_channel else None,
                    reduction=reduction,
                    channels=(min(channel, spatial.shape[0] - 1),),
                    count=count,
                )
    return maps


def place_of(explanation: Explanation, reading: GateReading) -> str:
    """A gate's layer, "layer2.0"; with its name, "layer2.0:rows", where the layer has several of its branch."""
    several = len(explanation.gates(reading.layer, reading.branch)) > 1
    return f"{reading.layer}:{reading.name}" if several else reading.layer


def heatmaps(
    explanation: Explanation, attributions: Iterable[Attribution] = (), *, reduction: str = "gain"
) -> tuple[Heatmap, ...]:
    """The maps of one network on one picture: its spatial gates in order, then the attributions as given."""
    return (*of_gates(spatial_maps(explanation, reduction=reduction)), *of_attributions(attributions))


def of_gates(maps: Mapping[str, SpatialMap]) -> tuple[Heatmap, ...]:
    """Spatial gates, each reduced to one map, by layer."""
    return tuple(
        Heatmap(f"gate.{layer}", "gate", "gate", layer, map_.values, map_.lowest is None)
        for layer, map_ in maps.items()
    )


def of_attributions(attributions: Iterable[Attribution]) -> tuple[Heatmap, ...]:
    """Attributions, as given."""
    found = []
    for a in attributions:
        key = a.method if a.layer is None else f"{a.method}.{a.layer}"
        found.append(Heatmap(key, "attribution", a.method, a.layer, a.values, a.signed, a.noise))
    return tuple(found)
