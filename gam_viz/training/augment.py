"""Random changes of a batch of pictures that leave its classes as they are. Every draw comes from the generator."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional


def crop(images: Tensor, pad: int, generator: torch.Generator) -> Tensor:  # (B, C, H, W) -> the same
    """Shift each picture by up to `pad` pixels either way; what comes in at the border is the picture mirrored."""
    count, channels, height, width = images.shape
    padded = functional.pad(images.float(), (pad,) * 4, mode="reflect").to(images.dtype)
    shift = torch.randint(2 * pad + 1, (2, count, 1), generator=generator).to(images.device)
    rows = (shift[0] + torch.arange(height, device=images.device))[:, None, :, None]  # (B, 1, H, 1)
    columns = (shift[1] + torch.arange(width, device=images.device))[:, None, None, :]  # (B, 1, 1, W)
    picture = torch.arange(count, device=images.device)[:, None, None, None]
    channel = torch.arange(channels, device=images.device)[None, :, None, None]
    return padded[picture, channel, rows, columns]


def quarter_turns(images: Tensor, generator: torch.Generator) -> Tensor:  # (B, 3, S, S) -> the same
    """Turn each square picture by 0, 90, 180 or 270 degrees."""
    turns = torch.randint(4, (len(images),), generator=generator).to(images.device)
    turned = images.clone()
    for quarter in (1, 2, 3):
        chosen = turns == quarter
        turned[chosen] = torch.rot90(images[chosen], quarter, (2, 3))
    return turned


def warp(images: Tensor, degrees: float, zoom: float, generator: torch.Generator) -> Tensor:  # (B, 3, S, S) -> the same
    """Turn each picture by up to `degrees` and scale it by a factor within 1 - zoom .. 1 + zoom, about a random point.

    An enlarged picture loses its margins, where is drawn; a shrunk one is mirrored at its border. Bilinear.
    """
    count = len(images)
    draw = torch.rand((4, count), generator=generator).to(images.device) * 2 - 1  # -1..1
    angle = draw[0] * math.radians(degrees)
    scale = 1 + draw[1] * zoom  # of the window that is read: below 1 it is a part of the picture
    move = (1 - scale).clamp(min=0) * draw[2:]  # (2, B): the window stays inside the picture
    cos, sin = torch.cos(angle) * scale, torch.sin(angle) * scale
    matrix = torch.stack(
        [torch.stack([cos, -sin, move[0]], dim=1), torch.stack([sin, cos, move[1]], dim=1)], dim=1
    )  # (B, 2, 3)
    grid = functional.affine_grid(matrix, list(images.shape), align_corners=False)
    return functional.grid_sample(images.float(), grid, padding_mode="reflection", align_corners=False)


def colour(x: Tensor, strength: float, generator: torch.Generator) -> Tensor:  # (B, 3, H, W), normalised
    """Change contrast by a factor within 1 ± strength and brightness by ± strength standard deviations."""
    draw = (torch.rand((2, len(x), 1, 1, 1), generator=generator).to(x.device) * 2 - 1) * strength
    mean = x.mean(dim=(1, 2, 3), keepdim=True)
    return (x - mean) * (1 + draw[0]) + mean + draw[1]


def erase(x: Tensor, share: float, generator: torch.Generator) -> Tensor:  # (B, 3, S, S), normalised
    """Set a square of `share` of the side to the mean colour (0), anywhere, partly outside too.

    T. DeVries, G. Taylor, Improved Regularization of CNNs with Cutout, arXiv 1708.04552, section 3.2.
    """
    size = x.shape[-1]
    centre = (torch.rand((2, len(x), 1), generator=generator) * size).to(x.device)
    place = torch.arange(size, device=x.device) + 0.5  # (S,)
    inside = (place - centre).abs() < share * size / 2  # (2, B, S): rows, columns
    return x.masked_fill((inside[0][:, :, None] & inside[1][:, None, :])[:, None], 0.0)


def without_a_cell(x: Tensor, grid: int, generator: torch.Generator) -> Tensor:  # (B, 3, S, S), normalised
    """Set one cell of a grid of `grid` a side to the mean colour (0), in about half of the pictures.

    R. Hesse, S. Schaub-Meyer, S. Roth, arXiv 2407.11910.
    """
    size = x.shape[-1]
    cell, some = torch.randint(grid, (2, len(x)), generator=generator), torch.randint(2, (len(x),), generator=generator)
    own = (torch.arange(size, device=x.device) * grid) // size  # (S,): which cell a row or column is of
    inside = own == cell.to(x.device)[..., None]  # (2, B, S): rows, columns
    chosen = inside[0][:, :, None] & inside[1][:, None, :] & some.bool().to(x.device)[:, None, None]
    return x.masked_fill(chosen[:, None], 0.0)


def mix(
    x: Tensor, labels: Tensor, classes: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:  # (B, 3, S, S), (B,) -> the same, (B, classes)
    """Paste one box of other pictures of the batch over each; labels become shares of the area.

    S. Yun et al., CutMix, ICCV 2019, section 3.2, with a uniform share, one box for the batch.
    """
    size = x.shape[-1]
    share = float(torch.rand((), generator=generator))  # of the area that stays
    side = round(size * math.sqrt(1 - share))
    centre = (torch.rand(2, generator=generator) * size).int().tolist()
    (top, left), (bottom, right) = (
        [max(0, c - side // 2) for c in centre],
        [min(size, c + side - side // 2) for c in centre],
    )
    other = torch.randperm(len(x), generator=generator).to(x.device)
    mixed = x.clone()
    mixed[:, :, top:bottom, left:right] = x[other, :, top:bottom, left:right]
    area = (bottom - top) * (right - left) / size**2
    targets = functional.one_hot(labels, classes).float()
    return mixed, (1 - area) * targets + area * targets[other]
