"""Checkpoints: one `.safetensors` file per network, with its model card as JSON in the header.

A file is compared with the architecture its card describes before a single tensor is read: names and shapes must
agree exactly, or the file is refused with what differs.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from gam_viz.files import write_atomically
from gam_viz.networks import NetworkConfig, ResidualNetwork, build_network

MAX_BYTES = 1_000_000_000  # of a checkpoint file
SUFFIX = ".safetensors"


class CheckpointError(ValueError):
    """A checkpoint that cannot be used; the message says in a sentence what differs or is missing."""


@dataclass(frozen=True)
class Card:
    """What is known about a trained network.

    Attributes:
        name: the file's name without its suffix.
        dataset, dataset_title, source, licence: of the data it was trained on.
        classes: one name a logit.
        input_size: side of the square input, in pixels.
        mean, std: of the normalisation, per RGB channel, in 0..1.
        config: the network.
        recipe: how it was trained (`Recipe.to_dict()`).
        seed: of initial weights, order and augmentation.
        epochs: trained.
        validation: {"accuracy": 0..1, "count": pictures}.
        test: what `evaluate` found on the test split (see `gam_viz.training.evaluate`), or empty.
        versions: of the libraries it was trained with, and the device.
        notes: anything else worth knowing, in plain sentences.
    """

    name: str
    dataset: str
    dataset_title: str
    classes: tuple[str, ...]
    input_size: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    config: NetworkConfig
    source: str = ""
    licence: str = ""
    recipe: dict[str, Any] = field(default_factory=dict)
    seed: int = 0
    epochs: int = 0
    validation: dict[str, Any] = field(default_factory=dict)
    test: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def to_json(self) -> str:
        """The card as JSON."""
        return json.dumps(dataclasses.asdict(self), ensure_ascii=False, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Card:
        """The inverse of `to_json`.

        Raises:
            CheckpointError: not a card, or one of an unknown kind.
        """
        try:
            values = json.loads(text)
            values["config"] = NetworkConfig.from_dict(values["config"])
            for key in ("classes", "mean", "std", "notes"):
                values[key] = tuple(values[key])
            card = cls(**values)
        except (ValueError, TypeError, KeyError) as error:
            raise CheckpointError(f"the model card in the file's header cannot be read: {error}") from error
        if len(card.classes) != card.config.num_classes:
            raise CheckpointError(
                f"the model card names {len(card.classes)} classes for a network of {card.config.num_classes} logits"
            )
        return card


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint file whose card was read; its weights are not loaded yet.

    Attributes:
        path: the file.
        card: what is known about the network.
        sha256: of the file's bytes; the network's identity in cache keys and reports.
    """

    path: Path
    card: Card
    sha256: str


def save(network: ResidualNetwork, card: Card, path: Path) -> None:
    """Write weights and card to `path`, atomically.

    Raises:
        CheckpointError: the card describes another network than this one, or a weight is not finite.
    """
    if card.config != network.config:
        raise CheckpointError("the card's configuration is not the network's")
    weights = {key: value.detach().cpu().contiguous() for key, value in network.state_dict().items()}
    _require_finite(weights)
    write_atomically(path, lambda part: save_file(weights, part, metadata={"card": card.to_json()}))


def read(path: Path) -> Checkpoint:
    """Read a checkpoint's card and digest.

    Raises:
        CheckpointError: the file is missing, too large, not safetensors, or has no card.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise CheckpointError(f"{path.name} is larger than {MAX_BYTES // 10**6} MB, the most that is read")
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
    except OSError as error:
        raise CheckpointError(f"{path.name} cannot be opened: {error.strerror or error}") from error
    except SafetensorError as error:
        raise CheckpointError(f"{path.name} is not a safetensors file: {error}") from error
    if "card" not in metadata:
        raise CheckpointError(f"{path.name} has no model card in its header, so its network is not known")
    with path.open("rb") as handle:
        digest = hashlib.file_digest(handle, "sha256").hexdigest()
    return Checkpoint(path, Card.from_json(metadata["card"]), digest)


def load(checkpoint: Checkpoint, device: torch.device | str = "cpu") -> ResidualNetwork:
    """The trained network: in eval mode, in float32, its parameters without gradients.

    Raises:
        CheckpointError: names or shapes differ from the architecture, or a weight is not finite.
    """
    with torch.device("meta"):
        network = build_network(checkpoint.card.config)
    try:
        with safe_open(checkpoint.path, framework="pt") as file:
            shapes = {key: tuple(file.get_slice(key).get_shape()) for key in file.keys()}  # noqa: SIM118
            _require_same(shapes, {key: tuple(value.shape) for key, value in network.state_dict().items()}, checkpoint)
            weights = {key: file.get_tensor(key) for key in shapes}
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"{checkpoint.path.name} cannot be read: {error}") from error
    _require_finite(weights)
    weights = {key: value.float() if value.is_floating_point() else value for key, value in weights.items()}
    network.load_state_dict(weights, assign=True)
    return network.to(device).eval().requires_grad_(False)


def find(folder: Path) -> tuple[list[Checkpoint], list[CheckpointError]]:
    """All checkpoints of a folder in order of their names, and why the others were left out."""
    found, refused = [], []
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        try:
            found.append(read(path))
        except CheckpointError as error:
            refused.append(error)
    return found, refused


def rewrite_card(checkpoint: Checkpoint, **changes: Any) -> Checkpoint:
    """Replace values of a card, weights as they are; returns the checkpoint as it now is."""
    card = dataclasses.replace(checkpoint.card, **changes)
    with safe_open(checkpoint.path, framework="pt") as file:
        weights = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    write_atomically(checkpoint.path, lambda part: save_file(weights, part, metadata={"card": card.to_json()}))
    return read(checkpoint.path)


Shapes = Mapping[str, tuple[int, ...]]


def _require_same(given: Shapes, expected: Shapes, of: Checkpoint) -> None:
    missing = sorted(expected.keys() - given.keys())
    unexpected = sorted(given.keys() - expected.keys())
    reshaped = sorted(key for key in expected.keys() & given.keys() if expected[key] != given[key])
    parts = []
    if missing:
        parts.append(f"missing {_some(missing)}")
    if unexpected:
        parts.append(f"unexpected {_some(unexpected)}")
    if reshaped:
        parts.append("shape of " + _some([f"{k} is {given[k]}, expected {expected[k]}" for k in reshaped]))
    if parts:
        raise CheckpointError(f"{of.path.name} does not fit the network its card describes: {'; '.join(parts)}")


def _some(names: list[str], limit: int = 4) -> str:
    rest = len(names) - limit
    return ", ".join(names[:limit]) + (f" and {rest} more" if rest > 0 else "")


def _require_finite(weights: Mapping[str, torch.Tensor]) -> None:
    for key, value in weights.items():
        if value.is_floating_point() and not bool(torch.isfinite(value).all()):
            raise CheckpointError(f"weight {key} holds values that are not finite")
