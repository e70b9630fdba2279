"""Change one place and see where the gates change: measured, and as the modules' own connections foretell it.

What can change is found by giving the very same modules a value that is no number at that place: NaN stays NaN through
every product, sum, maximum and convolution, even where a weight is 0, so a gate becomes NaN exactly where some path
leads to it. That is the receptive field of what was computed, whatever modules it is made of.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

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
from gam_viz.explain.interventions.receptive_field import spatial_field

BoolArray = npt.NDArray[np.bool_]
AMOUNT = 2.0  # standard deviations of a channel over positions that a feature is raised by


@dataclass(frozen=True, eq=False, kw_only=True)
class Spread(ChangedGate):
    """What one gate does when one place is changed.

    Attributes:
        change: (H, W): the largest |after - before| over channels; exactly 0 where nothing changed.
        direct: (H, W): the same while every gate of one value a channel is held as it was, so that only what is
            computed from neighbours is left.
        reach: (H, W): where a path leads from the changed place to the gate.
        direct_reach: (H, W): the same without the gates of one value a channel.
        field: (rows, columns) of the gate's own convolutions away from the map's edges; None where the whole network
            was run, or the module has no such convolutions.
    """

    change: DoubleArray
    direct: DoubleArray
    reach: BoolArray
    direct_reach: BoolArray
    field: tuple[int, int] | None = None

    @property
    def positions(self) -> int:
        """How many there are."""
        return self.change.size

    @property
    def changed(self) -> int:
        """At how many positions the gate is not what it was, to the last bit."""
        return int((self.change > 0).sum())

    @property
    def largest(self) -> float:
        """The largest change."""
        return float(self.change.max())

    @property
    def largest_elsewhere(self) -> float:
        """The largest change where only the gates of one value a channel reach; 0 where there is no such place."""
        elsewhere = self.change[~self.direct_reach]
        return float(elsewhere.max()) if elsewhere.size else 0.0

    @property
    def extent(self) -> tuple[int, int]:
        """(rows, columns) of the field without the gates of one value a channel, as far as it lies on the map."""
        rows, columns = self.direct_reach.any(axis=1), self.direct_reach.any(axis=0)
        return int(rows.sum()), int(columns.sum())


def move_features(
    network: nn.Module, x: Tensor, layer: str, row: int, column: int, *, amount: float = AMOUNT
) -> Effect[Spread]:
    """Raise every feature at one position of what comes into a layer's attention module.

    Args:
        network: in eval mode; left as it is.
        x: (1, 3, H, W), normalised, on the network's device.
        layer: with gates.
        row, column: of the layer's feature map.
        amount: in standard deviations of each channel over positions.

    Raises:
        ValueError: the layer's gates cannot be computed alone, see `alone`.
        IndexError: the position lies outside the map.
    """
    module, features = alone(network, x, layer)
    _within(row, column, features)
    moved = features.clone()
    moved[0, :, row, column] += amount * features[0].std(dim=(1, 2), correction=0)
    gates, _, _ = _spread(module, features, moved, row, column, list(gates_of(module)))
    own = spatial_field(module)
    return Effect(tuple(dataclasses.replace(gate, field=own) if gate.branch == "spatial" else gate for gate in gates))


def move_pixel(network: nn.Module, x: Tensor, layer: str, row: int, column: int, colour: Tensor) -> Effect[Spread]:
    """Give one pixel of the picture another colour, and run the whole network.

    Args:
        network: in eval mode; left as it is.
        x: (1, 3, H, W), normalised.
        layer: with gates.
        row, column: of the picture.
        colour: (3,), normalised as `x` is.

    Raises:
        ValueError: the layer has no gates.
        IndexError: the pixel lies outside the picture.
    """
    paths = paths_in(network, layer)
    _within(row, column, x)
    body, picture = exact_copy(network), x.detach().cpu().double()
    moved = picture.clone()
    moved[0, :, row, column] = colour.double()
    gates, before, after = _spread(body, picture, moved, row, column, paths)
    return Effect(gates, before.scores, after.scores)


def _spread(
    module: nn.Module, x: Tensor, moved: Tensor, row: int, column: int, paths: list[str]
) -> tuple[tuple[Spread, ...], ForwardPass, ForwardPass]:
    no_number = x.clone()
    no_number[0, :, row, column] = torch.nan
    before = run(module, x)
    held = before.constant()
    after, reached = run(module, moved), run(module, no_number)
    # Without such gates both passes are the same pass.
    after_held, reached_held = (
        (run(module, moved, held=held), run(module, no_number, held=held)) if held else (after, reached)
    )
    gates = [
        Spread(
            **described_as,
            change=_over_channels((after.gates[path] - before.gates[path]).abs(), before.shapes[path]),
            direct=_over_channels((after_held.gates[path] - before.gates[path]).abs(), before.shapes[path]),
            reach=_over_channels(reached.gates[path].isnan().double(), before.shapes[path]) > 0,
            direct_reach=_over_channels(reached_held.gates[path].isnan().double(), before.shapes[path]) > 0,
        )
        for path, described_as in described(module, before, paths)
    ]
    return tuple(gates), before, after


def _over_channels(gate: Tensor, shape: tuple[int, int, int]) -> DoubleArray:
    """(1, c, h, w) -> (H, W): the largest over channels."""
    _, height, width = shape
    largest: DoubleArray = gate[0].amax(dim=0).broadcast_to(height, width).numpy().copy()
    largest.flags.writeable = False
    return largest


def _within(row: int, column: int, x: Tensor) -> None:
    height, width = x.shape[-2:]
    if not (0 <= row < height and 0 <= column < width):
        raise IndexError(f"row {row}, column {column} lies outside a map of {height} rows and {width} columns")
