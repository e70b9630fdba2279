"""Architectures of other libraries by name, `timm:seresnet18` or `torchvision:resnet18`, with weights from a file.

Nothing is downloaded: the library only builds. It builds on torch's "meta" device first, without memory for weights, so
that the file is compared with the architecture before a tensor of either is allocated.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import torch
from torch import nn

from gam_viz.networks.card import CheckpointError
from gam_viz.networks.libraries import builder
from gam_viz.networks.state_dicts.file import WeightsFile, open_weights
from gam_viz.networks.state_dicts.fit import fitting, load_weights, shapes_of
from gam_viz.networks.weights import Shape


@dataclass(frozen=True, eq=False)
class NamedNetwork:
    """A network of a library's architecture.

    Attributes:
        module: in eval mode; without weights of a file, as it is initialised.
        architecture: "timm:seresnet18".
        num_classes, channels: of its outputs and of its input.
        input_size: side of its square input in pixels, as the library's own weights were trained.
        mean, std: of the normalisation of the library's own weights, per channel, in 0..1; the file says nothing of
            its own, so whoever uses them says so.
        left_over: weights of the file that the network has no place for.
    """

    module: nn.Module
    architecture: str
    num_classes: int
    channels: int
    input_size: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    left_over: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class NamedWeights:
    """A file's weights that were found to be an architecture's, before any is allocated.

    Attributes:
        name: of the file, without what it ends in.
        architecture, num_classes, channels, input_size, mean, std: as of `NamedNetwork`.
        parameters: how many numbers the file has for it.
    """

    name: str
    architecture: str
    num_classes: int
    channels: int
    input_size: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    parameters: int
    _file: WeightsFile

    @property
    def normalisation(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Mean and standard deviation of the library's own weights."""
        return self.mean, self.std

    def on_meta(self) -> nn.Module:
        """The architecture, without memory for its weights."""
        build, _ = builder(self.architecture)
        with torch.device("meta"):
            return build(self.num_classes, self.channels).eval()

    def build(self) -> NamedNetwork:
        """The network.

        Raises:
            CheckpointError: a weight is damaged or not finite.
        """
        build, _ = builder(self.architecture)
        module = build(self.num_classes, self.channels)
        left_over = load_weights(module, self._file, self.architecture)
        facts = self.architecture, self.num_classes, self.channels, self.input_size, self.mean, self.std
        return NamedNetwork(module.eval(), *facts, left_over=left_over)


def open_named(architecture: str, file: WeightsFile) -> NamedWeights:
    """Compare a file's weights with an architecture; the number of classes is that of the file's head.

    Raises:
        CheckpointError: as `build_named`.
    """
    _, facts = builder(architecture)
    classes, channels = _told(architecture, file)
    shapes = _shapes(architecture, classes, channels)
    fitting(shapes, file, architecture)
    facts |= {"num_classes": classes, "channels": channels}
    for key in ("mean", "std"):
        if len(facts[key]) != channels:  # timm's averages a colour stem's weights for grey pictures
            facts[key] = (sum(facts[key]) / len(facts[key]),) * channels
    return NamedWeights(file.title, architecture, **facts, parameters=sum(map(math.prod, shapes.values())), _file=file)


def build_named(
    architecture: str, weights: bytes | Path | WeightsFile | None = None, name: str | None = None
) -> NamedNetwork:
    """Build a library's architecture with a file's weights; the number of classes is that of the file's head.

    Args:
        architecture: "timm:NAME" or "torchvision:NAME".
        weights: a file as `open_weights` takes it, or what that gave; None leaves the network untrained.
        name: of the file, for bytes.

    Raises:
        ValueError: there is no such architecture, or timm is not installed.
        CheckpointError: the file cannot be read, or its weights are not this architecture's.
    """
    if weights is None:
        build, facts = builder(architecture)
        return NamedNetwork(build(facts["num_classes"], facts["channels"]).eval(), architecture, **facts)
    file = weights if isinstance(weights, WeightsFile) else open_weights(weights, name)
    return open_named(architecture, file).build()


def fits(architecture: str, file: WeightsFile) -> bool:
    """Whether a file's weights are an architecture's, all of them.

    Raises:
        CheckpointError: there is no such architecture here.
    """
    try:
        fitting(_shapes(architecture, *_told(architecture, file)), file, architecture)
    except CheckpointError:
        return False
    return True


def _told(architecture: str, file: WeightsFile) -> tuple[int, int]:
    """Classes and input channels, from the shapes of the weights that depend on them."""
    _, facts = builder(architecture)
    usual = facts["num_classes"], facts["channels"]
    shapes = _shapes(architecture, *usual)
    other = _shapes(architecture, usual[0] + 1, usual[1])
    heads = {key: axis for key in shapes if (axis := _differs(shapes[key], other.get(key, shapes[key]))) is not None}
    stem = next((key for key, shape in shapes.items() if len(shape) == 4), "")
    classes = next((n for key, axis in heads.items() if (n := _size(file, key, axis))), usual[0])
    channels = (_size(file, stem, 1) or usual[1]) if shapes.get(stem, (0, 0))[1] == usual[1] else usual[1]
    return classes, channels


def _differs(a: Shape, b: Shape) -> int | None:
    return next((axis for axis, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), None)


def _size(file: WeightsFile, key: str, axis: int) -> int | None:
    """How long an axis of a weight is in the file, whatever prefix its names have."""
    shape = next((shape for name, shape in file.shapes.items() if name == key or name.endswith(f".{key}")), ())
    return shape[axis] if len(shape) > axis else None


@lru_cache(64)
def _shapes(architecture: str, classes: int, channels: int) -> Mapping[str, Shape]:
    build, _ = builder(architecture)
    with torch.device("meta"):
        return shapes_of(build(classes, channels))
