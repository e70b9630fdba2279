"""Statistics of gates, and masks of a few fixed pictures, in anybody's training loop.

Nothing is hung into the network that trains. Every so many steps its weights are copied into a copy in eval mode, whose
gates are read on pictures of the last batches: so a compiled or distributed network is none of its business, nor are
autocast, accumulated gradients or an exception in the loop.
"""

from __future__ import annotations

import warnings
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, distributed, nn

from gam_viz.evidence.dependence.statistics import gate_statistics
from gam_viz.explain.gates import GateReading, gates_of, read_gates_of_each, record_gates
from gam_viz.explain.maps import spatial_map
from gam_viz.images.network_input import denormalise
from gam_viz.networks.adapters.adapt import unwrapped
from gam_viz.watching.copied import carry, shown_copy
from gam_viz.watching.folder import HEAD, QUANTITIES, Fixed, FloatArray, WatchedGate, WatchedRun
from gam_viz.watching.tensorboard import Writer, tell

BATCHES = 4  # the last ones, of each of which as many pictures are read that all are one batch
PICTURES = 4  # fixed ones, where nobody chose them


def watch(
    network: nn.Module,
    *,
    every: int = 100,
    to: str | Path,
    pictures: Tensor | None = None,
    mean: Sequence[float] | None = None,
    std: Sequence[float] | None = None,
    writer: Writer | None = None,
    name: str = "",
) -> Watch:
    """Watch the gates of a network that trains; call `step(x)` once a training step.

    Args:
        network: of any library, compiled or distributed or not; it is only read.
        every: steps between two readings.
        to: folder of the readings, which the app follows live. Called with it again, it goes on there.
        pictures: (n, C, H, W), normalised, whose masks are kept at every reading; the first of the first batch where
            None. A folder that has some keeps them.
        mean, std: of the normalisation, a value a channel, so that pictures are drawn as they were; without them each
            is drawn from its smallest to its largest value.
        writer: TensorBoard's `SummaryWriter`, which gets scalars and histograms as well.
        name: of the network; its class's where empty.

    Raises:
        ValueError: an argument does not fit. What goes wrong later is a warning: training goes on.
    """
    return Watch(network, every=every, to=to, pictures=pictures, mean=mean, std=std, writer=writer, name=name)


class Watch:
    """What `watch` hands back.

    Attributes:
        steps: made so far, those before a resumption included.
        run: what is on disk; None before the first step, in other processes than the first of a distributed training,
            and where the network cannot be watched.
    """

    def __init__(
        self,
        network: nn.Module,
        *,
        every: int,
        to: str | Path,
        pictures: Tensor | None,
        mean: Sequence[float] | None,
        std: Sequence[float] | None,
        writer: Writer | None,
        name: str,
    ) -> None:
        if not isinstance(network, nn.Module):
            raise ValueError(f"a torch.nn.Module is watched, got {type(network).__name__}")
        if every < 1:
            raise ValueError(f"gates are read every 1 or more steps, got every={every}")
        if pictures is not None and (pictures.ndim != 4 or not len(pictures)):
            raise ValueError(f"pictures are normalised, (n, C, H, W); got {tuple(pictures.shape)}")
        if (mean is None) != (std is None):
            raise ValueError("mean and std are given together")
        self._network, self._every, self._folder, self._writer = unwrapped(network), every, Path(to), writer
        self._given, self._colours = pictures, None if mean is None or std is None else (tuple(mean), tuple(std))
        self._name = name or type(self._network).__name__
        self._last: deque[Tensor] = deque(maxlen=BATCHES)
        self._copy: nn.Module | None = None
        self._fixed = torch.zeros(0)
        self._said: set[str] = set()
        self.run: WatchedRun | None = WatchedRun.open(to) if (self._folder / HEAD).exists() else None
        self.steps = self.run.steps[-1] if self.run is not None and self.run.steps else 0
        self._active = not (distributed.is_available() and distributed.is_initialized() and distributed.get_rank())

    def step(self, x: Tensor, at: int | None = None) -> None:
        """A training step was made.

        Args:
            x: (B, C, H, W), the batch it was made with.
            at: how many steps there were, where the loop counts them; after a resumption from an older state, readings
                of later steps are forgotten.
        """
        if not self._active:
            return
        if at is not None and at <= self.steps and self.run is not None:
            self.run.forget_after(at - 1)
        self.steps = self.steps + 1 if at is None else at
        left = -self.steps % self._every
        if left >= BATCHES and self._copy is not None:
            return
        with self._warned(), torch.no_grad():
            if self._copy is None:
                self._begin(x)
            each = max(1, min(8, len(x) // BATCHES))
            self._last.append(x[:each].detach().clone())
            if left == 0:
                self._read()

    def _begin(self, x: Tensor) -> None:
        """At the first step: the copy, its gates, the fixed pictures."""
        if not isinstance(x, Tensor) or x.ndim != 4:
            given = tuple(x.shape) if isinstance(x, Tensor) else type(x).__name__
            raise _CannotWatchError(f"a step is told with its batch, (B, C, H, W); got {given}")
        fixed = x[:PICTURES] if self._given is None else self._given.to(x.device)
        if self.run is not None:
            fixed = torch.from_numpy(self.run.fixed().x).to(x.device)
        self._fixed = fixed.detach().float().clone()
        try:
            self._copy = copied = shown_copy(self._network, self._fixed[:1])
        except ValueError as error:
            raise _CannotWatchError(f"{self._name} cannot be watched: {error}") from error
        if not gates_of(copied):
            raise _CannotWatchError(f"{self._name} has no gates to watch")
        gates = tuple(_described(reading) for reading in _gates(copied, self._fixed[:1])[0])
        if self.run is None:
            self.run = WatchedRun(self._folder, self._name, gates)
            self.run.begin(Fixed(self._fixed.cpu().numpy(), self._drawn()))
        elif [each.path for each in self.run.gates] != [each.path for each in gates]:
            raise _CannotWatchError(f"{self._folder} holds another network's training; choose another folder")

    def _read(self) -> None:
        """A reading: of the last batches, then of the fixed pictures."""
        assert self._copy is not None and self.run is not None  # noqa: PT018
        carry(self._network, self._copy)
        alike = [each for each in self._last if each.shape[1:] == self._last[-1].shape[1:]]
        batch = torch.cat(alike).float()
        with torch.autocast(batch.device.type, enabled=False), record_gates(self._copy) as seen:
            found = gate_statistics(self._copy, [batch], np.zeros(len(batch), np.int64), 1)
            values = {path: gate for path, _, gate in seen}
            readings = _gates(self._copy, self._fixed)
        numbers = {each.path: [float(getattr(each, quantity)) for quantity in QUANTITIES] for each in found}
        paths = [gate.path for gate in self.run.gates]
        shown = [_shown([of[place] for of in readings], readings) for place in range(len(paths))]
        self.run.write(self.steps, np.array([numbers[path] for path in paths]), shown)
        if self._writer is not None:
            tell(self._writer, found, values, self.steps)

    def _drawn(self) -> npt.NDArray[np.uint8]:
        """(n, H, W, 3): the fixed pictures as people see them; of more than three bands the first three."""
        bands = 3 if self._fixed.shape[1] >= 3 else 1
        drawn = []
        for picture in self._fixed.cpu()[:, :bands]:
            lowest, highest = float(picture.min()), float(picture.max())
            mean, std = self._colours or ((lowest,) * bands, (max(highest - lowest, 1e-12),) * bands)
            pixels = denormalise(picture[None], mean[:bands], std[:bands])
            drawn.append(np.repeat(pixels, 3, axis=2) if bands == 1 else pixels)
        return np.stack(drawn)

    @contextmanager
    def _warned(self) -> Iterator[None]:
        """Whatever goes wrong here is said, each thing once, and training goes on."""
        try:
            yield
        except _CannotWatchError as error:
            self._active = False
            warnings.warn(f"gates are not watched: {error}", stacklevel=4)
        except (OSError, ValueError, RuntimeError) as error:
            if str(error) not in self._said:
                self._said.add(str(error))
                warnings.warn(f"gates were not read after {self.steps} steps: {error}", stacklevel=4)


class _CannotWatchError(ValueError):
    """It will never do."""


def _gates(copied: nn.Module, x: Tensor) -> list[list[GateReading]]:
    """Of each picture; of a gate that runs twice its last run."""
    return [list({reading.module: reading for reading in of}.values()) for of in read_gates_of_each(copied, x)]


def _described(reading: GateReading) -> WatchedGate:
    return WatchedGate(
        reading.module, reading.layer, reading.branch, reading.shape, reading.bounds, reading.over_picture
    )


def _shown(of_gate: Sequence[GateReading], all_: Sequence[Sequence[GateReading]]) -> FloatArray:
    """What one gate did on each fixed picture: masks (n, h, w), reduced as everywhere, or channels' weights (n, C)."""
    if not of_gate[0].over_picture:
        return np.stack([reading.channel_means() for reading in of_gate])
    return np.stack([_mask(reading, others) for reading, others in zip(of_gate, all_, strict=True)])


def _mask(reading: GateReading, others: Sequence[GateReading]) -> FloatArray:
    mine = (reading.layer, "channel", reading.shape)
    channel = next((each for each in others if (each.layer, each.branch, each.shape) == mine), None)
    return spatial_map(reading, channel if reading.per_channel else None).values
