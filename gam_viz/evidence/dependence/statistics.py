"""How a gate varies over many pictures: how much of it is the same in all, and by what the rest goes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from gam_viz.explain.gates import gates_of, last_gates, layer_of
from gam_viz.runtime.device_queue import give_way

CLOSED, OPEN = 0.05, 0.95  # a sigmoid gate below or above lets nearly nothing, or nearly all, through
FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class GateStatistics:
    """Of one gate over N pictures. A *cell* is one number of the gate: a channel, a position, or both.

    Shares are of the gate's whole variance, over pictures and cells, and add up to 1: what changes from picture to
    picture in a cell, and, of the cells' means, what changes between channels, between positions, and by both at once.

    Attributes:
        path, layer, branch: of the gate.
        shape: (C, H, W), with ones.
        pictures: N.
        bounds: what the gate can be; None where it has no bounds.
        mean, std, lowest, highest: over pictures and cells.
        between_pictures, between_channels, between_positions, rest: those shares; NaN where the gate is one constant.
        spread: standard deviation over pictures, root mean square over cells: "+- so much from picture to picture".
        by_class: share of the variance between pictures that the classes' means explain, 0..1, corrected for how many
            classes there are; of a gate that differs between positions and channels, of its mean over positions. NaN
            with one class, or where nothing varies.
        class_means: (K, C), or (K, H W) where the gate is one map; NaN in classes without pictures.
        below, above: share of its numbers below `CLOSED` and above `OPEN`; NaN where the gate is no sigmoid.
        closed, open: channels (positions, where it is one map) that are so in every picture, at every position.
        effective: effective number of channels, (sum m)^2 / sum m^2 of their mean absolute weights m; C where all weigh
            the same, 1 where one has all the weight.
    """

    path: str
    layer: str
    branch: str
    shape: tuple[int, int, int]
    pictures: int
    bounds: tuple[float, float] | None
    mean: float
    std: float
    lowest: float
    highest: float
    between_pictures: float
    between_channels: float
    between_positions: float
    rest: float
    spread: float
    by_class: float
    class_means: FloatArray
    below: float
    above: float
    closed: int
    open: int
    effective: float


def gate_statistics(
    network: nn.Module, batches: Iterable[Tensor], labels: npt.NDArray[np.int64], classes: int
) -> tuple[GateStatistics, ...]:
    """The statistics of every gate, in the order they are computed; no more than a batch's gates are held.

    Args:
        network: in eval mode.
        batches: pictures (B, 3, S, S), normalised, all of one S.
        labels: (N,) of all of them, in that order.
        classes: K, how many labels there can be.

    Raises:
        ValueError: no pictures, pictures of several sizes, a gate that is not finite, or a network in training mode.
    """
    if network.training:
        raise ValueError("gates are read in eval mode: in training mode they depend on the other pictures")
    owners = gates_of(network)
    sums: dict[str, _Sums] = {}
    count = 0
    for x in batches:
        give_way()
        for path, gate in last_gates(network, x).items():
            full = gate.float()  # (B, C, H, W)
            if path not in sums:
                sums[path] = _Sums(tuple(full.shape[1:]), classes, full.device)
            sums[path].add(full, labels[count : count + len(x)], path)
        count += len(x)
    if not count:
        raise ValueError("statistics of gates need at least one picture")
    return tuple(of.statistics(path, owners[path], count) for path, of in sums.items())


class _Sums:
    """What is added up of one gate; in double precision, on its device."""

    def __init__(self, shape: tuple[int, ...], classes: int, device: torch.device) -> None:
        self.shape = shape
        self.is_map = shape[0] == 1
        cells = shape[1] * shape[2] if self.is_map else shape[0]
        wide = {"dtype": torch.float64, "device": device}
        self.first = torch.zeros(shape, **wide)  # type: ignore[call-overload]
        self.second = torch.zeros(shape, **wide)  # type: ignore[call-overload]
        self.absolute = torch.zeros(shape[0], **wide)  # type: ignore[call-overload]
        self.by_class = torch.zeros(classes, cells, **wide)  # type: ignore[call-overload]
        self.of_cell = torch.zeros(cells, **wide)  # type: ignore[call-overload]  # sum of squares of `reduced`
        self.count_of = torch.zeros(classes, **wide)  # type: ignore[call-overload]
        self.low = torch.full((cells,), torch.inf, device=device)
        self.high = torch.full((cells,), -torch.inf, device=device)
        self.below = torch.zeros((), **wide)  # type: ignore[call-overload]
        self.above = torch.zeros((), **wide)  # type: ignore[call-overload]

    def add(self, gate: Tensor, labels: npt.NDArray[np.int64], path: str) -> None:
        if tuple(gate.shape[1:]) != self.shape:
            raise ValueError(
                f"statistics need pictures of one size: {path} is {self.shape} and {tuple(gate.shape[1:])}"
            )
        wide = gate.double()
        self.first += wide.sum(0)
        self.second += wide.square().sum(0)
        self.absolute += wide.abs().sum(0).mean((1, 2))
        # What a class is asked about: a map's positions, or channels by their mean over positions.
        reduced = wide.flatten(1) if self.is_map else wide.mean((2, 3))
        which = torch.from_numpy(labels).to(gate.device)
        self.by_class.index_add_(0, which, reduced)
        self.count_of.index_add_(0, which, torch.ones_like(which, dtype=torch.float64))
        self.of_cell += reduced.square().sum(0)
        flat = gate.flatten(1)[:, :, None] if self.is_map else gate.flatten(2)  # (B, cells, positions)
        self.low = torch.minimum(self.low, flat.amin((0, 2)))
        self.high = torch.maximum(self.high, flat.amax((0, 2)))
        self.below += (gate < CLOSED).sum()
        self.above += (gate > OPEN).sum()

    def statistics(self, path: str, owner: nn.Module, count: int) -> GateStatistics:
        mean, second = (each.cpu().numpy() / count for each in (self.first, self.second))
        if not np.isfinite(second).all():
            raise ValueError(f"the gate {path} is not finite on some of these pictures")
        within = np.maximum(second - mean**2, 0.0).mean()  # between pictures, mean over cells
        centre = mean.mean()
        channels, positions = mean.mean((1, 2)).var(), mean.mean(0).var()
        whole = within + mean.var()
        share = (lambda part: float(part / whole)) if whole > 0 else (lambda part: float("nan"))
        bounds = getattr(owner, "bounds", None)
        sigmoid = bounds == (0.0, 1.0)
        numbers = count * mean.size
        absolute = self.absolute.cpu().numpy()
        low, high = self.low.cpu().numpy(), self.high.cpu().numpy()
        return GateStatistics(
            path=path,
            layer=getattr(owner, "layer", "") or layer_of(path),
            branch=str(owner.branch),
            shape=(self.shape[0], self.shape[1], self.shape[2]),
            pictures=count,
            bounds=bounds,
            mean=float(centre),
            std=float(np.sqrt(whole)),
            lowest=float(low.min()),
            highest=float(high.max()),
            between_pictures=share(within),
            between_channels=share(channels),
            between_positions=share(positions),
            rest=share(max(mean.var() - channels - positions, 0.0)),
            spread=float(np.sqrt(within)),
            by_class=self._by_class(count),
            class_means=self._class_means(),
            below=float(self.below) / numbers if sigmoid else float("nan"),
            above=float(self.above) / numbers if sigmoid else float("nan"),
            closed=int((high < CLOSED).sum()) if sigmoid else 0,
            open=int((low > OPEN).sum()) if sigmoid else 0,
            effective=float(absolute.sum() ** 2 / (absolute**2).sum()) if absolute.any() else float("nan"),
        )

    def _class_means(self) -> FloatArray:
        counts = self.count_of.cpu().numpy()[:, None]
        with np.errstate(invalid="ignore"):
            means: FloatArray = np.where(counts > 0, self.by_class.cpu().numpy() / np.maximum(counts, 1), np.nan)
        return means

    def _by_class(self, count: int) -> float:
        """Adjusted R^2 of the classes' means: 1 - (SS within / (N - K)) / (SS total / (N - 1))."""
        counts = self.count_of.cpu().numpy()
        seen = int((counts > 0).sum())
        sums = self.by_class.cpu().numpy()
        total = float(self.of_cell.sum()) - float((sums.sum(0) ** 2).sum()) / count
        if seen < 2 or count <= seen or total <= 1e-12 * max(float(self.of_cell.sum()), 1e-300):
            return float("nan")
        explained = (
            float((sums[counts > 0] ** 2 / counts[counts > 0, None]).sum()) - float((sums.sum(0) ** 2).sum()) / count
        )
        within = max(total - explained, 0.0)
        return max(0.0, 1 - (within / (count - seen)) / (total / (count - 1)))
