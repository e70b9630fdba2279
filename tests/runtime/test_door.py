"""Few pages at a time, in the order in which they were asked for."""

import threading

import pytest

from gam_viz.runtime import door as module
from gam_viz.runtime.door import COUNTED, TELL, Door
from tests.runtime.test_device_queue import Left, until


@pytest.fixture(autouse=True)
def _short_interval(monkeypatch):
    monkeypatch.setattr(module, "INTERVAL", 0.01)


class Pages:
    """Threads that draw pages by a clock of the test's own."""

    def __init__(self):
        self.now = 0.0
        self.door = Door(2, clock=lambda: self.now)
        self.inside, self.order, self.threads, self.told = set(), [], {}, {}
        self.done = {}

    def ask(self, name, on_wait=None):
        """The page is inside or waits when this returns."""
        self.told[name], self.done[name] = [], threading.Event()

        def draw():
            with self.door.inside(on_wait or (lambda waiting: self.told[name].append(waiting.position))):
                self.inside.add(name)
                self.order.append(name)
                assert self.done[name].wait(30)
                self.inside.remove(name)

        self.threads[name] = threading.Thread(target=draw)
        self.threads[name].start()
        until(lambda: name in self.inside or self.told[name] or on_wait)

    def finish(self, *names):
        for name in names:
            self.done[name].set()
            self.threads[name].join(30)


@pytest.fixture
def pages():
    return Pages()


def test_two_are_drawn_at_a_time_in_order(pages):
    for name in "abcd":
        pages.ask(name)
    assert pages.inside == {"a", "b"}
    assert pages.told["c"][0] == 1
    assert pages.told["d"][0] == 2
    pages.finish("b")
    until(lambda: pages.inside == {"a", "c"})
    pages.finish("a", "c")
    until(lambda: pages.inside == {"d"})
    pages.finish("d")
    assert pages.order == ["a", "b", "c", "d"]


def test_pages_that_take_long_keep_nobody_outside(pages):
    for name in "abc":
        pages.ask(name)
    pages.now = COUNTED
    until(lambda: pages.inside == {"a", "b", "c"})
    pages.ask("d")
    pages.ask("e")
    assert pages.inside == {"a", "b", "c", "d"}
    pages.finish(*"abcde")
    assert not pages.door.waiting


def test_who_leaves_frees_the_place(pages):
    leave = threading.Event()
    left = []

    def impatient(waiting):
        if leave.is_set():
            left.append(waiting.position)
            raise Left

    pages.ask("a")
    pages.ask("b")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(threading, "excepthook", lambda arguments: None)
        pages.ask("gone", impatient)
        until(lambda: pages.door.waiting == 1)
        pages.ask("c")
        leave.set()
        pages.now += TELL
        until(lambda: pages.door.waiting == 1)
    assert left == [1]
    pages.finish("a")
    until(lambda: pages.inside == {"b", "c"})
    pages.finish("b", "c")


def test_who_waits_is_told_now_and_then_and_for_how_long_pages_took(pages):
    said = []
    for name in "ab":
        pages.ask(name)
    pages.ask("c", said.append)
    until(lambda: said)
    pages.now = TELL / 2
    pages.ask("d")
    assert len(said) == 1
    pages.now = TELL
    until(lambda: len(said) == 2)
    assert [waiting.position for waiting in said] == [1, 1]
    assert said[0].seconds == COUNTED / 2 / 2
    pages.finish("a", "b")  # faster than was thought
    until(lambda: pages.inside == {"c", "d"})
    pages.ask("e", said.append)
    until(lambda: len(said) == 3)
    assert said[2].seconds < said[0].seconds
    pages.finish("c", "d", "e")
