"""A network as an audit asks it: always so many pictures at once, its gates known beforehand.

A sum's last digits depend on how many pictures go through a network together, though not on which, nor on their order
(measured; `tests/audit/test_same_bits.py`). So every pass has the same number, filled up where pictures are missing:
then no row depends on the rows beside it, nor on who computed it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from gam_viz.attention import Bounds, Branch, Gate, watch
from gam_viz.audit.errors import AuditError
from gam_viz.evaluation.familiarity import Familiarity, stored
from gam_viz.explain.answers import AnswerKind, answers_of
from gam_viz.explain.checks import check_scores
from gam_viz.explain.gates import gates_of, layer_of, on_axes
from gam_viz.networks import ResidualNetwork
from gam_viz.networks.card import Card
from gam_viz.networks.checkpoints import Checkpoint
from gam_viz.networks.opened import OpenedNetwork
from gam_viz.runtime.device import autocast

Read = TypeVar("Read")
#: What is kept of a gate; given with that of its companion.
Reader = Callable[["AuditedGate", Tensor, Read | None], Read]
_Seen = list[tuple[str, torch.Size, Tensor]]  # path, features' shape, gate

#: Pictures of up to 128 x 128 that go through a network at once; fewer of larger ones, for memory.
PASS = {"cpu": 16, "cuda": 256}


@dataclass(frozen=True)
class AuditedGate:
    """One gate of a network.

    Attributes:
        key: tells it from the network's others: its layer and branch, and its name where these are not enough.
        path: of its module; see `GateReading`.
        layer, branch, bounds: as of `GateReading`.
        shape: (C, H, W) of the features it multiplies.
        size: of the gate itself, (C or 1, H or 1, W or 1).
        over_picture: whether it may be drawn over the picture.
        companion: place of the channel gate among the network's gates, together with which a gate of masks for every
            channel is one map; None where there is none, or it is not needed.
    """

    key: str
    path: str
    layer: str
    branch: Branch
    bounds: Bounds | None
    shape: tuple[int, int, int]
    size: tuple[int, int, int]
    over_picture: bool
    companion: int | None = None

    @property
    def per_channel(self) -> bool:
        """Whether it differs between channels."""
        return self.size[0] != 1


@dataclass(frozen=True, eq=False)
class AuditedNetwork:
    """A network that is audited.

    Attributes:
        name: by which its columns are called.
        sha256: of its checkpoint, or of what else tells it from others.
        card: of it.
        module: in eval mode.
        device: that it lies on.
        gates: in the order they are computed.
        at_once: how many pictures a pass has.
        familiarity: what it was trained on; None where its file does not tell.
        precision: of the passes.
    """

    name: str
    sha256: str
    card: Card
    module: nn.Module
    device: torch.device
    gates: tuple[AuditedGate, ...]
    at_once: int
    familiarity: Familiarity | None = None
    precision: torch.dtype = torch.float32

    @property
    def answers(self) -> AnswerKind:
        """How its scores are read."""
        return answers_of(self.card)

    def run(self, x: Tensor, read: Reader[Read]) -> tuple[Tensor, list[Read], Tensor | None]:
        """One pass. A gate is read where it is computed, while a processor's cache holds it; then it is gone.

        Args:
            x: (at_once, C, H, W), normalised, on its device.
            read: is given each gate, its first axis the pictures, and what was read of its companion.

        Returns:
            Scores (at_once, K) float32, what was read, and the features (at_once, D) that familiarity is told from.

        Raises:
            AuditError: its gates are others than before.
        """
        found: list[Read] = []

        def look(path: str, features: torch.Size, gate: Tensor) -> None:
            number = len(found)
            if number == len(self.gates) or (place := self.gates[number]).path != path:
                raise AuditError("audit.refused.other_gates", network=self.name)
            values = on_axes(self._owners[path], gate, _shape(features)).float()
            with torch.autocast(values.device.type, enabled=False):
                found.append(read(place, values, None if place.companion is None else found[place.companion]))

        told = self.familiarity is not None
        scores, features = _forward(self.module, self._paths, x, self.precision, told, look)
        if len(found) != len(self.gates):
            raise AuditError("audit.refused.other_gates", network=self.name)
        return scores, found, features

    @cached_property
    def _owners(self) -> dict[str, Gate]:
        return gates_of(self.module)

    @cached_property
    def _paths(self) -> dict[nn.Module, str]:
        return {gate: path for path, gate in self._owners.items()}


def _shape(features: torch.Size) -> tuple[int, int, int]:
    _, channels, height, width = features
    return channels, height, width


def _forward(
    module: nn.Module,
    paths: Mapping[nn.Module, str],
    x: Tensor,
    precision: torch.dtype,
    features: bool,
    look: Callable[[str, torch.Size, Tensor], None],
) -> tuple[Tensor, Tensor | None]:
    def watcher(owner: nn.Module, features: Tensor, gate: Tensor) -> None:
        if owner in paths:
            look(paths[owner], features.shape, gate)

    with torch.inference_mode(), watch(watcher), autocast(x.device, precision):
        if not features:
            return check_scores(module, module(x)).float(), None
        assert isinstance(module, ResidualNetwork)
        found = module.penultimate(x)
        return module.get_submodule(module.head[-1])(found).float(), found.float()


def audited(
    opened: OpenedNetwork, name: str, device: torch.device, precision: torch.dtype = torch.float32
) -> AuditedNetwork:
    """Load a network and find its gates.

    Raises:
        CheckpointError: its file cannot be read.
        RefusalError: its answers cannot be read.
    """
    module, card = opened.load(device), opened.card
    device = next((weights.device for weights in module.parameters()), device)
    told = isinstance(opened, Checkpoint) and isinstance(module, ResidualNetwork)
    familiarity = stored(opened) if told else None  # type: ignore[arg-type]
    at_once = max(1, min(1, 128**2 / (card.sides[0] * card.sides[1])) * PASS.get(device.type, PASS["cpu"]))
    at_once = 2 ** int(np.log2(at_once))
    x = torch.zeros(2, card.channels, *card.sides, device=device)
    owners = gates_of(module)
    paths: dict[nn.Module, str] = {gate: path for path, gate in owners.items()}
    seen: _Seen = []
    scores, _ = _forward(module, paths, x, precision, familiarity is not None, lambda *each: seen.append(each))
    if scores.shape[1] != len(card.classes):
        raise AuditError("errors.reason.scores_classes", given=scores.shape[1], wanted=len(card.classes))
    if any(gate.shape[0] != 2 for _, _, gate in seen):  # windows in the place of pictures: one picture at a time
        at_once = 1
    places = _places(owners, seen)
    return AuditedNetwork(name, opened.sha256, card, module, device, places, at_once, familiarity, precision)


def _places(owners: Mapping[str, Gate], seen: _Seen) -> tuple[AuditedGate, ...]:
    places = list[AuditedGate]()
    kinds = [(owners[path].layer or layer_of(path), owners[path].branch) for path, _, _ in seen]
    for (path, features, gate), (layer, branch) in zip(seen, kinds, strict=True):
        owner = owners[path]
        shape = _shape(features)
        size = tuple(int(side) for side in on_axes(owner, gate, shape).shape[1:])
        over = owner.grid and size[1:] == shape[1:]
        key = f"{layer}/{branch}"
        if kinds.count((layer, branch)) > 1:
            key += f"/{owner.name or path.rpartition('.')[2]}"
        known = [place.key for place in places]
        key += f"#{known.count(key) + 1}" if key in known else ""
        companion = None
        if over and branch == "spatial" and size[0] != 1:
            companion = next((n for n, kind in enumerate(kinds) if kind == (layer, "channel")), None)
        bounds = owner.bounds
        places.append(AuditedGate(key, path, layer, branch, bounds, shape, size, over, companion))  # type: ignore[arg-type]
    return tuple(places)
