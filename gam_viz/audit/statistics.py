"""What is kept of the gates of many pictures: a few numbers each, computed for all pictures of a pass at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from gam_viz.audit.network import AuditedGate
from gam_viz.evidence.localisation import Box

SHARE = 0.05  # of a gate's range at each end: below is as good as closed, above as good as open
CENTRE = Box(0.25, 0.25, 0.75, 0.75)  # half of each side, a quarter of the picture
THUMBNAIL = 8  # rows and columns of a map as it is kept


class PassTruth:
    """Where the objects of a pass lie, at the resolution of each gate.

    Args:
        inside: (B, S, S) float32, 0 or 1: where the object lies; nothing where nobody knows.
        counted: (B, S, S) float32, 0 or 1: what counts at all.
    """

    def __init__(self, inside: Tensor, counted: Tensor) -> None:
        self._full = inside, counted
        self._at: dict[tuple[int, int], tuple[Tensor, Tensor]] = {}

    def at(self, height: int, width: int) -> tuple[Tensor, Tensor]:
        """Two (B, height, width): shares of the cells, 0..1."""
        size = height, width
        if size not in self._at:
            inside, counted = (_resampled(each, *size) for each in self._full)
            self._at[size] = inside, counted
        return self._at[size]


def statistics_of(place: AuditedGate, truth: bool) -> tuple[str, ...]:
    """What is known of a gate, in order.

    mean, spread: mean and standard deviation over all of its values, as of `GateReading.values`
    negative: share of values below 0, of a gate that may be negative
    closed, open: share of values within 5 % of the lower and the upper end of its range, of a gate that has one
    dead: how many channels it removes: no value of theirs is as large as 0.05
    centre, object: share of its map's mass in the middle quarter of the picture, and where the object is known to lie
    peak: the largest of the 8 x 8 means that are kept of its map
    """
    names = ["mean", "spread"]
    names += ["negative"] if place.bounds is None or place.bounds[0] < 0 else []
    names += ["closed", "open"] if place.bounds is not None else []
    names += ["dead"] if place.per_channel else []
    names += ["centre", *(["object"] if truth else []), "peak"] if place.over_picture else []
    return tuple(names)


@dataclass(frozen=True, eq=False)
class GateRead:
    """What is read of one gate and the pictures of a pass, once, where it is computed.

    Attributes:
        mean, spread: (B,).
        shares: of `negative`, `closed` and `open` those it has, (B,) each.
        lowest, highest, means: (B, C) of each channel over its positions; None of one mask for all channels.
        map_: (B, h, w), as `explain.maps.spatial_map` reduces a picture's by gain; None where it is no map.
        magnitude: (B, C, h, w), |gate|, for whoever has it as its companion.
    """

    mean: Tensor
    spread: Tensor
    shares: dict[str, Tensor]
    lowest: Tensor | None = None
    highest: Tensor | None = None
    means: Tensor | None = None
    map_: Tensor | None = None
    magnitude: Tensor | None = None


def read_gate(place: AuditedGate, gate: Tensor, companion: GateRead | None) -> GateRead:
    """Go over a gate's values, which are most of what an audit itself costs: as seldom as can be.

    Args:
        place: of the gate.
        gate: (B, …), on its axes.
        companion: of `place.companion`.
    """
    flat, bounds = _flat(gate), place.bounds
    sums = gate.sum((2, 3))  # (B, C)
    mean = sums.sum(1) / flat.shape[1]
    spread = torch.linalg.vector_norm(flat - mean[:, None], dim=1) / flat.shape[1] ** 0.5
    lowest, highest = (gate.amin((2, 3)), gate.amax((2, 3))) if place.per_channel else (flat.amin(1), flat.amax(1))
    shares = {}
    if bounds is None or bounds[0] < 0:
        shares["negative"] = _share(flat, 0.0, lowest)
    if bounds is not None:
        end = SHARE * (bounds[1] - bounds[0])
        shares["closed"] = _share(flat, bounds[0] + end, lowest)
        shares["open"] = _share(flat, bounds[1] - end, highest, above=True)
    if not place.per_channel:
        return GateRead(mean, spread, shares, map_=gate[:, 0] if place.over_picture else None)
    means = sums / gate[0, 0].numel()
    if not place.over_picture:
        return GateRead(mean, spread, shares, lowest, highest, means)
    magnitude = gate if bounds is not None and bounds[0] >= 0 else gate.abs()
    of = None if companion is None else companion.magnitude
    map_ = magnitude.mean(1) if of is None else _mean_of_product(magnitude, of)
    return GateRead(mean, spread, shares, lowest, highest, means, map_, magnitude)


def _flat(gate: Tensor) -> Tensor:
    """(B, C, H, W) -> (B, N): each picture's values, in the order in which they lie in memory."""
    return gate.flatten(1) if gate.is_contiguous() else gate.permute(0, 2, 3, 1).flatten(1)


def _mean_of_product(one: Tensor, other: Tensor) -> Tensor:
    """(B, C, H, W) each -> (B, H, W): over channels."""
    if one.device.type != "cpu":
        return (one * other).mean(1)
    # Torch would write the product down and read it again.
    both = (each.expand_as(one).permute(0, 2, 3, 1).numpy() for each in (one, other))
    return torch.from_numpy(np.einsum("bhwc,bhwc->bhw", *both)) / one.shape[1]


def _share(flat: Tensor, limit: float, ends: Tensor, above: bool = False) -> Tensor:
    """(B,): share of values below a limit, or above it.

    Args:
        flat: (B, N).
        limit: it.
        ends: (B, …), among them each picture's lowest value, or its highest.
        above: which.
    """
    if flat.device.type != "cpu":
        return (flat > limit if above else flat < limit).float().mean(1)
    within, beyond = (np.less_equal, np.greater) if above else (np.greater_equal, np.less)
    at = np.float32(limit)
    if within(ends.numpy(), at).all():
        return torch.zeros(len(flat))
    # Torch compares and counts on a processor in five times the time (0.7 against 0.1 ms for half a million values).
    found = beyond(flat.numpy(), at)
    # NumPy counts bytes of one row after the other fast, along an axis slowly; of small rows the calls cost more.
    counts = np.count_nonzero(found, axis=1) if found.shape[1] <= 4096 else [np.count_nonzero(row) for row in found]
    return torch.from_numpy(np.divide(counts, found.shape[1], dtype=np.float32))


@dataclass(frozen=True, eq=False)
class PassNumbers:
    """Of all gates of a network and the pictures of a pass.

    Attributes:
        numbers: (S, B) float32: of each gate its `statistics_of`, in order.
        thumbnails: (M, B, 64) uint8: of each gate that has a map its means over 8 x 8 cells, row by row, in 255ths of
            `peak`.
        channels: (3, B, C) float32: the lowest, highest and mean value over positions of each channel of all gates
            that differ between channels.
    """

    numbers: Tensor
    thumbnails: Tensor
    channels: Tensor


def numbers_of(reads: Sequence[GateRead], truth: PassTruth | None, count: int) -> PassNumbers:
    """From what was read of all gates, of `count` pictures; maps of one size are reduced together."""
    more: dict[int, dict[str, Tensor]] = {}
    thumbnails: dict[int, Tensor] = {}
    sizes: dict[tuple[int, ...], list[int]] = {}
    for n, each in enumerate(reads):
        if each.map_ is not None:
            sizes.setdefault(tuple(each.map_.shape[1:]), []).append(n)
    for (height, width), of in sizes.items():
        mass = torch.stack([reads[n].map_ for n in of]).clamp(min=0)  # type: ignore[misc]  # (G, B, h, w)
        found = {"centre": (mass * _centre(height, width, mass.device)).sum((2, 3)) / mass.sum((2, 3))}
        if truth is not None:
            within, counted = truth.at(height, width)
            found["object"] = (mass * within).sum((2, 3)) / (mass * counted).sum((2, 3))
        small = _resampled(mass, THUMBNAIL, THUMBNAIL).flatten(2)
        peak = found["peak"] = small.amax(2)
        bytes_ = (small / peak[..., None].clamp(min=1e-30) * 255).round().to(torch.uint8)
        for place, n in enumerate(of):
            more[n] = {name: values[place] for name, values in found.items()}
            thumbnails[n] = bytes_[place]
    rows = list[Tensor]()
    channels = list[Tensor]()
    for n, each in enumerate(reads):
        rows += [each.mean, each.spread, *each.shares.values()]
        if each.lowest is not None and each.highest is not None and each.means is not None:
            rows.append(((each.highest < SHARE) & (each.lowest > -SHARE)).sum(1).float())
            channels.append(torch.stack([each.lowest, each.highest, each.means]))
        rows += more.get(n, {}).values()
    return PassNumbers(
        torch.stack(rows) if rows else torch.zeros(0, count),
        torch.stack([thumbnails[n] for n in sorted(thumbnails)]) if thumbnails else torch.zeros(0, count, THUMBNAIL**2),
        torch.cat(channels, 2) if channels else torch.zeros(3, count, 0),
    )


def _resampled(maps: Tensor, height: int, width: int) -> Tensor:
    """(…, h, w) -> (…, height, width): exact means over the new cells, whatever the sizes."""
    rows, columns = _weights(height, maps.shape[-2], maps.device), _weights(width, maps.shape[-1], maps.device)
    return rows @ maps @ columns.T


@lru_cache(256)
def _centre(height: int, width: int, device: torch.device) -> Tensor:
    return torch.from_numpy(CENTRE.coverage(height, width)).to(device)


@lru_cache(256)
def _weights(into: int, of: int, device: torch.device) -> Tensor:
    """(into, of): how much of each new cell each old one fills; rows sum to 1."""
    new, old = np.arange(into + 1) / into, np.arange(of + 1) / of
    shared = np.minimum(new[1:, None], old[None, 1:]) - np.maximum(new[:-1, None], old[None, :-1])
    return torch.from_numpy((np.clip(shared, 0, None) * into).astype(np.float32)).to(device)
