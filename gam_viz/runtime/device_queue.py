"""One computation lane per device, shared: sessions that compute at once take turns instead of fighting.

Two computations on two cores each take five times as long as one after the other (their threads spin against each
other), and on a GPU they take each other's memory. So whoever computes holds the device's lane, and whoever waits is
told what comes first and about how long that takes, and may leave.

What takes long lets others through: between two passes through a network it calls `give_way`. Who comes first:

1.  A visit that has had less than `SHORT` seconds, such as a first view of a page, goes before long work and then keeps
    the lane until it is no longer short. Among such, the session that has had less of the lane goes first, and of
    equals the one that came first: start-time fair queueing (Goyal, Vin, Cheng, SIGCOMM 1996), so that a session's
    second visit waits behind another's first, but not for ever.
2.  Long works take turns of `SLICE` seconds, the one whose session has had least first.
3.  Long work also pauses while a page of somebody else is drawn (`expecting`), which needs the same processor.
4.  However many short visits come, long work gets a slice every `PATIENCE` seconds.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager

import torch

from gam_viz.runtime.visit import OnWait, Ticket, Visit, Waiting

INTERVAL = 0.5  # seconds between two calls of `on_wait`
SLICE = 0.5  # seconds for which one long work holds the lane while another waits
PATIENCE = 10.0  # seconds after which long work has a slice, whoever waits
EXPECTED = 5.0  # seconds for which long work pauses for a page that is drawn


class Lane:
    """The lane of a device; see the module. The thread that holds it may enter it again.

    Args:
        clock: seconds, as `time.monotonic`.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._changed = threading.Condition()
        self._queue: list[Ticket] = []
        self._holder: Ticket | None = None
        self._numbers = itertools.count()
        self._fair = 0.0  # the virtual time: what the session now served had of the lane when it came
        self._had: dict[Hashable, float] = {}  # by session, in virtual time; those that are not in it: `_fair`
        self._last_long = 0.0  # when a long work last held the lane
        self._pages: dict[Visit, float] = {}  # that are drawn now, since when
        self._usual = SLICE  # seconds for which a short visit holds the lane at a time, a running mean

    @property
    def waiting(self) -> int:
        """How many threads wait for the lane now."""
        return len(self._queue)

    @contextmanager
    def enter(self, on_wait: OnWait | None = None, visit: Visit | None = None) -> Iterator[None]:
        """Hold the lane until the block ends, but for the times when its `give_way` lets others through.

        Args:
            on_wait: called at once when the lane is taken, and about twice a second while waiting, in `give_way`, too;
                whatever it raises leaves the queue and comes out of here.
            visit: that it belongs to; one of its own where None.
        """
        holder = self._holder
        if holder is not None and holder.thread == threading.get_ident():
            yield
            return
        ticket = Ticket(visit or Visit(object()), on_wait, self._clock())
        self._wait(ticket)
        _held.stays.append((self, ticket))
        try:
            yield
        finally:
            _held.stays.pop()
            with self._changed:
                if self._holder is ticket:  # not after an `on_wait` that raised in `give_way`
                    self._release(ticket)

    @contextmanager
    def expecting(self, visit: Visit) -> Iterator[None]:
        """While a page is drawn, which may want the lane at any moment: others' long work pauses, but not for ever."""
        with self._changed:
            self._pages[visit] = self._clock()
        try:
            yield
        finally:
            with self._changed:
                del self._pages[visit]
                self._changed.notify_all()

    def give_way(self, ticket: Ticket) -> None:
        """Let those through who come before the holder; returns when it is the holder's turn again."""
        if not self._queue and not self._pages:
            return
        with self._changed:
            if not self._yields(ticket):
                return
            self._release(ticket)
            ticket.since = self._clock()
        self._wait(ticket)

    def _yields(self, ticket: Ticket) -> bool:
        now = self._clock()
        self._charge(ticket, now)
        if ticket.visit.short:
            return False
        sliced = now - ticket.since >= SLICE
        if self._expects(ticket, now) and (sliced or not ticket.owed):
            return True
        if not self._queue:
            return False
        first = min(self._queue, key=self._rank)
        if first.visit.short:
            return sliced or not ticket.owed
        return sliced and self._rank(first) < self._rank(ticket)

    def _wait(self, ticket: Ticket) -> None:
        with self._changed:
            visit = ticket.visit
            if visit.number < 0:
                visit.number = next(self._numbers)
                visit.start = self._had[visit.session] = max(self._fair, self._had.get(visit.session, 0.0))
            self._queue.append(ticket)
        try:
            while True:
                with self._changed:
                    if self._take_if_first(ticket):
                        return
                    told = self._told(ticket)
                # Outside the lock: it may take its time, and others must be able to come and go meanwhile.
                if ticket.on_wait is not None:
                    ticket.on_wait(told)
                with self._changed:
                    if self._take_if_first(ticket):
                        return
                    self._changed.wait(INTERVAL)
        except BaseException:
            with self._changed:
                self._queue.remove(ticket)
                self._changed.notify_all()
            raise

    def _take_if_first(self, ticket: Ticket) -> bool:
        if self._holder is not None or min(self._queue, key=self._rank) is not ticket:
            return False
        visit, rank = ticket.visit, self._rank(ticket)[0]
        if rank == 2 and self._expects(ticket, self._clock()):
            return False
        ticket.owed = rank == 0
        self._queue.remove(ticket)
        self._holder = ticket
        ticket.since = ticket.charged = self._clock()
        self._fair = max(self._fair, visit.start if visit.short else self._had_of(visit))
        return True

    def _release(self, ticket: Ticket) -> None:
        now = self._clock()
        if ticket.visit.short:
            self._usual += 0.1 * (now - ticket.since - self._usual)
        else:
            self._last_long = now
        self._charge(ticket, now)
        self._holder = None
        if not self._queue:  # nobody owes anybody anything
            self._fair = max(self._fair, *self._had.values())
            self._had.clear()
        self._changed.notify_all()

    def _charge(self, ticket: Ticket, now: float) -> None:
        seconds, ticket.charged = now - ticket.charged, now
        ticket.visit.used += seconds
        self._had[ticket.visit.session] = self._had_of(ticket.visit) + seconds

    def _had_of(self, visit: Visit) -> float:
        return self._had.get(visit.session, self._fair)

    def _rank(self, ticket: Ticket) -> tuple[int, float, int]:
        """The smallest goes first."""
        visit = ticket.visit
        if visit.short:
            return 1, visit.start, visit.number
        overdue = self._clock() - max(self._last_long, ticket.since) >= PATIENCE and ticket is not self._holder
        return 0 if overdue else 2, self._had_of(visit), visit.number

    def _expects(self, ticket: Ticket, now: float) -> bool:
        """Whether somebody else's page is drawn, and has not been for so long that it is no first view."""
        return any(visit is not ticket.visit and now - since < EXPECTED for visit, since in self._pages.items())

    def _told(self, ticket: Ticket) -> Waiting:
        own = self._rank(ticket)
        before = [other for other in self._queue if self._rank(other) < own]
        seconds = sum(self._usual if other.visit.short else SLICE for other in before)
        if self._holder is not None:
            seconds += self._usual if self._holder.visit.short else SLICE
        return Waiting(len(before) + 1, seconds)


class _Held(threading.local):
    """The lanes that this thread is in, the innermost last."""

    def __init__(self) -> None:
        self.stays: list[tuple[Lane, Ticket]] = []


_held = _Held()
_LANES: dict[str, Lane] = {}
_LANES_LOCK = threading.Lock()


def lane_of(device: torch.device | str) -> Lane:
    """The one lane of a device; "cuda" and "cuda:0" are the same device."""
    device = torch.device(device)
    name = device.type if device.type == "cpu" else f"{device.type}:{device.index or 0}"
    with _LANES_LOCK:
        return _LANES.setdefault(name, Lane())


@contextmanager
def lane(device: torch.device | str, on_wait: OnWait | None = None, visit: Visit | None = None) -> Iterator[None]:
    """Compute on a device, alone: `with lane(device, on_wait, visit): …`. See `Lane.enter`.

    A thread that already holds the lane passes through.
    """
    with lane_of(device).enter(on_wait, visit):
        yield


def give_way() -> None:
    """Let others compute who come before what this thread computes; nothing where it holds no lane or nobody waits.

    To be called between passes through a network, where no lock is held and nothing that others see is half done. May
    raise what `on_wait` raises, for who waits may leave.
    """
    if _held.stays:
        inner, ticket = _held.stays[-1]
        inner.give_way(ticket)


def in_lane() -> bool:
    """Whether this thread holds a lane."""
    return bool(_held.stays)
