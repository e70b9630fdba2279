"""What a network's weights must be: the names, shapes and kinds of number of the architecture its card describes."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from gam_viz.networks import ResidualNetwork, build_network
from gam_viz.networks.card import Card, CheckpointError

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
        raise CheckpointError(
            f"the network that {card.name}'s card describes cannot be built: {error}", code="unknown"
        ) from error


def _kind(value: torch.Tensor) -> str:
    return "float" if value.is_floating_point() else "int"


def parts_of(network: ResidualNetwork) -> Parts:
    """Names, shapes and kinds of the network's weights."""
    return {key: (tuple(value.shape), _kind(value)) for key, value in network.state_dict().items()}


def require_same(given: Parts, expected: Parts, name: str, says: str = "its card describes") -> None:
    """Refuse weights that are not those of the expected network, in one sentence on what differs."""
    missing = sorted(expected.keys() - given.keys())
    unexpected = sorted(given.keys() - expected.keys())
    both = sorted(expected.keys() & given.keys())
    reshaped = [key for key in both if expected[key][0] != given[key][0]]
    retyped = [key for key in both if expected[key][1] != given[key][1]]
    parts = []
    if missing:
        parts.append(f"missing {_some(missing)}")
    if unexpected:
        parts.append(f"unexpected {_some(unexpected)}")
    if reshaped:
        parts.append("shape of " + _some([f"{k} is {given[k][0]}, expected {expected[k][0]}" for k in reshaped]))
    if retyped:
        parts.append("number format of " + _some(retyped))
    if parts:
        raise CheckpointError(f"{name} does not fit the network {says}: {'; '.join(parts)}", code="misfit")


def _some(names: list[str], limit: int = 4) -> str:
    rest = len(names) - limit
    return ", ".join(names[:limit]) + (f" and {rest} more" if rest > 0 else "")


def require_finite(weights: Mapping[str, torch.Tensor]) -> None:
    """Refuse weights of which one is not finite."""
    for key, value in weights.items():
        if value.is_floating_point() and not bool(torch.isfinite(value).all()):
            raise CheckpointError(f"weight {key} holds values that are not finite", code="infinite")
