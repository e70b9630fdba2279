"""Few pages at a time, in the order in which they were asked for."""

import threading

import pytest

from gam_viz.runtime import door as module
from gam_viz.runtime.door import COUNTED, Door
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
        until(lambda: pages.door.waiting == 1)
    assert left == [1]
    pages.finish("a")
    until(lambda: pages.inside == {"b", "c"})
    pages.finish("b", "c")
