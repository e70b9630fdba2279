"""From a picture to what a network sees: cut to a square, resized, normalised.

What is shown as "what the network saw" must be exactly that, so the resized 8-bit pixels and the tensor come
from here together. A picture that already has the network's size passes through bit for bit.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from gam_viz.images.picture import Picture
from gam_viz.networks.card import INTERPOLATIONS
from gam_viz.text.refusal import RefusalError

Fit = Literal["crop", "pad", "stretch"]
"""How a picture becomes square: its centre cut out, whole with borders, or whole and distorted."""

_RESAMPLING = {name: Image.Resampling[name.upper()] for name in INTERPOLATIONS}
"""Pillow widens its kernels when it shrinks, so nothing aliases."""


@dataclass(frozen=True, eq=False)
class NetworkInput:
    """One picture as one network sees it.

    Attributes:
        tensor: (1, 3, S, S) float32, normalised: (seen / 255 - mean) / std; (1, 1, S, S) of grey pictures.
        seen: (S, S, 3) uint8 RGB, read-only; the same picture before normalisation.
        box: (left, top, right, bottom) of the seen square in pixels of `Picture.pixels`, edges included: the
            network's left edge 0 lies at `left`, its right edge S at `right`, and everything between them is
            linear. With padding the box reaches beyond the picture.
        fit: how the picture was made square.
        mean: per channel, of the normalisation.
        std: per channel, of the normalisation.
        key: for caches: the picture's key and every parameter above.
    """

    tensor: Tensor
    seen: NDArray[np.uint8]
    box: tuple[float, float, float, float]
    fit: Fit
    mean: tuple[float, ...]
    std: tuple[float, ...]
    key: str


def prepare(
    picture: Picture,
    *,
    size: int,
    mean: Sequence[float],
    std: Sequence[float],
    fit: Fit = "crop",
    resize: int = 0,
    interpolation: str = "bicubic",
) -> NetworkInput:
    """Make a picture into a network's input.

    Args:
        picture: any size from 1 x 1.
        size: S, the side of the network's input in pixels.
        mean: three values in 0..1, subtracted from the channels; or one, of a network that reads grey pictures.
        std: as many positive values that the channels are divided by.
        fit: "crop" (the centre square), "pad" (whole, bordered with the mean colour, which the network takes
            for nothing) or "stretch" (whole, distorted).
        resize: with "crop", the shorter side that the picture is brought to before its centre is cut out, as
            torchvision's Resize and CenterCrop do; 0: the whole centre square is brought to the size.
        interpolation: a key of `INTERPOLATIONS`.

    Raises:
        ValueError: a parameter out of its range; the message says which and what it may be.
    """
    if size < 1:
        raise ValueError(f"size must be at least 1 pixel, got {size}")
    if fit not in get_args(Fit):
        raise ValueError(f"fit must be one of {', '.join(get_args(Fit))}, got {fit!r}")
    if (resize and resize < size) or interpolation not in INTERPOLATIONS:
        raise ValueError(
            f"resize must be 0 or at least the size, {size}, and interpolation one of {', '.join(INTERPOLATIONS)}; "
            f"got {resize} and {interpolation!r}"
        )
    mean_, std_ = _numbers("mean", mean), _numbers("std", std)
    if min(std_) <= 0 or len(mean_) != len(std_):
        raise ValueError(f"std must be positive, and as many values as mean, got {std_}")
    if len(mean_) == 1:
        grey = np.asarray(Image.fromarray(picture.pixels).convert("L"))
        picture = dataclasses.replace(picture, pixels=np.repeat(grey[..., None], 3, axis=2))
    if fit == "pad":
        seen, box = _padded(picture.pixels, size, mean_, interpolation)
    elif fit == "crop" and resize:
        seen, box = _cut_out(picture, size, resize, interpolation)
    else:
        left, top, right, bottom = _centre_square(picture) if fit == "crop" else (0, 0, picture.width, picture.height)
        seen = _resized(picture.pixels[top:bottom, left:right], size, size, interpolation)
        box = (float(left), float(top), float(right), float(bottom))
    seen.flags.writeable = False
    return NetworkInput(
        tensor=normalise(seen, mean_, std_),
        seen=seen,
        box=box,
        fit=fit,
        mean=mean_,
        std=std_,
        key=f"{picture.key}|{size}|{fit}|{mean_}|{std_}|{resize}|{interpolation}",
    )


def normalise(seen: NDArray[np.uint8], mean: Sequence[float], std: Sequence[float]) -> Tensor:
    """(S, S, 3) uint8 -> (1, 3, S, S) float32: (seen / 255 - mean) / std; of grey with one mean, (1, 1, S, S)."""
    # A copy, because what the network saw is read-only and torch has no such tensors.
    channels = torch.from_numpy(seen[..., : len(mean)].copy()).permute(2, 0, 1)
    return normalise_batch(channels[None], mean, std).contiguous()


def normalise_batch(images: Tensor, mean: Sequence[float], std: Sequence[float]) -> Tensor:
    """(B, C, H, W) uint8 -> float32 on the same device: scaled to 0..1, minus the mean, over the standard deviation."""
    shape = (1, len(mean), 1, 1)
    means = torch.tensor(mean, device=images.device).view(shape)
    stds = torch.tensor(std, device=images.device).view(shape)
    return (images.float() / 255 - means) / stds


def denormalise(tensor: Tensor, mean: Sequence[float], std: Sequence[float]) -> NDArray[np.uint8]:
    """(1, 3, S, S) normalised -> (S, S, 3) uint8, the inverse of `normalise`; what lies outside 0..255 is
    clipped."""
    x = tensor.detach().cpu().to(torch.float64)[0].permute(1, 2, 0)  # (S, S, 3)
    x = x * torch.tensor(std, dtype=torch.float64) + torch.tensor(mean, dtype=torch.float64)
    pixels: NDArray[np.uint8] = (x * 255).round().clamp(0, 255).to(torch.uint8).numpy()
    return pixels


def _numbers(name: str, values: Sequence[float]) -> tuple[float, ...]:
    numbers = tuple(float(value) for value in values)
    if not all(map(math.isfinite, numbers)):
        raise ValueError(f"{name} must be three finite numbers (red, green, blue), or one of grey, got {numbers}")
    if len(numbers) not in (1, 3):
        raise RefusalError("errors.reason.bands", count=len(numbers))
    return numbers


def _centre_square(picture: Picture) -> tuple[int, int, int, int]:
    side = min(picture.width, picture.height)
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    return left, top, left + side, top + side


def _cut_out(
    picture: Picture, size: int, resize: int, interpolation: str
) -> tuple[NDArray[np.uint8], tuple[float, float, float, float]]:
    """The centre, of a picture whose shorter side was brought to `resize`; rounded as torchvision rounds."""
    shorter = min(picture.width, picture.height)
    width, height = int(resize * picture.width / shorter), int(resize * picture.height / shorter)
    left, top = round((width - size) / 2), round((height - size) / 2)
    seen = _resized(picture.pixels, width, height, interpolation)[top : top + size, left : left + size]
    column, row = picture.width / width, picture.height / height  # the picture's pixels to one of the network's
    box = (left * column, top * row, (left + size) * column, (top + size) * row)
    return np.ascontiguousarray(seen), box


def _resized(pixels: NDArray[np.uint8], width: int, height: int, interpolation: str) -> NDArray[np.uint8]:
    """A new array of the given size."""
    if pixels.shape[:2] == (height, width):
        return pixels.copy()
    image = Image.fromarray(np.ascontiguousarray(pixels))
    return np.array(image.resize((width, height), _RESAMPLING[interpolation]))


def _padded(
    pixels: NDArray[np.uint8], size: int, mean: tuple[float, ...], interpolation: str
) -> tuple[NDArray[np.uint8], tuple[float, float, float, float]]:
    """The whole picture in the middle of a square. Resized first: a padded 1 x 10,000 would need 300 MB."""
    height, width = pixels.shape[:2]
    longest = max(width, height)
    across, down = max(1, round(width * size / longest)), max(1, round(height * size / longest))
    left, top = (size - across) // 2, (size - down) // 2
    seen = np.empty((size, size, 3), np.uint8)
    seen[:] = np.clip(np.rint(np.multiply(mean, 255)), 0, 255)
    seen[top : top + down, left : left + across] = _resized(pixels, across, down, interpolation)
    column, row = width / across, height / down  # the picture's pixels to one of the network's
    return seen, (-left * column, -top * row, (size - left) * column, (size - top) * row)
