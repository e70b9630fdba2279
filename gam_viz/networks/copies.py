"""Copies of networks that hold what cannot be copied: a lock, a generator, a weight that was computed from another."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import TypeVar

from torch import Tensor, nn

M = TypeVar("M", bound=nn.Module)

_TABLES = ("_parameters", "_buffers", "_modules")
_FAILURES = (TypeError, RuntimeError, AttributeError, ValueError, NotImplementedError)


def copy_of(network: M, shared: Mapping[int, object] | None = None) -> M:
    """A deep copy: weights, buffers and modules of its own.

    What a module holds beside these and what no deep copy can be made of is the same object in both; a computed tensor,
    as pruning leaves one, is detached first.

    Args:
        network: any module; left as it is.
        shared: `id` -> the object to use in the copy in its place.

    Raises:
        RuntimeError, TypeError, AttributeError: a weight or a module itself cannot be copied.
    """
    try:
        return copy.deepcopy(network, dict(shared or {}))
    except _FAILURES:
        return copy.deepcopy(network, {**_uncopyable(network), **(shared or {})})


def _uncopyable(network: nn.Module) -> dict[int, object]:
    """`id` -> what stands for it in a copy."""
    found: dict[int, object] = {}
    for module in network.modules():
        for name, value in vars(module).items():
            if name in _TABLES:
                continue
            if isinstance(value, Tensor):
                found[id(value)] = value.detach().clone()
                continue
            try:
                copy.deepcopy(value)
            except _FAILURES:
                found[id(value)] = value
    return found
