"""What of an uploaded checkpoint is believed: everything that it says of itself may be wrong, or meant to harm."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode

from gam_viz.app.shared.uploads import plain
from gam_viz.cost import Counts, count
from gam_viz.networks import NetworkConfig
from gam_viz.networks.checkpoints import Card, Checkpoint
from gam_viz.networks.live import UploadedNetwork
from gam_viz.networks.named import NamedWeights
from gam_viz.networks.weights import skeleton
from gam_viz.text.refusal import first_line

#: What a session keeps: a checkpoint, or a library's network.
Uploaded = Checkpoint | UploadedNetwork

MEGABYTE = 10**6
MAX_BYTES = 200 * MEGABYTE  # of a file; `server.maxUploadSize` in .streamlit/config.toml is the same
MAX_NETWORKS = 4  # of a session
MAX_SESSION_BYTES = 400 * MEGABYTE  # of a session's networks together
MAX_CLASSES = 1000
MAX_SIDE = 512  # pixels of the input
MAX_MACS = 30e9  # for one picture: seconds on two cores, and others wait for them
SUFFIXES = ("pth", "pt", "ckpt", "tar", "bin", "safetensors")  # .pth.tar among them


class OwnNetworkError(ValueError):
    """An own network or an answer that is not taken: `code` names the catalogue's sentence, `details` fill its gaps."""

    def __init__(self, code: str, **details: object) -> None:
        super().__init__(code)
        self.code, self.details = code, details


def check_room(size: int, kept: Sequence[Uploaded]) -> None:
    """Refuse a file for which there is no room, before anything of it is read.

    Raises:
        OwnNetworkError: it is too large, or the session has its networks.
    """
    if size > MAX_BYTES:
        raise OwnNetworkError("too_large", most=MAX_BYTES // MEGABYTE)
    if len(kept) >= MAX_NETWORKS:
        raise OwnNetworkError("full", most=MAX_NETWORKS)
    if size + sum(other.size for other in kept) > MAX_SESSION_BYTES:
        raise OwnNetworkError("session_large", most=MAX_SESSION_BYTES // MEGABYTE)


def admitted(checkpoint: Checkpoint, shipped: Sequence[Checkpoint], kept: Sequence[Uploaded]) -> Checkpoint:
    """The checkpoint under a name of its own and with a card that the page can show; its bytes stay as they are.

    It belongs to the data set that its card names where a shipped network has the same classes. Else it is of "own"
    data: a data set's name is also where its pictures are looked for, so it is never taken from a file.

    Raises:
        OwnNetworkError: it is here already, or too large to be looked at.
        CheckpointError: there is no such network as its card describes.
    """
    card = checkpoint.card
    check_new(checkpoint, (*shipped, *kept))
    check_room(checkpoint.size, kept)
    skeleton(card)
    check_scale(card.config, card.sides[0])
    home = next((c.card for c in shipped if (c.card.dataset, c.card.classes) == (card.dataset, card.classes)), None)
    return dataclasses.replace(
        checkpoint,
        card=Card(
            name=distinct(card.name, [c.card.name for c in (*shipped, *kept)]),
            dataset="own" if home is None else home.dataset,
            dataset_title="" if home is None else home.dataset_title,
            classes=class_names(card.classes) if home is None else home.classes,
            input_size=card.input_size,
            mean=card.mean,
            std=card.std,
            config=card.config,
            domain="medical" if "medical" in (card.domain, home.domain if home else "") else "",
            epochs=card.epochs,
            validation=_of(card.validation, "accuracy"),
            test=_of(card.test, "accuracy", "interval"),
        ),
    )


def check_new(network: Uploaded, known: Iterable[Uploaded]) -> None:
    """Refuse a network that is here already.

    Raises:
        OwnNetworkError: it is.
    """
    for other in known:
        if other.sha256 == network.sha256:
            raise OwnNetworkError("there", name=other.card.name)


def check_scale(config: NetworkConfig, side: int) -> Counts:
    """What a network costs on pictures of `side` pixels.

    Raises:
        OwnNetworkError: more than the page shows or computes, or it cannot run.
    """
    _check_sizes(config.num_classes, side)
    # Options are printed; the module that takes them looks at no more than it needs of them.
    values = config.attention_options.values()
    if not all(isinstance(v, int) or (isinstance(v, str) and v.isidentifier() and len(v) <= 40) for v in values):
        raise OwnNetworkError("options")
    try:
        counts = count(config, side)
    except (ValueError, TypeError, RuntimeError) as error:
        raise OwnNetworkError("fails") from error
    _check_macs(counts.macs)
    return counts


def check_library_scale(weights: NamedWeights, side: int) -> None:
    """As `check_scale`, for a library's architecture.

    Raises:
        OwnNetworkError: more than the page shows or computes, or it cannot run on pictures of `side` pixels.
    """
    _check_sizes(weights.num_classes, side)
    try:
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            weights.on_meta()(torch.empty(1, weights.channels, side, side, device="meta"))
    except (ValueError, TypeError, RuntimeError, AssertionError, IndexError, NotImplementedError) as error:
        raise OwnNetworkError("runs_not", side=side, why=first_line(error)) from error
    _check_macs(counter.get_total_flops() // 2)


def _check_sizes(classes: int, side: int) -> None:
    if classes > MAX_CLASSES:
        raise OwnNetworkError("classes_many", most=MAX_CLASSES)
    if side > MAX_SIDE:
        raise OwnNetworkError("input_large", most=MAX_SIDE)


def _check_macs(macs: int) -> None:
    if macs > MAX_MACS:
        raise OwnNetworkError("costs", billions=macs / 1e9, most=MAX_MACS / 1e9)


def distinct(name: str, taken: Collection[str]) -> str:
    """A network's name that is fit to be printed and that no other has: "scenes-cbam-own", "scenes-cbam-own-2" …"""
    name = plain(name)[:60].strip(" .") or "network"
    candidate, number = name, 1
    while candidate in taken:
        candidate, number = f"{name}-own" if number == 1 else f"{name}-own-{number}", number + 1
    return candidate


def class_names(names: Sequence[str]) -> tuple[str, ...]:
    """Classes' names without what Markdown would take for markup; one a logit.

    Raises:
        OwnNetworkError: two are the same.
    """
    shown = tuple(
        "".join(letter if letter.isalnum() or letter in " ._-,'/&+%()" else "_" for letter in name)[:80].strip()
        or f"class {number}"
        for number, name in enumerate(names)
    )
    twice = next((name for number, name in enumerate(shown) if name in shown[:number]), None)
    if twice is not None:
        raise OwnNetworkError("classes_twice", name=twice)
    return shown


def read_classes(written: str, count: int) -> tuple[str, ...]:
    """Classes as they are written in a field, one a line, or with commas between them; none gives "class 0" …

    Raises:
        OwnNetworkError: not `count`, or two are the same.
    """
    parts = written.splitlines() if "\n" in written.strip() else written.split(",")
    names = [part.strip().strip("'\"[]").strip() for part in parts]
    names = [name for name in names if name]
    if not names:
        names = [f"class {number}" for number in range(count)]
    if len(names) != count:
        raise OwnNetworkError("classes_count", wanted=count, given=len(names))
    return class_names(names)


def read_three(written: str) -> tuple[float, float, float]:
    """Three numbers, as in code: "0.5, 0.5, 0.5", with or without brackets.

    Raises:
        OwnNetworkError: not three numbers.
    """
    try:
        red, green, blue = (float(part) for part in re.split(r"[,;\s]+", written.strip("()[] \t\n")))
    except ValueError as error:
        raise OwnNetworkError("three_numbers") from error
    return red, green, blue


def _of(said: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    """What the page shows of what a card says, without what else it holds."""
    return {key: said[key] for key in keys if key in said}
