"""What a network's weights must be: the names, shapes and kinds of number of the architecture its card describes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch

from gam_viz.networks import ResidualNetwork, build_network
from gam_viz.networks.card import Card, CheckpointError
from gam_viz.text.refusal import Joined, Phrase, reason

Shape = tuple[int, ...]
#: For each name, a tensor's shape and whether it holds "float" or "int" numbers.
Parts = Mapping[str, tuple[tuple[int, ...], str]]


#: The number formats that are read, as safetensors names them.
KINDS = dict.fromkeys(("F64", "F32", "F16", "BF16"), "float") | dict.fromkeys(("I64", "I32", "I16", "I8", "U8"), "int")


def skeleton(card: Card) -> ResidualNetwork:
    """The network a card describes, without memory for its weights."""
    try:
        with torch.device("meta"):
            return build_network(card.config)
    except (ValueError, TypeError, RuntimeError) as error:
        raise CheckpointError("checkpoints.unknown.card_not_built", name=card.name, why=reason(error)) from error


def _kind(value: torch.Tensor) -> str:
    return "float" if value.is_floating_point() else "int"


def parts_of(network: ResidualNetwork) -> Parts:
    """Names, shapes and kinds of the network's weights."""
    return {key: (tuple(value.shape), _kind(value)) for key, value in network.state_dict().items()}


Differences = Joined


def differences(given: Parts, expected: Parts) -> Differences | None:
    """What differs between weights and those of the expected network, in words; None where nothing does."""
    missing = sorted(expected.keys() - given.keys())
    unexpected = sorted(given.keys() - expected.keys())
    both = sorted(expected.keys() & given.keys())
    reshaped = [key for key in both if expected[key][0] != given[key][0]]
    retyped = [key for key in both if expected[key][1] != given[key][1]]
    parts = list[Phrase]()
    if missing:
        parts.append(_difference("missing", missing))
    if unexpected:
        parts.append(_difference("unexpected", unexpected))
    if reshaped:
        parts.append(_difference("shapes", [_shape(key, given[key][0], expected[key][0]) for key in reshaped]))
    if retyped:
        parts.append(_difference("formats", retyped))
    return Joined("errors.and_then", tuple(parts)) if parts else None


def require_same(given: Parts, expected: Parts, name: str) -> None:
    """Refuse weights that are not those of the network that a card describes, in one sentence on what differs."""
    differs = differences(given, expected)
    if differs is not None:
        raise CheckpointError("checkpoints.misfit.card", name=name, differences=differs)


def _difference(kind: str, names: Sequence[str | Phrase], limit: int = 4) -> Phrase:
    listed: Joined | Phrase = Joined("errors.listed", tuple(names[:limit]))
    if len(names) > limit:
        listed = Phrase("checkpoints.differences.more", {"names": listed, "rest": len(names) - limit})
    return Phrase(f"checkpoints.differences.{kind}", {"names": listed})


def _shape(weight: str, given: tuple[int, ...], wanted: tuple[int, ...]) -> Phrase:
    return Phrase("checkpoints.differences.shape", {"weight": weight, "given": given, "wanted": wanted})


def require_finite(weights: Mapping[str, torch.Tensor]) -> None:
    """Refuse weights of which one is not finite."""
    for key, value in weights.items():
        if value.is_floating_point() and not bool(torch.isfinite(value).all()):
            raise CheckpointError("checkpoints.infinite.weight", weight=key)
