"""timm's and torchvision's architectures by name: which there are, and how each is built. Nothing is downloaded."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import ModuleType
from typing import Any

from torch import nn

from gam_viz.networks.card import CheckpointError
from gam_viz.text.nearest import nearest
from gam_viz.text.refusal import first_line

#: What a configuration of timm says of pictures.
_PREPARING = ("input_size", "crop_pct", "crop_mode", "interpolation", "mean", "std")
TIMM, TORCHVISION = "timm", "torchvision"


def architectures() -> tuple[str, ...]:
    """All names that `builder` knows: timm's where it is installed, then torchvision's classifiers."""
    names = [f"{TORCHVISION}:{name}" for name in _of_torchvision()]
    if (timm := _timm()) is not None:
        names = [*(f"{TIMM}:{name}" for name in timm.list_models()), *names]
    return tuple(names)


def builder(architecture: str) -> tuple[Callable[[int, int], nn.Module], dict[str, Any]]:
    """How to build an architecture, of a number of classes and of input channels, and what the library says of its own
    weights.

    Raises:
        CheckpointError: there is no such architecture, or timm is not installed.
    """
    library, _, name = architecture.partition(":")
    if library == TIMM:
        return _timms(name)
    if library == TORCHVISION:
        return _torchvisions(name)
    raise CheckpointError("checkpoints.other.no_library", given=repr(architecture[:80]))


def own_transform(architecture: str) -> Any:
    """What pictures are validated with before the library's own weights see them, as `images.preparation` reads it:
    torchvision's preset, or timm's configuration.

    Raises:
        CheckpointError: as `builder`.
    """
    builder(architecture)  # which refuses unknown names
    library, _, name = architecture.partition(":")
    if library == TIMM:
        timm = _timm()
        cfg = None if timm is None else timm.get_pretrained_cfg(name)
        told = {said: getattr(cfg, said, None) for said in _PREPARING}
        return {said: value for said, value in told.items() if value is not None}
    from gam_viz.runtime.torchvision_shim import torchvision

    return torchvision.models.get_model_weights(name).DEFAULT.transforms()


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
    near = nearest(name, known)
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
