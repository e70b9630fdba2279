"""Who asks for a device's lane, and what those who wait are told; `device_queue` says who comes first."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass

SHORT = 1.0  # seconds of the lane after which a visit is long work


@dataclass(frozen=True)
class Waiting:
    """What comes before somebody who waits.

    Attributes:
        position: place in the queue: 1 is next; 0 where the very same is being computed for somebody else.
        seconds: until it is this one's turn, about; None where that is not known.
    """

    position: int
    seconds: float | None


#: Told what comes first. May raise to leave the queue.
OnWait = Callable[[Waiting], None]


class Visit:
    """What one session asked for at once: a run of a page, with all that it computes one after the other.

    Attributes:
        session: who asked.
        used: seconds of the lane that it has had.
    """

    def __init__(self, session: Hashable) -> None:
        self.session = session
        self.used = 0.0
        self.start = 0.0
        self.number = -1  # in the order in which visits came to a lane; -1 before

    @property
    def short(self) -> bool:
        """Whether it has had so little that it goes before long work."""
        return self.used < SHORT


class Ticket:
    """One stay in the lane, or in its queue."""

    def __init__(self, visit: Visit, on_wait: OnWait | None, since: float) -> None:
        self.visit, self.on_wait = visit, on_wait
        self.since = since  # when it came to the queue, or into the lane
        self.charged = since  # until when its time in the lane is on its visit's account
        self.owed = False  # it was let in because it had waited for too long
        self.thread = threading.get_ident()
