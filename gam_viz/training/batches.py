"""Augmented batches from pictures that live in memory on the training device."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor
from torch.nn import functional

from gam_viz.datasets.arrays import LabelledImages
from gam_viz.images import normalise_batch
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
        self.batch_size = min(recipe.batch_size, len(data))  # fewer pictures than a batch are one batch
        self.flip = recipe.flip and data.info.mirrored
        first = torch.Generator().manual_seed(seed)
        self.flip_parity = torch.randint(2, (len(data),), generator=first).to(device)

    def __len__(self) -> int:
        return len(self.images) // self.batch_size

    def epoch(self, epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Batches ((B, 3, S, S) float32, (B,) int64) of one epoch, counted from 0; a last short batch is left out."""
        device = self.images.device
        generator = torch.Generator().manual_seed(self.seed * 100_003 + epoch)
        order = torch.randperm(len(self.images), generator=generator).to(device)
        size = max(8, round(self.images.shape[-1] * self.recipe.relative_size(epoch)))
        for step in range(len(self)):
            index = order[step * self.batch_size : (step + 1) * self.batch_size]
            batch = self._crop(self.images[index], generator)
            if self.flip:
                flipped = (self.flip_parity[index] + epoch) % 2 == 1
                batch = torch.where(flipped[:, None, None, None], batch.flip(-1), batch)
            x = normalise_batch(batch, self.mean, self.std)
            if size != x.shape[-1]:
                x = functional.interpolate(x, size=(size, size), mode="bilinear", antialias=True, align_corners=False)
            yield x, self.labels[index]

    def _crop(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """Shift each picture by up to `crop` pixels either way; what comes in at the border is the picture mirrored."""
        pad = self.recipe.crop
        if pad == 0:
            return images
        count, _, height, width = images.shape
        padded = functional.pad(images.float(), (pad,) * 4, mode="reflect").to(images.dtype)
        shift = torch.randint(2 * pad + 1, (2, count, 1), generator=generator).to(images.device)
        rows = (shift[0] + torch.arange(height, device=images.device))[:, None, :, None]  # (B, 1, H, 1)
        columns = (shift[1] + torch.arange(width, device=images.device))[:, None, None, :]  # (B, 1, 1, W)
        picture = torch.arange(count, device=images.device)[:, None, None, None]
        channel = torch.arange(3, device=images.device)[None, :, None, None]
        return padded[picture, channel, rows, columns]
