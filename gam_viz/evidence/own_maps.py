"""What a network's layers show of a picture, each map named for what it is, and the maps that cost nothing."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from torch import Tensor, nn

from gam_viz.explain.explanation import Explanation, explain
from gam_viz.explain.gates import FloatArray
from gam_viz.explain.heatmaps import place_of, spatial_maps
from gam_viz.networks import ResidualNetwork
from gam_viz.networks.card import Card
from gam_viz.networks.copies import copy_of
from gam_viz.runtime.device import carried

#: The maps of a layer. "gain": mean over channels of |channel gate x mask|, in proportion to the mask where there is
#: one for all channels, as in CBAM. "channel": mean |channel gate| alone. "mask": the plain mean of the masks alone.
#: "features": mean |features| that reach the attention, or the place where it would be: what any of the others has to
#: beat, since a gate is computed from them.
GAIN, CHANNEL, MASK, FEATURES = KINDS = ("gain", "channel", "mask", "features")

#: Maps that no network had a hand in: a map without values of its own, a bell in the middle, and where brightness
#: changes. A map that is no better than these has shown nothing about its network.
TRIVIAL = ("area", "centre", "edges")

_PLACE = ".attention"  # of a block: its attention module, or the identity where it has none


class LayerMaps:
    """The maps of a network's layers, made on a copy of it whose features are kept as they reach the attention."""

    def __init__(self, network: ResidualNetwork, card: Card) -> None:
        self._network, self._card = copy_of(network), card
        self._features: dict[str, Tensor] = {}
        for path, module in self._network.named_modules():
            if path.endswith(_PLACE):
                module.register_forward_pre_hook(self._keeping(path.removesuffix(_PLACE)))

    def __call__(self, x: Tensor) -> dict[str, FloatArray]:
        """Of a picture (1, 3, S, S): "kind.layer" -> (h, w), kind by kind; larger means more important."""
        explanation = explain(self._network, self._card, x)
        features = carried(list(self._features.values()), "cpu")
        made = {
            GAIN: {layer: map_.values for layer, map_ in spatial_maps(explanation, reduction="gain").items()},
            CHANNEL: _channel_weights(explanation),
            MASK: {layer: map_.values for layer, map_ in spatial_maps(explanation, reduction="mean").items()},
            FEATURES: dict(zip(self._features, (each.numpy() for each in features), strict=True)),
        }
        return {f"{kind}.{layer}": values for kind in KINDS for layer, values in made[kind].items()}

    def _keeping(self, layer: str) -> Callable[[nn.Module, tuple[Tensor, ...]], None]:
        def keep(module: nn.Module, given: tuple[Tensor, ...]) -> None:
            self._features[layer] = given[0][0].abs().mean(dim=0).float()

        return keep


def _channel_weights(explanation: Explanation) -> dict[str, FloatArray]:
    """Mean over channels of |channel gate| at each position, where it differs between positions."""
    return {
        place_of(explanation, gate): np.abs(gate.values).mean(axis=0)
        for gate in explanation.readings
        if gate.branch == "channel" and gate.per_position and gate.over_picture
    }


def trivial_maps(picture: npt.NDArray[np.floating] | npt.NDArray[np.uint8]) -> dict[str, FloatArray]:
    """Those of `TRIVIAL`, of a picture (S, S, 3)."""
    size = len(picture)
    across = (np.arange(size) - (size - 1) / 2) / (size / 4)
    bell = np.exp(-(across[:, None] ** 2 + across[None, :] ** 2) / 2).astype(np.float32)
    edges = ndimage.gaussian_gradient_magnitude(picture.mean(axis=2), sigma=1.0).astype(np.float32)
    return {"area": np.ones((size, size), np.float32), "centre": bell, "edges": edges}


def by_chance(measure: str, area: float) -> float | None:
    """What a map without values of its own scores where the region has this share of the picture.

    Energy and pointing: the share itself; overlap with as many pixels taken at random: that share of them lies inside.
    None for other measures.
    """
    return {"energy": area, "pointing": area, "overlap": area / (2 - area)}.get(measure)
