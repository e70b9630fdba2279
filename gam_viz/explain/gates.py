"""Reading the gates of a network on a picture, and putting other gates in their place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from gam_viz.attention import Bounds, Branch, Gate, watch
from gam_viz.runtime.device import carried
from gam_viz.runtime.device_queue import give_way

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True)
class GateReading:
    """One gate of one network on one picture.

    Attributes:
        layer: the block the gate belongs to, e.g. "layer2.0".
        module: the gate's own path in the network, which `replace_gates` takes.
        branch: "channel" or "spatial".
        bounds: lowest and highest value that the gate can have, 0 and 1 out of a sigmoid; None where it is any signed
            number.
        values: (C, 1, 1), (1, H, W), (C, H, W), or one weight for every channel and row (C, H, 1) or channel and column
            (C, 1, W), float32, read-only; C, H, W are those of the features.
        shape: (C, H, W) of the features it multiplies.
        name: tells it from other gates of its layer and branch: the gate's own, else the end of its path.
        grid: whether rows and columns are the picture's; False of tokens that lie on no grid: shape is (C, 1, tokens).
    """

    layer: str
    module: str
    branch: Branch
    bounds: Bounds | None
    values: FloatArray
    shape: tuple[int, int, int]
    name: str = ""
    grid: bool = True

    @property
    def over_picture(self) -> bool:
        """Whether it has a value for every row and column, so that it may be drawn over the picture."""
        return self.grid and self.values.shape[1:] == self.shape[1:]

    @property
    def per_position(self) -> bool:
        """Whether the gate differs between positions: false for SE's and CBAM's channel weights."""
        return self.values.shape[1:] != (1, 1)

    @property
    def per_channel(self) -> bool:
        """Whether the gate differs between channels: false for CBAM's one mask."""
        return self.values.shape[0] != 1

    @property
    def negative_share(self) -> float:
        """Share of the gate's values below 0, which turn a feature's sign; 0..1."""
        return float((self.values < 0).mean())

    def channel_means(self) -> FloatArray:
        """(C,): each channel's weight, averaged over positions."""
        return self._over_channels(self.values.mean(axis=(1, 2), dtype=np.float64))

    def channel_spread(self) -> FloatArray:
        """(C,): each channel's standard deviation over positions; zeros where the gate has one value a channel."""
        return self._over_channels(self.values.std(axis=(1, 2), dtype=np.float64))

    def channel_quantiles(self, low: float = 0.1, high: float = 0.9) -> tuple[FloatArray, FloatArray]:
        """Two (C,) arrays: quantiles of each channel's weight over positions."""
        bounds = np.quantile(self.values, (low, high), axis=(1, 2))
        return self._over_channels(bounds[0]), self._over_channels(bounds[1])

    def at(self, row: int, column: int) -> FloatArray:
        """(C,): the weights at one position of the feature map.

        Raises:
            IndexError: the position lies outside the map.
        """
        _, height, width = self.shape
        if not (0 <= row < height and 0 <= column < width):
            raise IndexError(f"row {row}, column {column} lies outside a map of {height} rows and {width} columns")
        return np.broadcast_to(self.values, self.shape)[:, row, column].copy()

    def _over_channels(self, values: npt.NDArray[np.floating]) -> FloatArray:
        return np.broadcast_to(values, (self.shape[0],)).astype(np.float32)


def gates_of(network: nn.Module) -> dict[str, Gate]:
    """The network's gates by their paths, in the order they are registered."""
    return {name: module for name, module in network.named_modules() if isinstance(module, Gate)}


def layer_of(module: str) -> str:
    """The block a gate's path belongs to: "layer1.0.attention.channel_gate" -> "layer1.0".

    A chain's two modules are layers of their own, "layer1.0.first" and "layer1.0.second": each has a channel gate.
    Outside the networks of this project, where no part of the path is called so, the module that owns the gate.
    """
    owner = module.rpartition(".")[0]
    block, _, rest = owner.partition(".attention")
    return f"{block}{rest}" if rest in ("", ".first", ".second") else owner


def gates_in(network: nn.Module, layer: str) -> dict[str, Gate]:
    """The gates of one layer by their paths, in the order they are registered; empty where it has none."""
    return {path: gate for path, gate in gates_of(network).items() if (gate.layer or layer_of(path)) == layer}


@contextmanager
def record_gates(network: nn.Module) -> Iterator[list[tuple[str, torch.Size, Tensor]]]:
    """Collect (path, features' shape, gate) in the order the gates are computed; gates are detached, (B, ...).

    Other threads that use the same network at the same time are neither seen nor disturbed.
    """
    paths: dict[nn.Module, str] = {gate: path for path, gate in gates_of(network).items()}
    seen: list[tuple[str, torch.Size, Tensor]] = []

    def look(owner: nn.Module, features: Tensor, gate: Tensor) -> None:
        if owner in paths:  # another network may run in this context too
            seen.append((paths[owner], features.shape, gate.detach()))

    with watch(look):
        yield seen


def last_gates(network: nn.Module, x: Tensor) -> dict[str, Tensor]:
    """Every gate of one pass, (B, …) by path, in the order they are computed; of one that runs twice its last run.

    Args:
        network: in eval mode.
        x: (B, C, H, W), normalised, on the network's device.
    """
    with torch.inference_mode(), record_gates(network) as seen:
        network(x)
    return {path: gate.expand(shape[0], *gate.shape[1:]) for path, shape, gate in seen}


@contextmanager
def replace_gates(network: nn.Module, by: Mapping[str, Tensor | Callable[[Tensor], Tensor]]) -> Iterator[None]:
    """Put other gates in the place of those that the network computes.

    Args:
        network: any network with gates.
        by: for a gate's path, the gate to use, or a function from the computed gate to it.

    Raises:
        KeyError: the network has no gate of that path; the message lists those it has.
        ValueError: (in the forward pass) a gate does not broadcast to its features.
    """
    gates = gates_of(network)
    unknown = sorted(set(by) - set(gates))
    if unknown:
        raise KeyError(f"no gate named {', '.join(unknown)}; this network has {', '.join(gates) or 'none'}")
    chosen: dict[nn.Module, Tensor | Callable[[Tensor], Tensor]] = {gates[path]: new for path, new in by.items()}

    def swap(owner: nn.Module, features: Tensor, gate: Tensor) -> Tensor | None:
        replacement = chosen.get(owner)
        return replacement(gate) if callable(replacement) else replacement

    with watch(swap):
        yield


def read_gates(network: nn.Module, x: Tensor) -> tuple[Tensor, tuple[GateReading, ...]]:
    """Run one picture through the network and read its gates.

    Args:
        network: in eval mode.
        x: (1, C, H, W), normalised.

    Returns:
        What the network returned (scores (1, K) of an adapted one), and one reading per gate in the order of
        computation.

    Raises:
        ValueError: more than one picture was given, or the network is in training mode.
    """
    given, seen = gates_seen(network, x)
    arrived = carried([gate for _, gate in seen], "cpu")
    return given, tuple(named(gate.numpy()) for (named, _), gate in zip(seen, arrived, strict=True))


def gates_seen(
    network: nn.Module, x: Tensor
) -> tuple[Tensor, list[tuple[Callable[[FloatArray], GateReading], Tensor]]]:
    """`read_gates` whose values still lie on the network's device: each gate's, and what makes its reading of them."""
    if x.ndim != 4 or x.shape[0] != 1:
        raise ValueError(f"gates are read for one picture at a time, (1, C, H, W); got {tuple(x.shape)}")
    output, seen = _seen(network, x)
    return output, [(partial(_reading, *of), gate[0]) for of, gate in seen]


def read_gates_of_each(network: nn.Module, x: Tensor) -> list[tuple[GateReading, ...]]:
    """`read_gates` of several pictures (B, C, H, W), which pass through together: one tuple a picture, in order.

    Raises:
        ValueError: the network is in training mode.
    """
    _, seen = _seen(network, x)
    found: list[list[GateReading]] = [[] for _ in x]
    arrived = carried([gate for _, gate in seen], "cpu")
    for (of, _), values in zip(seen, arrived, strict=True):
        for readings, one in zip(found, values.expand(len(x), *values.shape[1:]).numpy(), strict=True):
            readings.append(_reading(*of, one.copy()))
    return [tuple(readings) for readings in found]


def _seen(network: nn.Module, x: Tensor) -> tuple[Tensor, list[tuple[tuple[Gate, str, tuple[int, int, int]], Tensor]]]:
    """What the network returned, and of each gate what its reading says of it and its values on the device, (B, …)."""
    if network.training:
        raise ValueError("gates are read in eval mode: in training mode they depend on the other pictures")
    gates = gates_of(network)
    give_way()
    with torch.inference_mode(), record_gates(network) as seen:
        output = network(x)
    found: list[tuple[tuple[Gate, str, tuple[int, int, int]], Tensor]] = []
    for path, (_, channels, height, width), gate in seen:
        size = channels, height, width
        found.append(((gates[path], path, size), on_axes(gates[path], gate, size).float()))
    return output, found


def on_axes(owner: Gate, gate: Tensor, shape: tuple[int, int, int]) -> Tensor:
    """A gate as it is read, (B, C, 1, 1), (B, 1, H, W), (B, C, H, W), (B, C, H, 1) or (B, C, 1, W), of features of
    shape (C, H, W): one that was put in place of the computed one may be smaller, down to a single number."""
    channels, height, width = shape
    gate = gate[(None,) * (4 - gate.ndim)]
    least = (1, channels, 1, 1) if owner.branch == "channel" else (1, 1, height, width)
    # A spatial gate may lie on axes of its own, (1, C, H, 1) or (1, C, 1, W), and is left as it is.
    if owner.branch == "channel" or tuple(gate.shape[-2:]) == (1, 1):
        gate = gate.broadcast_to(np.broadcast_shapes(gate.shape, least))  # torch's own imports for seconds
    return gate


def _reading(owner: Gate, path: str, shape: tuple[int, int, int], values: FloatArray) -> GateReading:
    values.flags.writeable = False
    layer, name = owner.layer or layer_of(path), owner.name or path.rpartition(".")[2]
    return GateReading(layer, path, owner.branch, owner.bounds, values, shape, name, owner.grid)
