"""What several ask for at once is made once."""

import threading

import pytest

from gam_viz.runtime import flights
from gam_viz.runtime.device_queue import Lane
from gam_viz.runtime.flights import Flights
from tests.runtime.test_device_queue import Left, until


@pytest.fixture(autouse=True)
def _short_interval(monkeypatch):
    monkeypatch.setattr(flights, "INTERVAL", 0.01)


class Asking:
    """Threads that ask for the same."""

    def __init__(self):
        self.flights, self.kept, self.made, self.told = Flights(), {}, [], []
        self.go = threading.Event()

    def ask(self, name, *, leaves=False):
        with self.flights.alone("key", self.told.append):
            if "key" not in self.kept:
                assert self.go.wait(30)
                if leaves:
                    raise Left
                self.made.append(name)
                self.kept["key"] = name

    def leave(self, name):
        with pytest.raises(Left):
            self.ask(name, leaves=True)


@pytest.fixture
def asking():
    return Asking()


def run(*targets):
    threads = [threading.Thread(target=target, args=(name,)) for name, target in enumerate(targets)]
    for thread in threads:
        thread.start()
    return threads


def test_the_same_asked_for_by_several_is_made_once(asking):
    threads = run(*[asking.ask] * 5)
    until(lambda: len(asking.told) >= 4)
    asking.go.set()
    for thread in threads:
        thread.join(30)
    assert len(asking.made) == 1
    assert {waiting.position for waiting in asking.told} == {0}


def test_where_the_maker_leaves_another_makes_it(asking):
    threads = run(asking.leave)
    until(lambda: asking.flights._made)
    threads += run(asking.ask, asking.ask)
    until(lambda: len(asking.told) >= 2)
    asking.go.set()
    for thread in threads:
        thread.join(30)
    assert len(asking.made) == 1
    assert not asking.flights._made


def test_who_is_in_a_lane_waits_for_nobody(asking):
    threads = run(asking.ask)
    until(lambda: asking.flights._made)
    asking.kept["key"] = "there"
    with Lane().enter():
        asking.ask("inside")
    asking.go.set()
    threads[0].join(30)
    assert asking.told == []
