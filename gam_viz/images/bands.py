"""`Bands`: all bands of a picture, of which three at most are shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Bands:
    """The bands of what a picture shows, read when somebody asks for them.

    Attributes:
        names: one a band, as the file has them, opacity last where there is one.
        largest: the largest value that can be stored; None of floating point.
        key: for caches: the bytes' sha256 and which part of them is read; not which bands are shown.
        read: (H, W) of the stored type, band after band; H and W are those of the picture's pixels. It raises what
            decoding raises.
        opacity: whether the last one is called opacity, which is a band only for networks that take one more.
    """

    names: tuple[str, ...]
    largest: float | None
    key: str
    read: Callable[[int], Iterator[NDArray[Any]]]
    opacity: bool = False
