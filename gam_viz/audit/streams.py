"""Threads in which passes run: on a processor each computes alone, on one core.

Threads that share a pass wait for each other after every operation; where somebody else uses a core, all of them wait
for him. Passes beside each other wait for nobody: on two cores that others kept busy, two networks took 14 ms a tile
instead of 21 and more, and half of the processor time (measured, `benchmarks/audit.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier

import torch


def stream_count(device: torch.device) -> int:
    """How many there are: as many as torch has threads here; on a GPU one, which keeps it busy."""
    return torch.get_num_threads() if device.type == "cpu" else 1


@contextmanager
def streams(count: int) -> Iterator[ThreadPoolExecutor]:
    """So many threads, in each of which torch computes alone. Those of whoever calls are left as they are.

    What does not run yet when the block ends does not run any more.
    """
    before = torch.get_num_threads()
    pool = ThreadPoolExecutor(count, "gam-viz-pass")
    try:
        started = Barrier(count)
        for each in [pool.submit(_alone, started) for _ in range(count)]:
            each.result()
        torch.set_num_threads(before)  # what threads that are started later begin with
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _alone(started: Barrier) -> None:
    torch.get_num_threads()  # a thread's own number begins with this, and would overwrite what was set before
    torch.set_num_threads(1)
    started.wait()
