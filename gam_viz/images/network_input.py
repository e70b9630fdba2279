"""From a picture to what a network sees: cut to the input's form, resized, normalised.

What is shown as "what the network saw" must be exactly that, so the resized 8-bit pixels and the tensor come
from here together. A picture that already has the network's size passes through bit for bit. Networks of other
channels than a picture for eyes get all bands of the file; what is shown of those are the bands that were chosen.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from gam_viz.images.all_bands import bands_for, note_of, planes_of
from gam_viz.images.picture import Note, Picture
from gam_viz.images.placing import Fit, Placing, placing
from gam_viz.networks.card import INTERPOLATIONS

__all__ = ["Fit", "NetworkInput", "denormalise", "normalise", "normalise_batch", "placed_pixels", "prepare"]


@dataclass(frozen=True, eq=False)
class NetworkInput:
    """One picture as one network sees it; S x S stands for the input's height and width, where it is no square.

    Attributes:
        tensor: (1, 3, S, S) float32, normalised: (seen / 255 - mean) / std; (1, 1, S, S) of grey pictures; (1, N, S, S)
            of a picture's N bands, which are not what is seen.
        seen: (S, S, 3) uint8 RGB, read-only; the same picture before normalisation.
        box: (left, top, right, bottom) of the input in pixels of `Picture.pixels`, edges included: the
            network's left edge 0 lies at `left`, its right edge S at `right`, and everything between them is
            linear. With padding the box reaches beyond the picture.
        fit: how the picture took the input's form.
        mean: per channel, of the normalisation.
        std: per channel, of the normalisation.
        key: for caches: the picture's key and every parameter above; of bands, without which of them are seen.
        notes: what was given to the network, where that is not what is seen.
    """

    tensor: Tensor
    seen: NDArray[np.uint8]
    box: tuple[float, float, float, float]
    fit: Fit
    mean: tuple[float, ...]
    std: tuple[float, ...]
    key: str
    notes: tuple[Note, ...] = ()


def prepare(
    picture: Picture,
    *,
    size: int | tuple[int, int],
    mean: Sequence[float],
    std: Sequence[float],
    fit: Fit = "crop",
    resize: int = 0,
    interpolation: str = "bicubic",
) -> NetworkInput:
    """Make a picture into a network's input.

    Args:
        picture: any size from 1 x 1.
        size: side of the network's square input in pixels, or (height, width).
        mean: three values in 0..1, subtracted from the channels; one, of a network that reads grey pictures; or one a
            band of the picture, in the unit of `all_bands.bands_for`.
        std: as many positive values that the channels are divided by.
        fit: "crop" (the largest part of the input's form, in the centre), "pad" (whole, bordered with the mean colour,
            which the network takes for nothing) or "stretch" (whole, distorted).
        resize: with "crop", the shorter side that the picture is brought to before its centre is cut out, as
            torchvision's Resize and CenterCrop do (what is missing is black); 0: the whole centre is brought to the
            size.
        interpolation: a key of `INTERPOLATIONS`.

    Raises:
        ValueError: a parameter out of its range; the message says which and what it may be.
        RefusalError: the network takes other channels than the picture has bands.
        PictureError: the bands cannot be read.
    """
    height, width = sides = (size, size) if isinstance(size, int) else size
    if min(sides) < 1:
        raise ValueError(f"size must be at least 1 pixel, got {size}")
    if fit not in get_args(Fit):
        raise ValueError(f"fit must be one of {', '.join(get_args(Fit))}, got {fit!r}")
    if (resize and resize < min(sides)) or interpolation not in INTERPOLATIONS:
        raise ValueError(
            f"resize must be 0 or at least the size, {min(sides)}, and interpolation one of "
            f"{', '.join(INTERPOLATIONS)}; got {resize} and {interpolation!r}"
        )
    mean_, std_ = _numbers("mean", mean), _numbers("std", std)
    if min(std_) <= 0 or len(mean_) != len(std_):
        raise ValueError(f"std must be positive, and as many values as mean, got {std_}")
    eyes = len(mean_) in (1, 3)
    placed, seen = placed_pixels(picture, (height, width), mean_, fit, resize, interpolation)
    seen.flags.writeable = False
    key, notes = picture.key, tuple[Note, ...]()
    if eyes:
        tensor = normalise(seen, mean_, std_)
    else:
        key, tensor, notes = _all_bands(picture, placed, mean_, std_, interpolation, black=fit != "pad")
    return NetworkInput(
        tensor=tensor,
        seen=seen,
        box=placed.box,
        fit=fit,
        mean=mean_,
        std=std_,
        key=f"{key}|{size}|{fit}|{mean_}|{std_}|{resize}|{interpolation}",
        notes=notes,
    )


def placed_pixels(
    picture: Picture, sides: tuple[int, int], mean: Sequence[float], fit: Fit, resize: int, interpolation: str
) -> tuple[Placing, NDArray[np.uint8]]:
    """Where a picture lies in an input of (height, width), and its pixels there, (height, width, 3) uint8; grey in all
    three where the mean has one value. Arguments are those of `prepare`, which checks them."""
    pixels = picture.pixels
    if len(mean) == 1:
        pixels = np.repeat(np.asarray(Image.fromarray(pixels).convert("L"))[..., None], 3, axis=2)
    placed = placing((picture.height, picture.width), sides, fit, resize)
    border = np.clip(np.rint(np.multiply(mean if len(mean) in (1, 3) else 0.5, 255)), 0, 255) if fit == "pad" else 0
    return placed, placed.of(pixels, interpolation, border)


def _all_bands(
    picture: Picture,
    placed: Placing,
    mean: tuple[float, ...],
    std: tuple[float, ...],
    interpolation: str,
    *,
    black: bool,
) -> tuple[str, Tensor, tuple[Note, ...]]:
    """Key, (1, N, H, W) and what is to be said of it."""
    bands, count, divisor = bands_for(picture, mean, std)
    planes = planes_of(bands, count, divisor, mean)
    borders = (0.0,) * count if black else mean
    stack = np.stack([placed.of(plane, interpolation, of) for plane, of in zip(planes, borders, strict=True)])
    return bands.key, _scaled(torch.from_numpy(stack)[None], mean, std), (note_of(bands, count, divisor),)


def normalise(seen: NDArray[np.uint8], mean: Sequence[float], std: Sequence[float]) -> Tensor:
    """(S, S, 3) uint8 -> (1, 3, S, S) float32: (seen / 255 - mean) / std; of grey with one mean, (1, 1, S, S)."""
    # A copy, because what the network saw is read-only and torch has no such tensors.
    channels = torch.from_numpy(seen[..., : len(mean)].copy()).permute(2, 0, 1)
    return normalise_batch(channels[None], mean, std).contiguous()


def normalise_batch(images: Tensor, mean: Sequence[float], std: Sequence[float]) -> Tensor:
    """(B, C, H, W) uint8 -> float32 on the same device: scaled to 0..1, minus the mean, over the standard deviation."""
    return _scaled(images.float() / 255, mean, std)


def _scaled(images: Tensor, mean: Sequence[float], std: Sequence[float]) -> Tensor:
    shape = (1, len(mean), 1, 1)
    means = torch.tensor(mean, device=images.device).view(shape)
    stds = torch.tensor(std, device=images.device).view(shape)
    return (images - means) / stds


def denormalise(tensor: Tensor, mean: Sequence[float], std: Sequence[float]) -> NDArray[np.uint8]:
    """(1, 3, S, S) normalised -> (S, S, 3) uint8, the inverse of `normalise`; what lies outside 0..255 is
    clipped."""
    x = tensor.detach().cpu().to(torch.float64)[0].permute(1, 2, 0)  # (S, S, 3)
    x = x * torch.tensor(std, dtype=torch.float64) + torch.tensor(mean, dtype=torch.float64)
    pixels: NDArray[np.uint8] = (x * 255).round().clamp(0, 255).to(torch.uint8).numpy()
    return pixels


def _numbers(name: str, values: Sequence[float]) -> tuple[float, ...]:
    numbers = tuple(float(value) for value in values)
    if not numbers or not all(map(math.isfinite, numbers)):
        raise ValueError(
            f"{name} must be three finite numbers (red, green, blue), one of grey, or one a band, got {numbers}"
        )
    return numbers
