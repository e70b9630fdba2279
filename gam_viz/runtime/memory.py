"""A GPU's memory that does not suffice: half as many things at once, until they fit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor


class Halving:
    """Computes something of many things at once; in halves from where the device's memory did not suffice."""

    def __init__(self) -> None:
        self._most: int | None = None

    def __call__(self, things: Any, run: Callable[[Any], Tensor]) -> Tensor:
        """(n, …) of `things`: n rows of a tensor, a list or a range, of which any part can be computed alone.

        Raises:
            torch.OutOfMemoryError: there is not enough for one.
        """
        most = max(1, min(len(things), self._most or len(things)))

        def in_parts(step: int) -> Tensor:
            if step < most:
                self._most = step
            parts = [run(things[start : start + step]) for start in range(0, max(1, len(things)), step)]
            return parts[0] if len(parts) == 1 else torch.cat(parts)

        return fewer(most, in_parts)


def fewer(most: int, run: Callable[[int], Tensor]) -> Tensor:
    """`run(most)`, for what cuts its work itself; again with half as many at once where memory does not suffice."""
    while True:
        try:
            return run(most)
        except torch.OutOfMemoryError:
            if most == 1:
                raise
        # Only here: until the error is gone, it holds what was computed.
        most //= 2
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
