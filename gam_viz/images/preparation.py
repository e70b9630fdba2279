"""How a network's own program prepares pictures, read off the transforms it was validated with.

Read by names and attributes, so that torchvision's (both generations, and the presets that come with its weights),
timm's, Albumentations' and the image processors of Hugging Face are understood without importing any of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gam_viz.images.network_input import Fit
from gam_viz.networks.card import INTERPOLATIONS

#: What changes nothing that is not known already: types, layouts, and turning bytes into 0..1.
_TYPES = frozenset(
    (
        *("ToTensor", "MaybeToTensor", "PILToTensor", "MaybePILToTensor", "ToImage", "ToImageTensor", "ToPILImage"),
        *("ToDtype", "ConvertImageDtype", "ConvertDtype", "ToTensorV2", "ToPureTensor", "Identity", "ToRGB"),
    )
)


@dataclass(frozen=True)
class Preparation:
    """What is done to a picture before the network sees it.

    Attributes:
        size: side of the square input in pixels; None where nothing says it.
        resize: the shorter side that a picture is brought to before its centre is cut out; 0: straight to the size.
        fit: "crop" (the centre), or "stretch" where both sides are given.
        interpolation: of the resizing.
        mean, std: of the normalisation, a value a channel; None where nothing says it.
        left_out: names of transforms that are not applied here: random ones, and those that are not known.
    """

    size: int | None = None
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
        ValueError: a square is not what the network sees, or a value cannot be one; the sentence says which.
    """
    if isinstance(transform, Mapping):
        return _of_config(transform)
    if hasattr(transform, "crop_size") and hasattr(transform, "resize_size"):  # torchvision's presets
        return _of_preset(transform)
    if hasattr(transform, "image_mean") and hasattr(transform, "image_std"):  # Hugging Face
        return _of_processor(transform)
    return _of_steps(list(_steps(transform)))


def _of_config(config: Mapping[str, Any]) -> Preparation:
    size = _square(config["input_size"][-2:]) if "input_size" in config else None
    share, squashed = float(config.get("crop_pct") or 1.0), config.get("crop_mode") == "squash"
    return Preparation(
        size=size,
        resize=0 if size is None or squashed else int(size / min(share, 1.0)),
        fit="stretch" if squashed else "crop",
        interpolation=_interpolation(config.get("interpolation", "bilinear")),
        mean=_numbers(config.get("mean")),
        std=_numbers(config.get("std")),
    )


def _of_preset(preset: Any) -> Preparation:
    size, resize = _square(preset.crop_size), _square(preset.resize_size)
    return Preparation(
        size=size,
        resize=max(resize, size),
        interpolation=_interpolation(preset.interpolation),
        mean=_numbers(preset.mean),
        std=_numbers(preset.std),
    )


def _of_processor(processor: Any) -> Preparation:
    def side(given: Any) -> int | None:
        if isinstance(given, Mapping):
            return _square((given["height"], given["width"])) if "height" in given else int(given["shortest_edge"])
        return None if given is None else _square(given)

    resize = side(getattr(processor, "size", None))
    cropped = side(getattr(processor, "crop_size", None)) if getattr(processor, "do_center_crop", False) else None
    stretched = not cropped and isinstance(getattr(processor, "size", None), Mapping) and "height" in processor.size
    return Preparation(
        size=cropped or resize,
        resize=0 if stretched else max(resize or 0, cropped or 0),
        fit="stretch" if stretched else "crop",
        interpolation=_interpolation(getattr(processor, "resample", "bilinear")),
        mean=_numbers(processor.image_mean),
        std=_numbers(processor.image_std),
    )


def _of_steps(steps: Sequence[Any]) -> Preparation:
    size: int | None = None
    resize, fit, interpolation = 0, "crop", "bilinear"
    mean = std = None
    left_out = []
    for step in steps:
        name = type(step).__name__
        if name in ("Resize", "SmallestMaxSize", "ResizeKeepRatio"):
            given = getattr(step, "size", None) or getattr(step, "max_size", None) or (step.height, step.width)
            fit = "stretch" if isinstance(given, Sequence) and len(given) == 2 and name == "Resize" else "crop"
            resize = size = _square(given)
            interpolation = _interpolation(getattr(step, "interpolation", "bilinear"))
        elif name in ("CenterCrop", "CenterCropOrPad"):
            given = getattr(step, "size", None) or (step.height, step.width)
            size = _square(given)
        elif name == "Normalize":
            mean, std = _numbers(step.mean), _numbers(step.std)
        elif name not in _TYPES:
            left_out.append(name if name != "function" else getattr(step, "__name__", name))
            if name in ("RandomResizedCrop", "RandomResizedCropAndInterpolation") and size is None:
                size = _square(step.size)
    stretched = fit == "stretch" and resize == size
    if fit == "stretch" and not stretched:
        left_out.append("Resize of both sides before a centre is cut out (the shorter side is resized)")
    return Preparation(
        size=size,
        resize=0 if stretched or resize < (size or 0) else resize,
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


def _square(given: Any) -> int:
    sides = [int(side) for side in given] if isinstance(given, Sequence) else [int(given)]
    if not sides or len(set(sides)) > 1 or sides[0] < 1:
        raise ValueError(f"the network's input is a square here; the transform makes {' x '.join(map(str, sides))}")
    return sides[0]


def _numbers(given: Any) -> tuple[float, ...] | None:
    return None if given is None else tuple(float(value) for value in given)


def _interpolation(given: Any) -> str:
    """The name of Pillow's, torchvision's or OpenCV's constant; of what is unknown here, bilinear."""
    by_number = {0: "nearest", 1: "lanczos", 2: "bilinear", 3: "bicubic", 4: "box", 5: "hamming"}  # Pillow's
    name = by_number.get(given, "") if isinstance(given, int) else str(getattr(given, "value", given)).lower()
    return name if name in INTERPOLATIONS else "bilinear"
