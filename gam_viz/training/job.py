"""One network to train: what it is, how it is trained, and from which weights."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from torch import nn

from gam_viz.networks import NetworkConfig, ResidualNetwork
from gam_viz.networks.checkpoints import Checkpoint, load
from gam_viz.training.recipe import Recipe


class TrainingError(ValueError):
    """Training that cannot start or go on; the message says in a sentence why."""


@dataclass(frozen=True)
class Job:
    """One network to train.

    Attributes:
        name: of the checkpoint and of the run's folder.
        config: the network.
        recipe: how.
        seed: of initial weights, order and augmentation; the validation split does not depend on it.
        start: a checkpoint whose weights the network starts from, where names and shapes agree; the rest starts fresh.
        notes: for the card.
    """

    name: str
    config: NetworkConfig
    recipe: Recipe
    seed: int = 0
    start: Checkpoint | None = None
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain values, by which a resumed run recognises itself."""
        return {
            "config": self.config.to_dict(),
            "recipe": self.recipe.to_dict(),
            "seed": self.seed,
            "start": self.start_digest,
        }

    @cached_property
    def start_digest(self) -> str | None:
        """SHA-256 of the weights that the network starts from; their card may be rewritten, as by `evaluate`."""
        if self.start is None:
            return None
        with self.start.path.open("rb") as handle:
            header = int.from_bytes(handle.read(8), "little")  # its length; the weights follow it
            handle.seek(8 + header)
            return hashlib.file_digest(handle, "sha256").hexdigest()

    def made(self, values: dict[str, Any]) -> bool:
        """Whether `values`, which an earlier version of this class may have written, say the same job."""
        values = {"start": None, **values}
        if self.start is not None and values["start"] == self.start.sha256:
            values["start"] = self.start_digest  # an earlier version noted the digest of the whole file
        try:
            values["recipe"] = Recipe.from_dict(values["recipe"]).to_dict()
        except (LookupError, ValueError, TypeError):
            return False
        return bool(values == json.loads(json.dumps(self.to_dict())))


def let_gates_act(network: nn.Module) -> None:
    """Begin with gates that are maps, and open.

    CBAM's authors begin their mask at 0.5 everywhere (weight 0 in its batch norm). In the short tuning of a network
    that works without attention it stays there: after twelve epochs on UC Merced masks differed by 0.01 between
    positions. So batch norms that begin at weight 0 begin at PyTorch's own 1, as timm's CBAM does. And a gate near 0 or
    0.5 takes from the published weights what they were trained on; the last bias of each branch begins at 1, which is a
    gate of 0.73 after a sigmoid and of 1 without. Modules without such a bias (ECA) begin as they do.
    """
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d) and module.weight is not None and not module.weight.any():
            nn.init.ones_(module.weight)
        for layer in getattr(module, "last_layers", ()):
            nn.init.ones_(layer.bias)


def start_from(network: ResidualNetwork, checkpoint: Checkpoint) -> dict[str, Any]:
    """Take over the weights that fit; returns what the card says of it.

    Raises:
        TrainingError: none fits.
    """
    given, own = load(checkpoint).state_dict(), network.state_dict()
    fitting = {key: value for key, value in given.items() if key in own and value.shape == own[key].shape}
    fresh = sorted({key.rpartition(".")[0] for key in own if key not in fitting})
    if not any(value.ndim > 1 for value in fitting.values()):
        raise TrainingError(f"no weight of {checkpoint.path.name} fits this network")
    network.load_state_dict(fitting, strict=False)
    return {"name": checkpoint.card.name, "sha256": checkpoint.sha256, "fresh": fresh}
