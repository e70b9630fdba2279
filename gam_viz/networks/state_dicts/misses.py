"""Weights of no network that is known here: what of them could be what."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from gam_viz.networks.card import CheckpointError, printable
from gam_viz.networks.state_dicts.described import short
from gam_viz.networks.weights import Shape
from gam_viz.text import Words
from gam_viz.text.refusal import Phrase

MOST_ROWS = 8


@dataclass(frozen=True)
class Miss:
    """A kind of weights that is in the file.

    Attributes:
        weight: the first of them, by its name in the file.
        shape: its.
        count: of them.
        could_be: what they may be.
    """

    weight: str
    shape: Shape
    count: int
    could_be: Phrase

    def in_words(self, words: Words) -> str:
        """A line of the table."""
        return words.text(
            "checkpoints.miss",
            weight=self.weight,
            shape=self.shape,
            count=self.count,
            could_be=self.could_be.sentence(words),
        )


class UnknownNetworkError(CheckpointError):
    """Weights that are read, of a network that is not told by them.

    Attributes:
        misses: what is there; up to `MOST_ROWS`.
        library: a library's architecture whose weights these are, "timm:seresnet18"; None where none was found.
    """

    def __init__(
        self, key: str, /, *, misses: tuple[Miss, ...] = (), library: str | None = None, **details: object
    ) -> None:
        self.misses, self.library = misses, library
        super().__init__(key, **details)

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (self.key, self.misses, self.library, dict(self.details))


def _rebuild(
    key: str, misses: tuple[Miss, ...], library: str | None, details: dict[str, object]
) -> UnknownNetworkError:
    return UnknownNetworkError(key, misses=misses, library=library, **details)


def near_misses(shapes: Mapping[str, Shape]) -> tuple[Miss, ...]:
    """What weights could be, a row a kind, what looks like attention first."""
    pairs = {shape[:2] for shape in shapes.values() if _pointwise(shape)}
    found: dict[int, list[tuple[str, Shape]]] = {}
    for key, shape in shapes.items():
        kind = _kind(key, shape, pairs)
        if kind is not None:
            found.setdefault(_KINDS.index(kind), []).append((key, shape))
    rows = []
    for number, weights in sorted(found.items())[:MOST_ROWS]:
        # Of linear layers the last is the head.
        key, shape = weights[-1] if _KINDS[number] == "head" else weights[0]
        numbers = {"channels": shape[1] if len(shape) > 1 else 0, "outputs": shape[0] if shape else 0}
        could_be = Phrase(f"checkpoints.could_be.{_KINDS[number]}", numbers)
        rows.append(Miss(short(printable(key)), shape, len(weights), could_be))
    return tuple(rows)


#: In the order of the rows.
_KINDS = ("gate", "mask", "along", "tokens", "grouped", "stem", "head", "convolution")
_TOKENS = re.compile(r"(^|[._])(qkv|in_proj|q|k|v|query|key|value|to_[qkv]\w*|[qkv]_proj)([._]|$)", re.I)


def _kind(key: str, shape: Shape, pairs: set[Shape]) -> str | None:
    if not re.search(r"weight$", key):
        return None
    if len(shape) == 4 and shape[:2] == (1, 2) and shape[2] == shape[3] > 1:
        return "mask"
    if len(shape) == 3 and shape[:2] == (1, 1):
        return "along"
    if len(shape) >= 2 and _TOKENS.search(key):
        return "tokens"
    if _pointwise(shape):
        out, into = shape[:2]
        if out < into and (into, out) in pairs and into % out == 0:
            return "gate"
        return "head" if len(shape) == 2 else None
    if len(shape) == 4 and shape[1] == 1:
        return "grouped" if shape[0] > 1 else None
    if len(shape) == 4:
        return "stem" if shape[1] <= 4 else "convolution"
    return None


def _pointwise(shape: Shape) -> bool:
    return len(shape) == 2 or (len(shape) == 4 and shape[2:] == (1, 1))
