"""Augmented batches from pictures that live in memory on the training device."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor
from torch.nn import functional

from gam_viz.datasets.arrays import LabelledImages
from gam_viz.images import normalise_batch
from gam_viz.training import augment
from gam_viz.training.recipe import Recipe


class Batches:
    """Iterates over augmented, normalised training batches; the same seed and epoch give the same batches.

    Args:
        data: pictures (N, H, W, 3) uint8.
        recipe: batch size and augmentation.
        mean, std: per RGB channel, in 0..1.
        device: where pictures are kept and batches made.
        seed: of order and augmentation.
    """

    def __init__(
        self,
        data: LabelledImages,
        recipe: Recipe,
        mean: Sequence[float],
        std: Sequence[float],
        device: torch.device,
        seed: int,
    ) -> None:
        self.images = torch.from_numpy(data.images).permute(0, 3, 1, 2).contiguous().to(device)  # (N, 3, H, W)
        self.labels = torch.from_numpy(data.labels).to(device)
        self.recipe, self.mean, self.std, self.seed = recipe, mean, std, seed
        self.classes = len(data.info.classes)
        self.batch_size = min(recipe.batch_size, len(data))  # fewer pictures than a batch are one batch
        self.flip = recipe.flip and data.info.mirrored
        self.quarter_turns = recipe.quarter_turns and data.info.any_way_up
        first = torch.Generator().manual_seed(seed)
        self.flip_parity = torch.randint(2, (len(data),), generator=first).to(device)

    def __len__(self) -> int:
        return len(self.images) // self.batch_size

    def epoch(self, epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Batches ((B, 3, S, S) float32, (B,) int64) of one epoch, counted from 0; a last short batch is left out.

        Labels of mixed pictures are shares, (B, classes) float32.
        """
        device = self.images.device
        generator = torch.Generator().manual_seed(self.seed * 100_003 + epoch)
        order = torch.randperm(len(self.images), generator=generator).to(device)
        size = max(8, round(self.images.shape[-1] * self.recipe.relative_size(epoch)))
        for step in range(len(self)):
            index = order[step * self.batch_size : (step + 1) * self.batch_size]
            x, labels = self._changed(index, epoch, size, generator), self.labels[index]
            if self.recipe.mix and float(torch.rand((), generator=generator)) < self.recipe.mix:
                x, labels = augment.mix(x, labels, self.classes, generator)
            yield x, labels

    def unchanged(self) -> Iterator[Tensor]:
        """All pictures as they are, in random order, (B, 3, S, S)."""
        order = torch.randperm(len(self.images), generator=torch.Generator().manual_seed(self.seed))
        # Parts of one size, or a short last one would count as much as the others in an average over them.
        for index in order.to(self.images.device).tensor_split(-(-len(order) // 256)):
            yield normalise_batch(self.images[index], self.mean, self.std)

    def _changed(self, index: Tensor, epoch: int, size: int, generator: torch.Generator) -> Tensor:
        """The pictures at `index`, changed as the recipe says and normalised, (B, 3, size, size)."""
        recipe = self.recipe
        batch = self.images[index]
        if recipe.crop:
            batch = augment.crop(batch, recipe.crop, generator)
        if self.flip:
            flipped = (self.flip_parity[index] + epoch) % 2 == 1
            batch = torch.where(flipped[:, None, None, None], batch.flip(-1), batch)
        if self.quarter_turns:
            batch = augment.quarter_turns(batch, generator)
        if recipe.turn or recipe.zoom:
            batch = augment.warp(batch, recipe.turn, recipe.zoom, generator)
        x = normalise_batch(batch, self.mean, self.std)
        if size != x.shape[-1]:
            x = functional.interpolate(x, size=(size, size), mode="bilinear", antialias=True, align_corners=False)
        if recipe.colour:
            x = augment.colour(x, recipe.colour, generator)
        if recipe.erase:
            x = augment.erase(x, recipe.erase, generator)
        if recipe.cells:
            x = augment.without_a_cell(x, recipe.cells, generator)
        return x
