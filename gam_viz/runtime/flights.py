"""What several ask for at once is made by one of them, while the others wait for it."""

from __future__ import annotations

import threading
from collections.abc import Hashable, Iterator
from contextlib import contextmanager

from gam_viz.runtime.device_queue import INTERVAL, in_lane
from gam_viz.runtime.visit import OnWait, Waiting


class Flights:
    """What is being made now, by key.

    Who comes while the same is made waits, then looks whether it is there; where its maker left instead, one of those
    who waited makes it.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._made: set[Hashable] = set()

    @contextmanager
    def alone(self, key: Hashable, on_wait: OnWait) -> Iterator[None]:
        """Be the only one who makes what has that key, until the block ends.

        A thread that is in a device's lane passes through: it must wait for nobody who may wait for that lane.

        Args:
            key: of what is made.
            on_wait: told position 0, again and again, while somebody else makes it; may raise to leave.
        """
        if in_lane():
            yield
            return
        while not self._begun(key):
            on_wait(Waiting(0, None))
            with self._changed:
                if key in self._made:
                    self._changed.wait(INTERVAL)
        try:
            yield
        finally:
            with self._changed:
                self._made.remove(key)
                self._changed.notify_all()

    def _begun(self, key: Hashable) -> bool:
        with self._changed:
            if key in self._made:
                return False
            self._made.add(key)
            return True
