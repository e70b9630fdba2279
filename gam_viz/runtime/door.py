"""Few pages are drawn at a time, one after the other, instead of all at once and each for as long as all together.

Drawing a page is Python, of which a process runs one line at a time: of twenty pages that are begun at once each is
there after twenty times as long; in turn, half of them are there in half the time. A page that takes long, as one that
computes, does not keep others outside: it is counted for a few seconds alone.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from gam_viz.runtime.device_queue import INTERVAL
from gam_viz.runtime.visit import OnWait, Waiting

COUNTED = 5.0  # seconds for which a page keeps others outside
TELL = 2 * INTERVAL  # seconds between two words to one who waits: of twenty, each word costs all of them


class Door:
    """First come, first served; see the module.

    Args:
        most: so many pages are inside at a time, but for those that take long.
        clock: seconds, as `time.monotonic`.
    """

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._clock = most, clock
        self._changed = threading.Condition()
        self._queue: list[object] = []
        self._since: dict[object, float] = {}  # when those inside came in
        self._usual = COUNTED / 2  # seconds for which a page is counted, a running mean

    @property
    def waiting(self) -> int:
        """How many wait outside."""
        return len(self._queue)

    @contextmanager
    def inside(self, on_wait: OnWait) -> Iterator[None]:
        """Be inside until the block ends.

        Args:
            on_wait: told what comes first, again and again while waiting; what it raises leaves the queue and comes
                out of here.
        """
        ticket = object()
        with self._changed:
            self._queue.append(ticket)
        try:
            told = -TELL
            while not self._let_in(ticket):
                if self._clock() - told >= TELL:
                    position, told = self._queue.index(ticket) + 1, self._clock()
                    on_wait(Waiting(position, position * self._usual / self._most))
                with self._changed:
                    self._changed.wait(INTERVAL)
            yield
        finally:
            with self._changed:
                if ticket in self._queue:
                    self._queue.remove(ticket)
                if (since := self._since.pop(ticket, None)) is not None:
                    self._usual += 0.1 * (min(self._clock() - since, COUNTED) - self._usual)
                self._changed.notify_all()

    def _let_in(self, ticket: object) -> bool:
        with self._changed:
            now = self._clock()
            counted = sum(now - since < COUNTED for since in self._since.values())
            if self._queue[0] is not ticket or counted >= self._most:
                return False
            self._queue.remove(ticket)
            self._since[ticket] = now
            self._changed.notify_all()  # perhaps the next one, too
            return True
