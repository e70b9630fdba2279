"""A module that a program holds, made into a network that can be looked at: what is not said is found out, and told."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from gam_viz.explain import gates_of
from gam_viz.images.preparation import Preparation, Size, read_preparation
from gam_viz.networks import ResidualNetwork
from gam_viz.networks.adapters import ForeignNetwork, adapt, foreign_card
from gam_viz.networks.card import OUTPUT_KINDS, CheckpointError, OutputKind, Region
from gam_viz.networks.copies import copy_of
from gam_viz.networks.live import LiveNetwork, live_digest
from gam_viz.runtime.device import device_of, placed
from gam_viz.text.refusal import RefusalError

IMAGENET = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
SIZE = 224  # pixels, where nothing says another

Output = Callable[[Any], Tensor]
Classes = Sequence[str] | Mapping[int, str] | str | Path


@dataclass(frozen=True)
class Said:
    """What its program says of a network; what it leaves open is looked for in the network, then assumed.

    Attributes:
        classes: names, one an output, or two of one logit, which is the second one's; a list, a mapping from numbers,
            or a text file with a name a line.
        transform: what pictures are validated with: of torchvision, timm, Albumentations, or an image processor.
        size: side of the square input in pixels, or (height, width).
        mean, std: of the normalisation, a value a channel; of N bands of whole numbers, in 0..1 or as they are stored.
        output: from what the network returns to (B, outputs).
        target: what the outputs are: "class", "multilabel", "binary", "regression", "segmentation" or "detection"; told
            by their shape where None, else classes.
        unit: of a regression's value.
        region: (left, top, right, bottom) in shares of the input, over which the scores of a segmentation or of
            detections are summed; all of it where None.
    """

    classes: Classes | None = None
    transform: Any = None
    size: Size | None = None
    mean: Sequence[float] | None = None
    std: Sequence[float] | None = None
    output: Output | None = None
    target: OutputKind | None = None
    unit: str = ""
    region: Region | None = None


def open_networks(networks: nn.Module | Mapping[str, nn.Module], said: Said) -> dict[str, LiveNetwork]:
    """Each network under its name, a single one under its class's.

    Raises:
        TypeError: something is no module.
        ValueError: a network cannot be looked at, or what was said does not fit it; the sentence says what would.
    """
    named = networks if isinstance(networks, Mapping) else {_kind(networks): networks}
    if not named:
        raise ValueError("no network was given")
    for name, network in named.items():
        if not isinstance(network, nn.Module):
            raise TypeError(f"{name} is no torch.nn.Module but {type(network).__name__}")
    opened = {}
    for name, network in named.items():
        try:
            opened[str(name)] = open_network(network, said, name=str(name))
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from error
    if len({network.card.classes for network in opened.values()}) > 1:
        counts = ", ".join(f"{name} has {len(network.card.classes)}" for name, network in opened.items())
        raise ValueError(f"networks that are compared have the same classes; {counts}")
    return opened


def open_network(
    network: nn.Module, said: Said, *, name: str = "", x: Tensor | None = None, scores: bool = True
) -> LiveNetwork:
    """One network: copied in memory, adapted where it is not of this project, with a card.

    Args:
        network: any; it is left as it is.
        said: about it.
        name: of it; its class's where empty.
        x: (1, C, H, W), normalised, to find the gates with; noise of the input's size where None.
        scores: whether its output must be readable; without, gates are all that can be asked of it.

    Raises:
        ValueError: as `open_networks`.
    """
    name = name or _kind(network)
    network = getattr(network, "_orig_mod", network)  # what torch.compile wraps
    if said.target not in (None, *OUTPUT_KINDS):
        raise ValueError(f"target is one of {', '.join(OUTPUT_KINDS)}, got {said.target!r}")
    prepared, channels = preparation_of(network, said), _channels(network)
    size = prepared.size or SIZE
    mean, std = _normalisation(prepared, channels, name, assume=x is None)
    if x is None:
        sides = size if isinstance(size, tuple) else (size, size)
        x = torch.randn(1, channels, *sides, generator=torch.Generator().manual_seed(0))
    x = x.to(device_of(network))
    if isinstance(network, ResidualNetwork | ForeignNetwork):
        copied: nn.Module = copy_of(network)
    else:
        copied = adapt(network, x, said.output, kind=said.target, classes=_count(said.classes))
    copied.eval().requires_grad_(False)
    refusal = _refusal(copied)
    if refusal is not None and scores:
        raise refusal
    negative = ""
    if refusal is None:
        with torch.no_grad():
            count = int(copied(placed(x, copied)).shape[1])
        names, kind = class_names(said.classes, count, network, said.target), said.target
        if len(names) > count:  # one logit for two classes
            names, negative, kind = names[1:], names[0], "binary"
    else:  # of what nobody reads
        names, kind = ("?",), "regression"
    try:
        card = foreign_card(copied, names, input_size=size, mean=mean, std=std, name=name, output=kind, unit=said.unit)
    except CheckpointError as error:
        raise ValueError(str(error)) from error
    card = dataclasses.replace(
        card,
        config=network.config if isinstance(network, ResidualNetwork) else card.config,
        dataset="own",
        dataset_title="",
        fit=prepared.fit,
        resize=prepared.resize,
        interpolation=prepared.interpolation,
        negative=negative,
    )
    card.check()
    opened = LiveNetwork(card, copied, live_digest(copied, card, said.output))
    return opened if said.region is None else opened.within(said.region)


def preparation_of(network: nn.Module, said: Said) -> Preparation:
    """What was said in so many words, else the transform's, else the network's own (timm's configuration)."""
    own = getattr(network, "pretrained_cfg", None) or getattr(network, "default_cfg", None)
    own = own if isinstance(own, Mapping) else {}
    found = read_preparation(own if said.transform is None else said.transform)
    if said.transform is None and not own:
        found = dataclasses.replace(found, interpolation="bicubic")  # as pictures are resized here
    if said.size is not None:
        found = dataclasses.replace(found, size=said.size, resize=0)
    mean, std = (None if given is None else tuple(map(float, given)) for given in (said.mean, said.std))
    return dataclasses.replace(found, mean=mean or found.mean, std=std or found.std)


def class_names(
    classes: Classes | None, count: int, network: nn.Module, kind: OutputKind | None = None
) -> tuple[str, ...]:
    """Names, one an output: those given, else those that the network carries, else numbers. Of one logit that tells two
    classes apart, both: the one where it is negative, then the one where it is positive.

    Raises:
        ValueError: not one an output, or the file cannot be read.
    """
    if classes is None:
        labels = getattr(getattr(network, "config", None), "id2label", None)  # Hugging Face
        classes = labels if isinstance(labels, Mapping) and len(labels) == count else None
    if classes is None:
        word = {"regression": "value", "multilabel": "label"}.get(kind or "", "class")
        return (word,) if count == 1 else tuple(f"{word} {number}" for number in range(count))
    if isinstance(classes, str | Path):
        try:
            lines = Path(classes).expanduser().read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise ValueError(f"the classes' file {classes} cannot be read: {error}") from error
        classes = [line.strip() for line in lines if line.strip()]
    names = [classes[key] for key in sorted(classes)] if isinstance(classes, Mapping) else list(classes)
    two = count == 1 and len(names) == 2 and kind in (None, "binary")
    if len(names) != count and not two:
        outputs = "1 output" if count == 1 else f"{count} outputs"
        raise ValueError(f"the network has {outputs}, and {len(names)} classes were given")
    return tuple(map(str, names))


def gates_found(network: LiveNetwork) -> tuple[int, int]:
    """How many gates, channel and spatial."""
    branches = [gate.branch for gate in gates_of(network.module).values()]
    return branches.count("channel"), branches.count("spatial")


def notes_of(network: LiveNetwork) -> tuple[str, ...]:
    """What was found out about it that its user should read."""
    return network.module.adaption.notes if isinstance(network.module, ForeignNetwork) else ()


def _normalisation(
    prepared: Preparation, channels: int, name: str, *, assume: bool
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and standard deviation; where nothing says them, assumed with a warning, or 0 and 1 for a picture that is
    normalised already, nobody knows how."""
    if prepared.mean is not None and prepared.std is not None:
        return prepared.mean, prepared.std
    if not assume:
        return (0.0,) * channels, (1.0,) * channels
    mean, std = IMAGENET if channels == 3 else ((0.5,) * channels, (0.5,) * channels)
    warnings.warn(
        f"{name}: nothing says how pictures are normalised; {'ImageNet' if channels == 3 else '0.5'} is taken for mean "
        "and std. Give transform=, or mean= and std=.",
        stacklevel=3,
    )
    return mean, std


def _refusal(network: nn.Module) -> RefusalError | None:
    """Why nobody reads its output; None where it is read."""
    scores = network.adaption.scores if isinstance(network, ForeignNetwork) else None
    return None if scores is None else scores.refusal


def _kind(network: Any) -> str:
    """Its class's name; of a compiled one, that of what was compiled."""
    return type(getattr(network, "_orig_mod", network)).__name__


def _count(classes: Classes | None) -> int | None:
    """How many were given, where that needs no file read."""
    return None if classes is None or isinstance(classes, str | Path) else len(classes)


def _channels(network: nn.Module) -> int:
    """Of the input: what the first layer with weights for channels takes; 3 where none says it."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            return module.in_channels
    return 3
