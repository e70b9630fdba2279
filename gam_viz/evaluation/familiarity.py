"""How familiar is this picture? How far it lies from what a network was trained on, as the network sees it.

A network answers every picture, an island seen from space too. What it had never seen lies, before the last layer, in
other directions than the pictures it was trained on: the distance of a picture is 1 minus the largest cosine between
its penultimate features and the mean direction of a class's training pictures. Among distances to class means (K. Lee
et al., NeurIPS 2018, with a covariance) and to neighbours (Y. Sun et al., ICML 2022) it is the one that needs least to
be stored. A distance means something only beside others: it is told as the share of validation pictures that lie
nearer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from gam_viz.datasets.arrays import LabelledImages
from gam_viz.evaluation.metrics import predict
from gam_viz.explain import Explanation
from gam_viz.explain.gates import FloatArray
from gam_viz.networks import ResidualNetwork
from gam_viz.networks.aside import put_aside, tensors_aside
from gam_viz.networks.card import Card, CheckpointError
from gam_viz.networks.checkpoints import Checkpoint
from gam_viz.networks.opened import OpenedNetwork

PER_CLASS = 100  # training pictures that a class's mean direction is of, at most


@dataclass(frozen=True, eq=False)
class Familiarity:
    """What a network was trained on, in as few numbers as tell it from other pictures.

    Attributes:
        directions: (classes, D) float32, the mean of each class's training features of length 1.
        distances: (V,) float32, of the validation pictures, the nearest first.
    """

    directions: FloatArray
    distances: FloatArray

    def distance(self, features: npt.NDArray[np.floating]) -> FloatArray:
        """(N, D) penultimate features -> (N,): 1 minus the cosine to the nearest class, 0..2."""
        cosines = _of_length_one(features) @ _of_length_one(self.directions).T
        return np.asarray(1 - cosines.max(axis=1), np.float32)

    def farther_than(self, distances: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        """(N,) -> (N,): the share of validation pictures that lie nearer, 0..1."""
        return np.searchsorted(self.distances, distances, side="left") / len(self.distances)


class Penultimate(nn.Module):
    """A network up to its last layer: (B, 3, H, W) -> (B, D)."""

    def __init__(self, network: ResidualNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        return self.network.penultimate(x)


def learn(
    network: ResidualNetwork, card: Card, train: LabelledImages, validation: LabelledImages, device: torch.device
) -> Familiarity:
    """From training pictures (the first hundred of each class) and all validation pictures.

    Raises:
        ValueError: a class has no training pictures, or there are no validation pictures.
    """
    of_class = [np.flatnonzero(train.labels == label)[:PER_CLASS] for label in range(len(card.classes))]
    if not all(map(len, of_class)) or not len(validation):
        raise ValueError("how familiar a picture is needs training pictures of every class, and validation pictures")
    body = Penultimate(network)

    def features(data: LabelledImages) -> npt.NDArray[np.float32]:
        return predict(body, data, card.mean, card.std, device, batch_size=50)

    directions = np.stack([_of_length_one(features(train.take(index))).mean(axis=0) for index in of_class])
    bare = Familiarity(directions, np.empty(0, np.float32))
    return Familiarity(directions, np.sort(bare.distance(features(validation))))


def farther_than(network: ResidualNetwork, familiarity: Familiarity, x: Tensor) -> float:
    """The share of validation pictures that lie nearer to the training pictures than this one, 0..1.

    Args:
        network: in eval mode.
        familiarity: its.
        x: (1, 3, H, W), normalised.
    """
    with torch.inference_mode():
        features = network.penultimate(x).float().cpu().numpy()
    return float(familiarity.farther_than(familiarity.distance(features))[0])


def with_familiarity(explanation: Explanation, opened: OpenedNetwork, network: nn.Module, x: Tensor) -> Explanation:
    """What a network made of a picture, and how familiar the picture is to it, where its file tells.

    Args:
        explanation: of the network and the picture.
        opened: where the network comes from.
        network: of it, in eval mode.
        x: (1, 3, H, W), normalised, on the network's device.

    Raises:
        CheckpointError: as for `stored`.
    """
    known = stored(opened) if isinstance(opened, Checkpoint) and isinstance(network, ResidualNetwork) else None
    if known is None or not explanation.answered:
        return explanation
    assert isinstance(network, ResidualNetwork)
    return replace(explanation, farther=farther_than(network, known, x))


def store(checkpoint: Checkpoint, familiarity: Familiarity) -> Checkpoint:
    """Write it into the checkpoint's file, in half precision, beside the weights; returns the result."""
    aside = {
        "directions": torch.from_numpy(familiarity.directions).half(),
        "distances": torch.from_numpy(familiarity.distances),
    }
    return put_aside(checkpoint, aside)


def stored(checkpoint: Checkpoint) -> Familiarity | None:
    """What `store` wrote; None where nothing was.

    Raises:
        CheckpointError: what is there does not fit the checkpoint's classes, or holds values that are not finite.
    """
    aside = {name: value.float().numpy() for name, value in tensors_aside(checkpoint).items()}
    if not aside:
        return None
    directions, distances = aside.get("directions", np.empty(0)), aside.get("distances", np.empty(0))
    shaped = directions.ndim == 2 and len(directions) == len(checkpoint.card.classes) and distances.ndim == 1
    if not shaped or not distances.size or not all(np.isfinite(each).all() for each in (directions, distances)):
        raise CheckpointError("checkpoints.other.familiarity", name=checkpoint.path.name)
    return Familiarity(directions, np.sort(distances))


def _of_length_one(features: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    length = np.linalg.norm(features, axis=-1, keepdims=True)
    return features / np.maximum(length, np.finfo(np.float32).tiny)
