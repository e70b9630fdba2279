"""Shuffle the patches of a map and see what the gates make of it: which of them know where something is?

A gate that averages over positions cannot tell the shuffled map from the other. A gate that looks at each position
alone has the same values at the new places. Only what looks at neighbours meets something new, at the patches' borders.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from gam_viz.attention import Bounds
from gam_viz.explain.gates import gates_of
from gam_viz.explain.interventions.double_precision import (
    ChangedGate,
    DoubleArray,
    Effect,
    ForwardPass,
    alone,
    described,
    exact_copy,
    paths_in,
    run,
)

GRIDS = (2, 4, 8)


@dataclass(frozen=True)
class Shuffle:
    """A permutation of the patches of a square grid.

    Attributes:
        grid: patches a side, at least 2.
        seed: of the permutation; never the one that leaves all as it is.
    """

    grid: int
    seed: int

    def order(self) -> npt.NDArray[np.int64]:
        """(grid²,): at each place, in reading order, the place that its patch came from."""
        generator = np.random.default_rng(self.seed)
        patches = np.arange(self.grid**2)
        while True:
            order = generator.permutation(patches)
            if (order != patches).any():
                return order

    def apply(self, values: Tensor) -> Tensor:
        """(..., H, W) with its patches at their new places.

        Raises:
            ValueError: the grid does not divide the map.
        """
        *lead, height, width = values.shape
        if not self.fits(height, width):
            raise ValueError(f"{self.grid} patches a side do not divide a map of {height} x {width}")
        tall, wide = height // self.grid, width // self.grid
        cut = values.reshape(*lead, self.grid, tall, self.grid, wide).transpose(-3, -2)
        moved = cut.reshape(*lead, self.grid**2, tall, wide)[..., torch.from_numpy(self.order()), :, :]
        joined = moved.reshape(*lead, self.grid, self.grid, tall, wide).transpose(-3, -2)
        return joined.reshape(*lead, height, width)

    def fits(self, height: int, width: int) -> bool:
        """Whether a map can be cut so."""
        return height % self.grid == 0 and width % self.grid == 0

    def to_border(self, height: int, width: int) -> npt.NDArray[np.int64]:
        """(H, W): how many positions lie between each and the nearest border of its patch; 0 at a border."""
        tall, wide = height // self.grid, width // self.grid
        rows, columns = np.arange(height) % tall, np.arange(width) % wide
        vertical, horizontal = np.minimum(rows, tall - 1 - rows), np.minimum(columns, wide - 1 - columns)
        return np.minimum(vertical[:, None], horizontal[None, :])


@dataclass(frozen=True, eq=False, kw_only=True)
class Rearranged(ChangedGate):
    """One gate before and after.

    Attributes:
        bounds: lowest and highest value that it can have; None where it is any signed number.
        before, after: (C,) each channel's mean over positions; one value where all channels share one mask.
        channel: the channel of the maps below, the one that varies most over positions; None for one shared mask.
        map_before, map_after: (H, W) of that channel; None for a gate that has no value for every row and column.
        difference: (H, W): the largest |after - before| over channels, where `before` has moved with its patches; of a
            gate of one value a channel, (1, 1). None where the patches do not divide the gate's map, or it has none.
        map_difference: (H, W): the same of the channel of the maps alone.
    """

    bounds: Bounds | None
    before: DoubleArray
    after: DoubleArray
    channel: int | None
    map_before: DoubleArray | None
    map_after: DoubleArray | None
    difference: DoubleArray | None
    map_difference: DoubleArray | None

    @property
    def largest(self) -> float | None:
        """The largest difference, or None where it cannot be told."""
        return None if self.difference is None else float(self.difference.max())

    def by_border(self, shuffle: Shuffle) -> DoubleArray:
        """Mean difference by distance from a patch's border: at it, one away, ...; empty where it cannot be told."""
        if self.difference is None or not self.per_position:
            return np.zeros(0)
        away = shuffle.to_border(*self.difference.shape)
        return np.array([self.difference[away == step].mean() for step in range(int(away.max()) + 1)])


def grids(height: int, width: int) -> tuple[int, ...]:
    """Patches a side that divide a map: of 2, 4 and 8, else the smallest number that does; none for a 1 x 1 map."""
    side = math.gcd(height, width)
    usual = tuple(grid for grid in GRIDS if side % grid == 0)
    return usual or tuple(grid for grid in range(2, side + 1) if side % grid == 0)[:1]


def shuffle_features(network: nn.Module, x: Tensor, layer: str, shuffle: Shuffle) -> Effect[Rearranged]:
    """Shuffle what comes into a layer's attention module.

    Args:
        network: in eval mode; left as it is.
        x: (1, 3, H, W), normalised, on the network's device.
        layer: with gates.
        shuffle: must divide the layer's map.

    Raises:
        ValueError: the grid does not divide the map, or the layer's gates cannot be computed alone, see `alone`.
    """
    module, features = alone(network, x, layer)
    before, after = run(module, features), run(module, shuffle.apply(features).contiguous())
    return Effect(_rearranged(module, before, after, shuffle, list(gates_of(module))))


def shuffle_picture(network: nn.Module, x: Tensor, layer: str, shuffle: Shuffle) -> Effect[Rearranged]:
    """Shuffle the picture, and run the whole network.

    Args:
        network: in eval mode; left as it is.
        x: (1, 3, H, W), normalised.
        layer: with gates.
        shuffle: must divide the picture.

    Raises:
        ValueError: the layer has no gates, or the grid does not divide the picture.
    """
    paths = paths_in(network, layer)
    body, picture = exact_copy(network), x.detach().cpu().double()
    before, after = run(body, picture), run(body, shuffle.apply(picture).contiguous())
    gates = _rearranged(body, before, after, shuffle, paths)
    return Effect(gates, before.scores, after.scores)


def _rearranged(
    module: nn.Module, before: ForwardPass, after: ForwardPass, shuffle: Shuffle, paths: list[str]
) -> tuple[Rearranged, ...]:
    rearranged, gates = [], gates_of(module)
    for path, described_as in described(module, before, paths):
        was, now = before.gates[path][0], after.gates[path][0]
        channel, maps, difference, of_channel = 0, None, None, None
        if not described_as["per_position"]:
            difference = (now - was).abs().amax(dim=0).numpy()
        elif tuple(was.shape[-2:]) == before.shapes[path][1:]:
            channel = int(was.std(dim=(1, 2), correction=0).argmax())
            maps = was[channel].numpy().copy(), now[channel].numpy().copy()
            if shuffle.fits(*was.shape[-2:]):
                apart = (now - shuffle.apply(was)).abs()
                difference, of_channel = apart.amax(dim=0).numpy(), apart[channel].numpy().copy()
        rearranged.append(
            Rearranged(
                **described_as,
                bounds=gates[path].bounds,
                before=was.mean(dim=(1, 2)).numpy(),
                after=now.mean(dim=(1, 2)).numpy(),
                channel=channel if maps is not None and len(was) > 1 else None,
                map_before=None if maps is None else maps[0],
                map_after=None if maps is None else maps[1],
                difference=difference,
                map_difference=of_channel,
            )
        )
    return tuple(rearranged)
