"""Weights of a file put into a network that somebody built: names and shapes are compared before a number is read."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence

from torch import Tensor, nn

from gam_viz.networks.card import CheckpointError
from gam_viz.networks.state_dicts.file import WeightsFile
from gam_viz.networks.weights import Shape, require_finite
from gam_viz.text.refusal import Joined, Phrase

#: What is counted beside the weights and takes no part in an answer: batches seen by old batch norms, and what the
#: profiler "thop" leaves in every module.
_COUNTERS = ("num_batches_tracked", "total_ops", "total_params")
_DEPTH = 4  # names that other modules may have put in front


def load_weights(network: nn.Module, file: WeightsFile, called: str | None = None) -> tuple[str, ...]:
    """Put a file's weights into a network, in the network's number formats; nothing is changed where they do not fit.

    The file's names may have a prefix that the network's have not, or the other way round, as a LightningModule's
    `model.`; weights beside that prefix (a loss's, another network's) are left over.

    Args:
        network: any module; not on the "meta" device.
        file: as `open_weights` gives it.
        called: the network's name for messages; its class's unless given.

    Returns:
        The names of the weights that are left over.

    Raises:
        CheckpointError: weights are missing, left over under the network's own names, or of other shapes; or one is
            not finite.
    """
    names = fitting(shapes_of(network), file, called or type(network).__name__)
    numbers = file.tensors(names.values())
    weights = {key: numbers[theirs] for key, theirs in names.items()}
    require_finite(weights)
    network.load_state_dict(weights, strict=False)  # what is missing are counters
    return tuple(sorted(file.shapes.keys() - names.values()))


def shapes_of(network: nn.Module) -> dict[str, Shape]:
    """The shapes of a network's weights."""
    return {key: tuple(value.shape) for key, value in network.state_dict().items() if isinstance(value, Tensor)}


def fitting(wanted: Mapping[str, Shape], file: WeightsFile, called: str) -> dict[str, str]:
    """Each of a network's weights -> its name in the file.

    Raises:
        CheckpointError: they do not fit; one sentence with counts and the nearest names.
    """
    before, after = _prefixes(wanted, file.shapes)
    names = {
        after + key.removeprefix(before): key
        for key in file.shapes
        if key.startswith(before) and not key.endswith(_COUNTERS[1:])
    }
    needed = [key for key in wanted if not key.endswith(_COUNTERS)]
    missing = [key for key in needed if key not in names]
    unexpected = [key for key in names if key not in wanted]
    reshaped = [key for key in names if key in wanted and file.shapes[names[key]] != wanted[key]]
    if missing or unexpected or reshaped:
        parts = [
            *_counted("missing", missing, unexpected),
            *_counted("unexpected", unexpected, missing),
            *([_reshaped(reshaped, names, wanted, file.shapes)] if reshaped else []),
        ]
        raise CheckpointError(
            "checkpoints.misfit.built",
            name=file.name,
            network=called,
            fits=sum(key in names and key not in reshaped for key in needed),
            of=len(needed),
            differences=Joined("errors.and_then", tuple(parts)),
        )
    return names


def _prefixes(wanted: Mapping[str, Shape], given: Mapping[str, Shape]) -> tuple[str, str]:
    """What to take from the front of the file's names, or what to put there, for most of them to be the network's."""
    best, most = ("", ""), sum(key in wanted for key in given)
    for prefix in _fronts(given):
        count = sum(key.startswith(prefix) and key.removeprefix(prefix) in wanted for key in given)
        if count > most:
            best, most = (prefix, ""), count
    for prefix in _fronts(wanted):
        count = sum(prefix + key in wanted for key in given)
        if count > most:
            best, most = ("", prefix), count
    return best


def _fronts(names: Mapping[str, Shape]) -> list[str]:
    steps = [key.split(".")[:-1] for key in names]
    return list(dict.fromkeys(".".join(s[:depth]) + "." for s in steps for depth in range(1, min(len(s), _DEPTH) + 1)))


def _counted(kind: str, names: Sequence[str], others: Sequence[str]) -> list[Phrase]:
    if not names:
        return []
    near = difflib.get_close_matches(names[0], others[:2000], n=1)
    details = {"count": len(names), "first": names[0]}
    if not near:
        return [Phrase(f"checkpoints.differences.{kind}_count", details)]
    return [Phrase(f"checkpoints.differences.{kind}_near", {**details, "near": near[0]})]


def _reshaped(
    keys: Sequence[str], names: Mapping[str, str], wanted: Mapping[str, Shape], given: Mapping[str, Shape]
) -> Phrase:
    first = keys[0]
    details = {"count": len(keys), "weight": first, "given": given[names[first]], "wanted": wanted[first]}
    return Phrase("checkpoints.differences.shapes_count", details)
