"""What can stand in a gate's place, and running one picture with many such replacements as one batch.

Always in the gate's own shape:

    identity        1: the features pass unchanged
    position_mean   each channel's mean over positions: what, but not where
    channel_mean    each position's mean over channels: where, but not what
    data_mean       the gate's mean over pictures, place by place: the gate as a constant, see `mean_gates`
    shuffled        its own values elsewhere. A gate that differs between positions has its positions shuffled, the
                    same way in all channels; one with a single value a channel has its channels shuffled
    other_picture   the gate that the network computes on another picture

Means and shuffles are of the gate computed in that very pass: where several gates are replaced at once, a later one is
computed from features that an earlier one has already changed.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

import torch
from torch import Tensor, nn

from gam_viz.explain.checks import check_picture, check_scores
from gam_viz.explain.effort import CountedMacs
from gam_viz.explain.gates import GateReading, last_gates, read_gates, record_gates, replace_gates
from gam_viz.runtime.device import at_once, carried
from gam_viz.runtime.device_queue import give_way
from gam_viz.runtime.memory import Halving
from gam_viz.text.refusal import RefusalError

MODES = ("identity", "position_mean", "channel_mean", "data_mean", "shuffled", "other_picture")

#: From the gate computed for one picture, (C, H, W) or with ones, to what takes its place; the same shape.
Swap = Callable[[Tensor], Tensor]


def modes_of(reading: GateReading) -> tuple[str, ...]:
    """The modes that mean something for a gate: a mean over positions is not offered where it has none, and so on."""
    # A gate of one channel or of one position has been its own mean all along.
    meaningless = {
        "position_mean": not reading.per_position,
        "channel_mean": not reading.per_channel,
        "shuffled": reading.values.size == 1,
    }
    return tuple(mode for mode in MODES if not meaningless.get(mode, False))


def mean_gates(network: nn.Module, batches: Iterable[Tensor]) -> dict[str, Tensor]:
    """Each gate's mean over a data set, place by place: (C, 1, 1), (1, H, W) or (C, H, W) float32 by path, on the CPU.

    Args:
        network: in eval mode.
        batches: (B, 3, S, S), normalised, all of one S; B may differ. Whatever the iterator raises comes out of here.

    Raises:
        ValueError: no pictures, pictures of several sizes, or the network is in training mode.
    """
    if network.training:
        raise ValueError("gates are read in eval mode: in training mode they depend on the other pictures")
    sums: dict[str, Tensor] = {}
    count = 0
    for batch in batches:
        give_way()
        # A gate that runs twice in a pass counts its last run; `Replacements` refuses such gates anyway.
        for path, gate in last_gates(network, batch).items():
            total = gate.double().sum(0)
            if path in sums and sums[path].shape != total.shape:
                raise ValueError(
                    f"a mean needs pictures of one size: {path} is {tuple(sums[path].shape)} and {tuple(total.shape)}"
                )
            sums[path] = sums[path] + total if path in sums else total
        count += len(batch)
    if count == 0:
        raise ValueError("a mean over a data set needs at least one picture")
    with torch.inference_mode(False):  # ordinary tensors, whatever mode the passes ran in
        here = carried(list(sums.values()), "cpu")
        return {path: (total / count).float().clone() for path, total in zip(sums, here, strict=True)}


class Replacements:
    """One network on one picture, with other gates in the place of its own.

    Args:
        network: in eval mode; only read, and other threads that use it see nothing.
        x: (1, 3, H, W), normalised, on the network's device.
        means: by path, as from `mean_gates`; for "data_mean".
        other: another picture, of x's shape; for "other_picture".
        seed: of the shuffles.

    Attributes:
        logits: scores (1, K), with all gates as computed.
        readings: its gates, in the order of computation.

    Raises:
        ValueError: a picture does not fit, the network is in training mode or gives no scores, or its answer is not
            finite even with all its gates in place.
    """

    def __init__(
        self,
        network: nn.Module,
        x: Tensor,
        *,
        means: Mapping[str, Tensor] | None = None,
        other: Tensor | None = None,
        seed: int = 0,
    ) -> None:
        check_picture(x)
        with CountedMacs() as counted:
            given, self.readings = read_gates(network, x)
        self._macs = counted.macs
        self.logits = check_scores(network, given)
        if not bool(torch.isfinite(self.logits).all()):
            raise RefusalError("errors.reason.answer_not_finite")
        self._network, self._x, self._seed = network, x, seed
        self._shapes = {reading.module: reading.values.shape for reading in self.readings}
        self._fixed: dict[str, Mapping[str, Tensor]] = {} if means is None else {"data_mean": means}
        if other is not None:
            self._fixed["other_picture"] = self._gates_of(other)

    def has(self, mode: str) -> bool:
        """Whether what the mode needs was given."""
        return mode in self._fixed or mode not in ("data_mean", "other_picture")

    def why_not(self, path: str) -> RefusalError | None:
        """Why this gate cannot be replaced; None where it can."""
        runs = sum(reading.module == path for reading in self.readings)
        if runs == 0:
            return RefusalError("errors.reason.gate_unknown", gate=path, gates=", ".join(self._shapes) or "–")
        return RefusalError("errors.reason.gate_runs", gate=path, runs=runs) if runs > 1 else None

    def swap(self, path: str, mode: str, draw: int = 0) -> Swap:
        """What to make of the gate of that path; of shuffles, the one of that number.

        Raises:
            ValueError: the gate cannot be replaced, the mode is unknown or means nothing for it, or what it needs was
                not given or does not fit the gate.
        """
        if why := self.why_not(path):
            raise why
        reading = next(reading for reading in self.readings if reading.module == path)
        if mode not in modes_of(reading):
            raise ValueError(f"{path} can be replaced by {', '.join(modes_of(reading))}; got {mode!r}")
        if mode == "identity":
            return torch.ones_like
        if mode == "position_mean":
            return lambda gate: gate.mean((1, 2), keepdim=True).expand_as(gate)
        if mode == "channel_mean":
            return lambda gate: gate.mean(0, keepdim=True).expand_as(gate)
        if mode == "shuffled":
            # A generator for each draw of each gate, on the CPU: no draw depends on the device or on what else is
            # asked for.
            generator = torch.Generator().manual_seed(zlib.crc32(f"{self._seed}|{path}|{draw}".encode()))
            channels, height, width = self._shapes[path]
            count = height * width if reading.per_position else channels
            order = torch.randperm(count, generator=generator).to(self._x.device, non_blocking=True)
            return partial(_shuffled, order, reading.per_position)
        return self._constant(path, mode)

    def run(
        self, variants: Sequence[Mapping[str, Swap]], tick: Callable[[int], None] = lambda done: None
    ) -> Tensor:  # (variants, classes)
        """Logits of the picture, once for every set of swaps by path.

        Variant b is row b of a batch, and its gates are replaced in that row alone: what comes out is what single
        passes give, to rounding.

        Args:
            variants: at least one.
            tick: told how many are done, before each chunk; may raise to leave.
        """
        chunk = at_once(self._x.device, self._x.shape[-2:], self._macs)
        found, halving = [], Halving()
        for start in range(0, len(variants), chunk):
            give_way()
            tick(start)
            found.append(halving(variants[start : start + chunk], self._with))
        return torch.cat(found)

    def _with(self, part: Sequence[Mapping[str, Swap]]) -> Tensor:  # (part, classes)
        rows: dict[str, list[tuple[int, Swap]]] = {}
        for row, variant in enumerate(part):
            for path, swap in variant.items():
                rows.setdefault(path, []).append((row, swap))
        by = {
            path: partial(_swap_rows, swaps, torch.Size((len(part), *self._shapes[path])))
            for path, swaps in rows.items()
        }
        with torch.inference_mode(), replace_gates(self._network, by):
            found: Tensor = self._network(self._x.repeat(len(part), 1, 1, 1))
        return found

    def _gates_of(self, other: Tensor) -> dict[str, Tensor]:
        check_picture(other)
        if other.shape != self._x.shape:
            raise ValueError(f"the other picture must be {tuple(self._x.shape)} as the first, got {tuple(other.shape)}")
        with torch.inference_mode(), record_gates(self._network) as seen:
            self._network(other)
        return {path: gate[0] for path, _, gate in seen}

    def _constant(self, path: str, mode: str) -> Swap:
        fixed = self._fixed.get(mode, {})
        if path not in fixed:
            missing = f"the mean of {path} over a data set" if mode == "data_mean" else "another picture"
            raise ValueError(f"{mode!r} needs {missing}, which was not given")
        instead, shape = fixed[path], self._shapes[path]
        if len(instead.shape) != 3 or any(a not in (1, b) for a, b in zip(instead.shape, shape, strict=True)):
            raise ValueError(f"the {mode} of {path} is {tuple(instead.shape)}, but the gate here is {shape}")
        return lambda gate: instead.to(gate).expand_as(gate)


def _shuffled(order: Tensor, over_positions: bool, gate: Tensor) -> Tensor:  # (n,), …, (C, H, W) -> (C, H, W)
    return gate.flatten(1)[:, order].reshape(gate.shape) if over_positions else gate[order]


def _swap_rows(swaps: Sequence[tuple[int, Swap]], shape: torch.Size, gate: Tensor) -> Tensor:
    """(B, C, H, W) -> the same, with some rows replaced, each in its own way."""
    gate = gate.broadcast_to(shape).clone()  # a gate that is the same for all pictures may come as one row
    for row, swap in swaps:
        gate[row] = swap(gate[row])
    return gate
