"""Which combinations a test tries by default, and which wait for --run-long."""

from collections.abc import Sequence
from itertools import product
from typing import Any

import pytest


def each_once(*values: Sequence[Any]) -> list[Any]:
    """Every combination of the values, for `pytest.mark.parametrize`.

    Those in which the values walk side by side, the shorter lists again from their beginning, have each value at least
    once and are tried by default; the others are marked long.
    """
    longest = max(len(given) for given in values)
    default = {tuple(step % len(given) for given in values) for step in range(longest)}
    rows = product(*(range(len(given)) for given in values))
    return [
        pytest.param(
            *(given[place] for given, place in zip(values, row, strict=True)),
            marks=() if row in default else pytest.mark.long,
        )
        for row in rows
    ]
