"""How a network's own program prepares pictures, read off the transforms it was validated with.

Read by names and attributes, so that torchvision's (both generations, and the presets that come with its weights),
timm's, Albumentations' and the image processors of Hugging Face are understood without importing any of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gam_viz.images.placing import Fit
from gam_viz.networks.card import INTERPOLATIONS

#: What changes nothing that is not known already: types, layouts, and turning bytes into 0..1.
_TYPES = frozenset(
    (
        *("ToTensor", "MaybeToTensor", "PILToTensor", "MaybePILToTensor", "ToImage", "ToImageTensor", "ToPILImage"),
        *("ToDtype", "ConvertImageDtype", "ConvertDtype", "ToTensorV2", "ToPureTensor", "Identity", "ToRGB"),
    )
)


Size = int | tuple[int, int]  # side of a square, or (height, width)


@dataclass(frozen=True)
class Preparation:
    """What is done to a picture before the network sees it.

    Attributes:
        size: side of the square input in pixels, or (height, width); None where nothing says it.
        resize: the shorter side that a picture is brought to before its centre is cut out; 0: straight to the size.
        fit: "crop" (the centre), or "stretch" where both sides are given.
        interpolation: of the resizing.
        mean, std: of the normalisation, a value a channel; None where nothing says it.
        left_out: names of transforms that are not applied here: random ones, and those that are not known.
    """

    size: Size | None = None
    resize: int = 0
    fit: Fit = "crop"
    interpolation: str = "bilinear"
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    left_out: tuple[str, ...] = ()


def read_preparation(transform: Any) -> Preparation:
    """Of a composed transform, a preset, an image processor, or timm's data configuration (a mapping).

    >>> read_preparation({"input_size": (3, 224, 224), "crop_pct": 0.875, "interpolation": "bicubic"}).resize
    256

    Raises:
        ValueError: a size cannot be one.
    """
    if isinstance(transform, Mapping):
        return _of_config(transform)
    if hasattr(transform, "crop_size") and hasattr(transform, "resize_size"):  # torchvision's presets
        return _of_preset(transform)
    if hasattr(transform, "image_mean") and hasattr(transform, "image_std"):  # Hugging Face
        return _of_processor(transform)
    return _of_steps(list(_steps(transform)))


def _of_config(config: Mapping[str, Any]) -> Preparation:
    size = _size(config["input_size"][-2:]) if "input_size" in config else None
    share, squashed = float(config.get("crop_pct") or 1.0), config.get("crop_mode") == "squash"
    oblong = isinstance(size, tuple)
    return Preparation(
        size=size,
        resize=int(size / min(share, 1.0)) if isinstance(size, int) and not squashed else 0,
        fit="stretch" if squashed else "crop",
        interpolation=_interpolation(config.get("interpolation", "bilinear")),
        mean=_numbers(config.get("mean")),
        std=_numbers(config.get("std")),
        left_out=("crop_pct (the centre is brought to the size)",) if oblong and share < 1 and not squashed else (),
    )


def _of_preset(preset: Any) -> Preparation:
    size, resize = _size(preset.crop_size), min(_sides(_size(preset.resize_size)))
    return Preparation(
        size=size,
        resize=max(resize, *_sides(size)),
        interpolation=_interpolation(preset.interpolation),
        mean=_numbers(preset.mean),
        std=_numbers(preset.std),
    )


def _of_processor(processor: Any) -> Preparation:
    def size_of(given: Any) -> Size | None:
        if isinstance(given, Mapping):
            return _size((given["height"], given["width"])) if "height" in given else int(given["shortest_edge"])
        return None if given is None else _size(given)

    resize = size_of(getattr(processor, "size", None))
    cropped = size_of(getattr(processor, "crop_size", None)) if getattr(processor, "do_center_crop", False) else None
    stretched = not cropped and isinstance(getattr(processor, "size", None), Mapping) and "height" in processor.size
    size = cropped or resize
    return Preparation(
        size=size,
        resize=0 if stretched or size is None else max(min(_sides(resize or 0)), min(_sides(size))),
        fit="stretch" if stretched else "crop",
        interpolation=_interpolation(getattr(processor, "resample", "bilinear")),
        mean=_numbers(processor.image_mean),
        std=_numbers(processor.image_std),
    )


def _of_steps(steps: Sequence[Any]) -> Preparation:
    size: Size | None = None
    resized: Size = 0
    fit, interpolation = "crop", "bilinear"
    mean = std = None
    left_out = []
    for step in steps:
        name = type(step).__name__
        if name in ("Resize", "SmallestMaxSize", "ResizeKeepRatio"):
            given = getattr(step, "size", None) or getattr(step, "max_size", None) or (step.height, step.width)
            fit = "stretch" if isinstance(given, Sequence) and len(given) == 2 and name == "Resize" else "crop"
            resized = size = _size(given)
            interpolation = _interpolation(getattr(step, "interpolation", "bilinear"))
        elif name in ("CenterCrop", "CenterCropOrPad"):
            given = getattr(step, "size", None) or (step.height, step.width)
            size = _size(given)
        elif name == "Normalize":
            mean, std = _numbers(step.mean), _numbers(step.std)
        elif name not in _TYPES:
            left_out.append(name if name != "function" else getattr(step, "__name__", name))
            if name in ("RandomResizedCrop", "RandomResizedCropAndInterpolation") and size is None:
                size = _size(step.size)
    stretched = fit == "stretch" and resized == size
    if fit == "stretch" and not stretched:
        left_out.append("Resize of both sides before a centre is cut out (the shorter side is resized)")
    shorter = min(_sides(resized))
    return Preparation(
        size=size,
        resize=0 if stretched or shorter < min(_sides(size or 0)) else shorter,
        fit="stretch" if stretched else "crop",
        interpolation=interpolation,
        mean=mean,
        std=std,
        left_out=tuple(left_out),
    )


def _steps(transform: Any) -> Iterator[Any]:
    parts = getattr(transform, "transforms", None)
    if isinstance(parts, Sequence):
        for part in parts:
            yield from _steps(part)
    elif isinstance(transform, Sequence):
        for part in transform:
            yield from _steps(part)
    else:
        yield transform


def _size(given: Any) -> Size:
    sides = [int(side) for side in given] if isinstance(given, Sequence) else [int(given)]
    if len(sides) not in (1, 2) or min(sides) < 1:
        raise ValueError(f"an input has a side, or a height and a width, of at least 1 pixel; got {given}")
    return sides[0] if len(set(sides)) == 1 else (sides[0], sides[1])


def _sides(size: Size) -> tuple[int, int]:
    return size if isinstance(size, tuple) else (size, size)


def _numbers(given: Any) -> tuple[float, ...] | None:
    return None if given is None else tuple(float(value) for value in given)


def _interpolation(given: Any) -> str:
    """The name of Pillow's, torchvision's or OpenCV's constant; of what is unknown here, bilinear."""
    by_number = {0: "nearest", 1: "lanczos", 2: "bilinear", 3: "bicubic", 4: "box", 5: "hamming"}  # Pillow's
    name = by_number.get(given, "") if isinstance(given, int) else str(getattr(given, "value", given)).lower()
    return name if name in INTERPOLATIONS else "bilinear"
