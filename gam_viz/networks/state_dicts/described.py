"""What a pickle in a `.pth` file describes, in plain values: nothing of it is built."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch


@dataclass(frozen=True)
class Storage:
    """A run of numbers in the file: its key, their type and how many the pickle says there are."""

    key: str
    dtype: torch.dtype
    count: int


@dataclass(frozen=True)
class TensorSpec:
    """A tensor as the pickle describes it: a view on a storage, in numbers, not bytes."""

    storage: Storage
    offset: int
    size: tuple[int, ...]
    stride: tuple[int, ...]


@dataclass(frozen=True)
class Name:
    """A class or function that the pickle names."""

    text: str


@dataclass(eq=False)
class Unread:
    """An object that Python would have built.

    Attributes:
        text: the class or function that makes it.
        items: what was put into it by key, as into a dict.
        state: its attributes, as far as they are plain; None where it has none.
    """

    text: str
    items: dict[Any, Any] = field(default_factory=dict)
    state: Any = None


def short(text: str) -> str:
    """A name from a file, no longer than a sentence bears."""
    return text[:80]
