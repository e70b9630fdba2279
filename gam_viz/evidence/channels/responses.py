"""For every channel of a gate: the pictures in which it is largest and smallest, where, and the channels most like it.

A gate with one number a channel, as SE's and CBAM's, ranks pictures by that weight. One that differs between positions
too, as GAM's, has no one weight a picture: pictures are ranked by the largest feature that it lets through, the feature
times the gate at the position where that is largest.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from gam_viz.attention import Gate, watch
from gam_viz.explain.gates import gates_of, layer_of, on_axes
from gam_viz.runtime.device_queue import give_way
from gam_viz.runtime.progress import Progress
from gam_viz.text.refusal import RefusalError

SHOWN = 9  # pictures at each end
NEAREST = 5  # channels
FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Ends:
    """Of every channel the n pictures at one end, the outermost first; (C, n) each.

    Attributes:
        pictures: their numbers, from 0.
        weights: the gate there: the picture's one weight, or that at the position.
        rows, columns: the position, in the features' map, at which the feature times the gate is largest.
    """

    pictures: IntArray
    weights: FloatArray
    rows: IntArray
    columns: IntArray


@dataclass(frozen=True, eq=False)
class ChannelResponses:
    """One gate with C channels, over N pictures.

    Attributes:
        path, layer, branch, name: of the gate; see `GateReading`.
        shape: (C, H, W) of the features it multiplies.
        pictures: N.
        by_weight: whether pictures are ranked by the weight, or by the largest feature that is let through.
        low, high, mean: (C,) of the channel's weight over pictures and positions.
        highest, lowest: the pictures at both ends.
        nearest: (C, m) the channels whose weights, each picture's mean over positions, go most with this one's; -1
            where there are none, as of a channel that is the same in all pictures.
        correlation: (C, m) with each of them, -1..1; NaN where there is none.
    """

    path: str
    layer: str
    branch: str
    name: str
    shape: tuple[int, int, int]
    pictures: int
    by_weight: bool
    low: FloatArray
    high: FloatArray
    mean: FloatArray
    highest: Ends
    lowest: Ends
    nearest: IntArray
    correlation: FloatArray


def channel_responses(
    network: nn.Module,
    batches: Iterable[Tensor],
    *,
    paths: Collection[str] | None = None,
    count: int = 0,
    progress: Progress | None = None,
) -> tuple[ChannelResponses, ...]:
    """Of every gate that has channels, in the order they are computed; no more than a batch is held.

    Args:
        network: in eval mode.
        batches: pictures (B, C, S, S), normalised, of any sizes whose maps are alike.
        paths: of the gates; None for all.
        count: N, as far as it is known; for the progress.
        progress: told the share that is done; may raise to leave.

    Raises:
        ValueError: no pictures, a gate that is not finite or of several shapes, or a network in training mode.
    """
    if network.training:
        raise ValueError("gates are read in eval mode: in training mode they depend on the other pictures")
    owners = gates_of(network)
    of_owner: dict[nn.Module, str] = {gate: path for path, gate in owners.items() if paths is None or path in paths}
    running: dict[str, _Running] = {}
    first = 0
    for x in batches:
        give_way()
        seen: dict[str, tuple[Tensor, Tensor]] = {}

        def look(
            owner: nn.Module, features: Tensor, gate: Tensor, seen: dict[str, tuple[Tensor, Tensor]] = seen
        ) -> None:
            if owner in of_owner:  # of one that runs twice its last run
                seen[of_owner[owner]] = features, gate

        with torch.inference_mode(), watch(look):
            network(x)
            for path, (features, gate) in seen.items():
                shape = (features.shape[1], features.shape[2], features.shape[3])
                gate = on_axes(owners[path], gate, shape).float()
                if gate.shape[1] == 1 and shape[0] > 1:
                    continue  # one mask for all channels
                if path not in running:
                    running[path] = _Running(path, shape, gate)
                running[path].add(features.float(), gate.expand(len(x), *gate.shape[1:]), first)
        first += len(x)
        if progress is not None:
            progress(min(first / max(count, first), 1.0), "")
    if not first:
        raise ValueError("responses of channels need at least one picture")
    return tuple(of.found(owners[path], first) for path, of in running.items())


class _Running:
    """What is kept of one gate while pictures come."""

    def __init__(self, path: str, shape: tuple[int, int, int], gate: Tensor) -> None:
        self.path, self.shape, self.axes = path, shape, tuple(gate.shape[1:])
        self.by_weight = self.axes[1:] == (1, 1)
        channels, device = shape[0], gate.device
        empty: dict[str, Tensor] = {
            "score": torch.empty(0, channels, device=device),
            "weight": torch.empty(0, channels, device=device),
            **{of: torch.empty(0, channels, dtype=torch.int64, device=device) for of in ("place", "picture")},
        }
        self.ends = {True: dict(empty), False: dict(empty)}
        self.low = torch.full((channels,), torch.inf, device=device)
        self.high = -self.low
        # Sums of weights less those of the first picture: of gates that hardly vary, too, the digits that vary stay.
        self.origin = gate[0].double().mean((1, 2))
        self.sum = torch.zeros_like(self.origin)
        self.products = torch.zeros(channels, channels, dtype=torch.float64, device=device)

    def add(self, features: Tensor, gate: Tensor, first: int) -> None:  # (B, C, H, W), (B, C, h, w)
        if (tuple(features.shape[1:]), tuple(gate.shape[1:])) != (self.shape, self.axes):
            raise RefusalError("errors.reason.gate_sizes", gate=self.path)
        flat = gate.flatten(2)  # (B, C, positions)
        self.low = torch.minimum(self.low, flat.amin((0, 2)))
        self.high = torch.maximum(self.high, flat.amax((0, 2)))
        moved = gate.double().mean((2, 3)) - self.origin
        self.sum += moved.sum(0)
        self.products += moved.T @ moved
        passed, place = (features * gate).flatten(2).max(2)  # (B, C)
        weight = gate.expand(features.shape).flatten(2).gather(2, place[..., None])[..., 0]
        number = torch.arange(first, first + len(gate), device=gate.device)
        new = {
            "score": weight if self.by_weight else passed,
            "weight": weight,
            "place": place,
            "picture": number[:, None].expand_as(place),
        }
        for largest, kept in self.ends.items():
            both = {of: torch.cat([kept[of], new[of]]) for of in kept}
            # Sorted and stable: among equals the picture that came first, whatever the batches are.
            order = both["score"].argsort(dim=0, descending=largest, stable=True)[:SHOWN]
            self.ends[largest] = {of: values.gather(0, order) for of, values in both.items()}

    def found(self, owner: Gate, count: int) -> ChannelResponses:
        if not bool(torch.isfinite(self.products).all()):
            raise RefusalError("errors.reason.gate_not_finite", gate=self.path)
        nearest, correlation = self._likes(count)
        return ChannelResponses(
            path=self.path,
            layer=owner.layer or layer_of(self.path),
            branch=str(owner.branch),
            name=owner.name or self.path.rpartition(".")[2],
            shape=self.shape,
            pictures=count,
            by_weight=self.by_weight,
            low=self.low.cpu().numpy(),
            high=self.high.cpu().numpy(),
            mean=(self.origin + self.sum / count).float().cpu().numpy(),
            highest=self._ends(True),
            lowest=self._ends(False),
            nearest=nearest,
            correlation=correlation,
        )

    def _ends(self, largest: bool) -> Ends:
        of = {name: values.T.cpu().numpy() for name, values in self.ends[largest].items()}
        wide = self.shape[2]
        return Ends(of["picture"], of["weight"].astype(np.float32), of["place"] // wide, of["place"] % wide)

    def _likes(self, count: int) -> tuple[IntArray, FloatArray]:
        total, products = self.sum.cpu().numpy(), self.products.cpu().numpy()
        covariance = products - np.outer(total, total) / count
        spread = np.sqrt(np.maximum(np.diagonal(covariance), 0.0))
        # What rounding of float32 makes of a constant is no spread.
        spread[spread <= 1e-6 * np.sqrt(count) * np.abs(self.origin.cpu().numpy() + total / count)] = 0.0
        with np.errstate(invalid="ignore", divide="ignore"):
            like = covariance / np.outer(spread, spread)
        np.fill_diagonal(like, np.nan)
        like[~np.isfinite(like)] = np.nan
        order = np.argsort(np.where(np.isnan(like), np.inf, -like), axis=1, kind="stable")[:, :NEAREST]
        values = np.clip(np.take_along_axis(like, order, 1), -1.0, 1.0)
        return np.where(np.isnan(values), -1, order), values.astype(np.float32)
