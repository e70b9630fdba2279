"""One computation lane per device: sessions that compute at once queue instead of fighting.

Two computations on two cores each take five times as long as one after the other (their threads spin against each
other), and on a GPU they take each other's memory. So whoever computes holds the device's lane, and whoever waits is
told its place in the queue and may leave it.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch

#: Told the place in the queue: 1 is next. May raise to leave the queue.
OnWait = Callable[[int], None]

INTERVAL = 0.5  # seconds between two calls of `on_wait`


class Lane:
    """A fair lock: first come, first served. The thread that holds it may enter it again."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._queue: deque[object] = deque()
        self._holder: int | None = None
        self._depth = 0

    @property
    def waiting(self) -> int:
        """How many threads wait for the lane now."""
        with self._changed:
            return len(self._queue)

    @contextmanager
    def enter(self, on_wait: OnWait | None = None) -> Iterator[None]:
        """Hold the lane until the block ends.

        Args:
            on_wait: called at once when the lane is taken, and about twice a second while waiting; whatever it raises
                leaves the queue and comes out of here.
        """
        self._take(on_wait)
        try:
            yield
        finally:
            self._leave()

    def _take(self, on_wait: OnWait | None) -> None:
        me, ticket = threading.get_ident(), object()
        with self._changed:
            if self._holder == me:
                self._depth += 1
                return
            self._queue.append(ticket)
        try:
            while True:
                with self._changed:
                    if self._take_if_first(ticket, me):
                        return
                    place = self._queue.index(ticket) + 1
                # Outside the lock: it may take its time, and others must be able to come and go meanwhile.
                if on_wait is not None:
                    on_wait(place)
                with self._changed:
                    if self._take_if_first(ticket, me):
                        return
                    self._changed.wait(INTERVAL)
        except BaseException:
            with self._changed:
                self._queue.remove(ticket)
                self._changed.notify_all()
            raise

    def _take_if_first(self, ticket: object, me: int) -> bool:
        if self._holder is not None or self._queue[0] is not ticket:
            return False
        self._queue.popleft()
        self._holder, self._depth = me, 1
        return True

    def _leave(self) -> None:
        with self._changed:
            self._depth -= 1
            if self._depth == 0:
                self._holder = None
                self._changed.notify_all()


_LANES: dict[str, Lane] = {}
_LANES_LOCK = threading.Lock()


def lane_of(device: torch.device | str) -> Lane:
    """The one lane of a device; "cuda" and "cuda:0" are the same device."""
    device = torch.device(device)
    name = device.type if device.type == "cpu" else f"{device.type}:{device.index or 0}"
    with _LANES_LOCK:
        return _LANES.setdefault(name, Lane())


@contextmanager
def lane(device: torch.device | str, on_wait: OnWait | None = None) -> Iterator[None]:
    """Compute on a device, alone: `with lane(device, on_wait): …`. See `Lane.enter`.

    A thread that already holds the lane passes through.
    """
    with lane_of(device).enter(on_wait):
        yield
