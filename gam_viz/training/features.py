"""Training the tail of a network whose first blocks are frozen: what comes out of those is computed once and kept.

The features of every picture, mirrored and turned in all ways that leave its class as it is, lie in a file beside the
runs, a byte a number; every network and seed that is trained on the same frozen blocks reads them there. Writing it
goes on where it was stopped.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from tqdm import tqdm

from gam_viz.datasets.arrays import DatasetInfo, LabelledImages
from gam_viz.images import normalise_batch
from gam_viz.networks import ResidualNetwork
from gam_viz.runtime.files import write_atomically
from gam_viz.training import augment
from gam_viz.training.recipe import Recipe

CHUNK = 64  # pictures computed at once
SAMPLE = 256  # pictures that tell the range of each channel
LEVELS = 255


@dataclass(frozen=True)
class Features:
    """What comes out of a network's first blocks, for every picture in every view.

    Attributes:
        levels: (N, views, C, h, w) uint8, in a file.
        low, step: (C, 1, 1) float32: a number is low + step * level.
    """

    levels: npt.NDArray[np.uint8]
    low: Tensor
    step: Tensor

    def __len__(self) -> int:
        return len(self.levels)

    def take(self, pictures: Tensor, views: Tensor) -> Tensor:
        """(B,), (B,) -> (B, C, h, w) float32."""
        order = np.argsort(pictures.numpy())  # a file is read in its own order
        levels = np.empty((len(order), *self.levels.shape[2:]), np.uint8)
        levels[order] = self.levels[pictures.numpy()[order], views.numpy()[order]]
        return torch.from_numpy(levels).float() * self.step + self.low


def views_of(info: DatasetInfo) -> int:
    """In how many ways a picture can be turned and mirrored and still be one of its class: 1, 2 or 8."""
    return 8 if info.any_way_up and info.mirrored else 2 if info.mirrored else 1


def view(images: Tensor, number: int) -> Tensor:
    """(B, 3, S, S), turned by number // 2 quarters and, where it is odd, mirrored."""
    turned = torch.rot90(images, number // 2, (2, 3))
    return turned.flip(-1) if number % 2 else turned


def cached_features(
    network: ResidualNetwork,
    blocks: int,
    data: LabelledImages,
    mean: tuple[float, ...],
    std: tuple[float, ...],
    folder: Path,
    *,
    progress: bool = False,
) -> Features:
    """Features after the network's first `blocks` blocks, from a file in `folder` that is made, or finished, as needed.

    The file's name says which pictures and which weights it is of, so that no other is read.
    """
    was_training = network.training
    network.eval()
    digest = hashlib.sha256(repr((blocks, mean, std, data.info.name, data.images.shape, views_of(data.info))).encode())
    for name in (*network.stem, *network.blocks[:blocks]):
        for key, value in network.get_submodule(name).state_dict().items():
            digest.update(key.encode() + np.ascontiguousarray(value.cpu().numpy()).tobytes())
    for index in np.linspace(0, len(data) - 1, 16).astype(int):
        digest.update(data.images[int(index)].tobytes())

    @torch.inference_mode()
    def compute(start: int, stop: int, number: int) -> Tensor:
        batch = torch.from_numpy(data.images[start:stop]).permute(0, 3, 1, 2)
        x = view(normalise_batch(batch, mean, std), number).contiguous(memory_format=torch.channels_last)
        return network.features(x, blocks)

    views = views_of(data.info)
    stem = folder / f"{data.info.name}-{digest.hexdigest()[:16]}"
    path, facts_path = stem.with_suffix(".u8"), stem.with_suffix(".json")
    facts = json.loads(facts_path.read_text()) if facts_path.exists() and path.exists() else None
    if facts is None:
        sample = torch.cat([compute(start, start + CHUNK, 0) for start in _spread(len(data))])
        low, high = sample.amin(dim=(0, 2, 3)), sample.amax(dim=(0, 2, 3))
        facts = {
            "shape": [len(data), views, *sample.shape[1:]],
            "low": low.tolist(),
            "step": ((high - low) / LEVELS).clamp(min=1e-6).tolist(),
            "done": 0,
        }
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.truncate(int(np.prod(facts["shape"])))
        _note(facts_path, facts)
    low, step = (torch.tensor(facts[key])[:, None, None] for key in ("low", "step"))
    if facts["done"] < len(data):
        levels = np.memmap(path, np.uint8, "r+", shape=tuple(facts["shape"]))
        starts = range(facts["done"], len(data), CHUNK)
        for start in tqdm(starts, desc=f"features of {data.info.title}", disable=not progress, mininterval=2):
            stop = min(start + CHUNK, len(data))
            for number in range(views):
                values = (compute(start, stop, number) - low) / step
                levels[start:stop, number] = values.round().clamp(0, LEVELS).to(torch.uint8).numpy()
            levels.flush()
            _note(facts_path, facts | {"done": stop})
        del levels
    network.train(was_training)
    return Features(np.memmap(path, np.uint8, "r", shape=tuple(facts["shape"])), low, step)


def _spread(count: int) -> list[int]:
    """Starts of a few chunks all over the pictures, which may be sorted by class."""
    return [int(start) for start in np.linspace(0, max(0, count - CHUNK), SAMPLE // CHUNK)]


def _note(path: Path, facts: dict[str, object]) -> None:
    write_atomically(path, lambda part: part.write_text(json.dumps(facts)))


class FeatureBatches:
    """Iterates over training batches of features; the same seed and epoch give the same batches.

    Args:
        features: of the pictures.
        labels: (N,) int64.
        classes: how many.
        recipe: batch size and changes: `shift` and `mix` work on features, the views stand for flips and turns.
        seed: of order and changes.
    """

    def __init__(
        self, features: Features, labels: npt.NDArray[np.int64], classes: int, recipe: Recipe, seed: int
    ) -> None:
        self.features, self.recipe, self.seed, self.classes = features, recipe, seed, classes
        self.labels = torch.from_numpy(labels)
        self.batch_size = min(recipe.batch_size, len(labels))

    def __len__(self) -> int:
        return len(self.labels) // self.batch_size

    def epoch(self, epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Batches ((B, C, h, w) float32, (B,) int64) of one epoch, counted from 0; a last short batch is left out.

        Labels of mixed pictures are shares, (B, classes) float32.
        """
        generator = torch.Generator().manual_seed(self.seed * 100_003 + epoch)
        order = torch.randperm(len(self.labels), generator=generator)
        for step in range(len(self)):
            index = order[step * self.batch_size : (step + 1) * self.batch_size]
            views = torch.randint(self.features.levels.shape[1], (len(index),), generator=generator)
            x, labels = self.features.take(index, views), self.labels[index]
            if self.recipe.shift:
                x = augment.crop(x, self.recipe.shift, generator)
            if self.recipe.mix and float(torch.rand((), generator=generator)) < self.recipe.mix:
                x, labels = augment.mix(x, labels, self.classes, generator)
            yield x, labels
