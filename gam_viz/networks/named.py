"""Architectures of other libraries by name, `timm:seresnet18` or `torchvision:resnet18`, with weights from a file.

Nothing is downloaded: the library only builds. It builds on torch's "meta" device first, without memory for weights, so
that the file is compared with the architecture before a tensor of either is allocated.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import nn

from gam_viz.networks.card import CheckpointError
from gam_viz.networks.state_dicts.file import WeightsFile, open_weights
from gam_viz.networks.state_dicts.fit import fitting, load_weights, shapes_of
from gam_viz.networks.weights import Shape
from gam_viz.text.refusal import first_line

TIMM, TORCHVISION = "timm", "torchvision"


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


def architectures() -> tuple[str, ...]:
    """All names that `build_named` knows: timm's where it is installed, then torchvision's classifiers."""
    names = [f"{TORCHVISION}:{name}" for name in _of_torchvision()]
    if (timm := _timm()) is not None:
        names = [*(f"{TIMM}:{name}" for name in timm.list_models()), *names]
    return tuple(names)


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
    build, facts = _builder(architecture)
    if weights is None:
        module = build(facts["num_classes"], facts["channels"])
        return NamedNetwork(module.eval(), architecture, **facts)
    file = weights if isinstance(weights, WeightsFile) else open_weights(weights, name)
    classes, channels = _told(architecture, file)
    fitting(_shapes(architecture, classes, channels), file, architecture)
    module = build(classes, channels)
    left_over = load_weights(module, file, architecture)
    facts |= {"num_classes": classes, "channels": channels}
    for key in ("mean", "std"):
        if len(facts[key]) != channels:  # timm's averages a colour stem's weights for grey pictures
            facts[key] = (sum(facts[key]) / len(facts[key]),) * channels
    return NamedNetwork(module.eval(), architecture, **facts, left_over=left_over)


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
    _, facts = _builder(architecture)
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
    build, _ = _builder(architecture)
    with torch.device("meta"):
        return shapes_of(build(classes, channels))


def _builder(architecture: str) -> tuple[Callable[[int, int], nn.Module], dict[str, Any]]:
    """How to build it, and what the library says of its own weights."""
    library, _, name = architecture.partition(":")
    if library == TIMM:
        return _timms(name)
    if library == TORCHVISION:
        return _torchvisions(name)
    raise CheckpointError("checkpoints.other.no_library", given=repr(architecture[:80]))


def _timms(name: str) -> tuple[Callable[[int, int], nn.Module], dict[str, Any]]:
    timm = _timm()
    if timm is None:
        raise CheckpointError("checkpoints.other.no_timm")
    bare, _, tag = name.partition(".")
    # Only names of the registry: timm reads "hf-hub:…" as a place to download from.
    if not timm.is_model(bare):
        raise _unknown(TIMM, name, timm.list_models())
    if tag and name not in (tagged := timm.list_pretrained(f"{bare}.*")):
        raise _unknown(TIMM, name, tagged)
    cfg = timm.get_pretrained_cfg(name) or timm.models.PretrainedCfg()
    facts = _facts(cfg.num_classes or 1000, cfg.input_size[-1], cfg.mean, cfg.std)

    def build(classes: int, channels: int) -> nn.Module:
        try:
            return timm.create_model(bare, pretrained=False, num_classes=classes, in_chans=channels)
        except (TypeError, RuntimeError, ValueError, NotImplementedError) as error:
            raise CheckpointError("checkpoints.other.not_made", name=f"{TIMM}:{name}", why=first_line(error)) from error

    return build, facts


def _torchvisions(name: str) -> tuple[Callable[[int, int], nn.Module], dict[str, Any]]:
    from gam_viz.runtime.torchvision_shim import torchvision

    if name not in _of_torchvision():
        raise _unknown(TORCHVISION, name, _of_torchvision())
    usual = torchvision.models.get_model_weights(name).DEFAULT.transforms()
    options = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}

    def build(classes: int, channels: int) -> nn.Module:
        return torchvision.models.get_model(name, weights=None, num_classes=classes, **options)

    return build, _facts(1000, usual.crop_size[0], usual.mean, usual.std)


@cache
def _of_torchvision() -> list[str]:
    from gam_viz.runtime.torchvision_shim import torchvision

    return torchvision.models.list_models(module=torchvision.models)


def _facts(classes: int, size: int, mean: Any, std: Any) -> dict[str, Any]:
    return {"num_classes": classes, "channels": 3, "input_size": size, "mean": tuple(mean), "std": tuple(std)}


def _unknown(library: str, name: str, known: list[str]) -> CheckpointError:
    near = difflib.get_close_matches(name, known, n=4, cutoff=0.5)
    key = "no_architecture_near" if near else "no_architecture"
    return CheckpointError(f"checkpoints.other.{key}", library=library, given=repr(name[:80]), near=", ".join(near))


def _timm() -> ModuleType | None:
    """The library, where it is installed."""
    import gam_viz.runtime.torchvision_shim  # noqa: F401 - before timm, which imports torchvision

    try:
        import timm
    except ImportError:
        return None
    return timm
