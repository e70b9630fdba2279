"""Whatever a file, a card or a link holds, it is read or refused: no exception, no hang, no growing memory."""

import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.many_cases import KINDS

ROOT = Path(__file__).resolve().parents[1]


def test_there_are_two_hundred_thousand() -> None:
    assert sum(count for count, _ in KINDS.values()) >= 200_000


@pytest.mark.parametrize("kind", KINDS)
def test_the_first_cases(kind: str) -> None:
    """Few, so that no kind falls behind what it tries."""
    for number in range(3):
        KINDS[kind][1](random.Random(f"{kind} {number}"))


@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS)
def test_no_case_falls_hangs_or_lets_memory_grow(kind: str) -> None:
    """In a process of its own: a decoder may end that, too."""
    run = subprocess.run(
        [sys.executable, "-m", "tests.many_cases", kind], cwd=ROOT, capture_output=True, text=True, check=False
    )
    how = "" if run.returncode >= 0 else f"{signal.Signals(-run.returncode).name} in case "
    assert run.returncode == 0, f"{how}{run.stderr.splitlines()[-1:]}\n{run.stdout}"
