"""One lane per device: one at a time, short work first, long work in turns, and whoever waits may leave."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from gam_viz.runtime import device_queue
from gam_viz.runtime.device_queue import EXPECTED, PATIENCE, SLICE, Lane, give_way, in_lane, lane, lane_of
from gam_viz.runtime.visit import SHORT, Visit


class Left(Exception):  # noqa: N818
    pass


@pytest.fixture(autouse=True)
def _short_interval(monkeypatch):
    monkeypatch.setattr(device_queue, "INTERVAL", 0.01)


def until(condition):
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "waited for too long"
        time.sleep(0.001)


def test_devices_have_their_own_lanes():
    assert lane_of("cpu") is lane_of("cpu")
    assert lane_of("cuda") is lane_of("cuda:0")
    assert lane_of("cuda:1") is not lane_of("cuda:0")
    with lane("cpu"), lane("cuda"):
        assert lane_of("cpu").waiting == 0


def test_one_at_a_time():
    one_lane, inside, most = Lane(), [], []

    def compute(index):
        for _ in range(20):
            with one_lane.enter():
                inside.append(index)
                most.append(len(inside))
                time.sleep(0.0002)
                inside.remove(index)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(compute, range(8)))
    assert len(most) == 160
    assert max(most) == 1
    assert one_lane.waiting == 0


def test_first_come_first_served():
    one_lane, order, threads = Lane(), [], []

    def compute(index):
        with one_lane.enter():
            order.append(index)

    with one_lane.enter():
        for index in range(6):
            threads.append(threading.Thread(target=compute, args=(index,)))
            threads[-1].start()
            until(lambda waiting=index + 1: one_lane.waiting == waiting)
    for thread in threads:
        thread.join()
    assert order == list(range(6))


def test_who_waits_is_told_its_place_again_and_again():
    one_lane, places, done = Lane(), {0: [], 1: []}, []

    def compute(index):
        with one_lane.enter(lambda waiting: places[index].append(waiting.position)):
            done.append(index)

    with one_lane.enter(lambda waiting: places[0].append(waiting.position)):
        assert places[0] == []  # nobody was there: no waiting
        threads = []
        for index in (0, 1):
            threads.append(threading.Thread(target=compute, args=(index,)))
            threads[-1].start()
            until(lambda index=index: len(places[index]) >= 3)
        assert set(places[0]) == {1}
        assert set(places[1]) == {2}
    for thread in threads:
        thread.join()
    assert done == [0, 1]


def test_leaving_the_queue():
    """Whoever leaves takes its place away: the next one moves up, and the lane is not left locked."""
    one_lane, go, left, places, done = Lane(), threading.Event(), [], [], []

    def leave(place):
        if go.is_set():
            raise Left

    def impatient():
        try:
            with one_lane.enter(leave):
                done.append("impatient")
        except Left:
            left.append(True)

    def patient():
        with one_lane.enter(lambda waiting: places.append(waiting.position)):
            done.append("patient")

    with one_lane.enter():
        threads = [threading.Thread(target=impatient), threading.Thread(target=patient)]
        for count, thread in enumerate(threads, 1):
            thread.start()
            until(lambda count=count: one_lane.waiting == count)
        until(lambda: places and places[-1] == 2)
        go.set()
        until(lambda: places[-1] == 1)
        assert one_lane.waiting == 1
    for thread in threads:
        thread.join()
    assert left == [True]
    assert done == ["patient"]
    with one_lane.enter():
        assert one_lane.waiting == 0


def test_an_exception_inside_frees_the_lane():
    one_lane = Lane()
    with pytest.raises(Left), one_lane.enter():
        raise Left
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(lambda: one_lane.enter().__enter__()).result(timeout=30) is None


def test_the_holder_may_enter_again():
    one_lane, others = Lane(), []
    with one_lane.enter():
        with one_lane.enter(others.append):
            assert one_lane.waiting == 0
        # The inner block's end must not let others in.
        thread = threading.Thread(target=lambda: others.append(_hold(one_lane)))
        thread.start()
        until(lambda: one_lane.waiting == 1)
        assert others == []
    thread.join()
    assert others == [True]


def _hold(one_lane):
    with one_lane.enter():
        return True


class Sessions:
    """Threads that compute in one lane by a clock of the test's own: what each does is written down, in order."""

    def __init__(self):
        self.now = 0.0
        self.lane = Lane(clock=lambda: self.now)
        self.order = []
        self.threads = []
        self.after = lambda name: None

    def compute(self, name, *chunks, visit=None, on_wait=None):
        """In the lane: each chunk takes so many seconds; before the next, others may go first."""
        with self.lane.enter(on_wait, visit or Visit(name)):
            for seconds in chunks:
                give_way()
                self.order.append(name)
                self.now += seconds
                self.after(name)

    def come(self, name, *chunks, **how):
        """The same in a thread of its own, which waits when this returns: somebody holds the lane."""
        before = self.lane.waiting
        thread = threading.Thread(target=self.compute, args=(name, *chunks), kwargs=how)
        self.threads.append(thread)
        thread.start()
        until(lambda: self.lane.waiting == before + 1)

    def all_done(self):
        for thread in self.threads:
            thread.join(30)
            assert not thread.is_alive()
        return "".join(self.order)


def long(name):
    """A visit that is no first view any more."""
    visit = Visit(name)
    visit.used = SHORT
    return visit


@pytest.fixture
def sessions():
    return Sessions()


def test_kind_16_long_work_lets_first_views_through(sessions):
    """A heavy visitor has 64 chunks to compute; who comes during the fifth waits for that one alone."""

    def two_come(name):
        if sessions.order == ["H"] * 5:
            sessions.come("a", 0.3)
            sessions.come("b", 0.3)

    sessions.after = two_come
    sessions.compute("H", *[SLICE] * 64)
    assert sessions.all_done() == "HHHHH" + "ab" + "H" * 59


def test_short_work_is_not_interrupted(sessions):
    sessions.after = lambda name: sessions.come("b", 0.1) if sessions.order == ["a"] else None
    sessions.compute("a", SHORT / 4, SHORT / 4)
    assert sessions.all_done() == "aab"


def test_a_second_visit_of_a_session_waits_behind_the_first_of_another(sessions):
    with sessions.lane.enter(visit=Visit("other")):
        sessions.come("1", 0.3, visit=Visit("a"))
        sessions.come("o", 0.3)

        def again(name):
            if name == "o":
                sessions.come("2", 0.1, visit=Visit("a"))
                sessions.come("b", 0.1)

        sessions.after = again
    assert sessions.all_done() == "1ob2"


def test_what_one_visit_asks_for_keeps_its_place(sessions):
    """A page computes one thing after the other: it does not queue anew for each behind those who came later."""
    page = Visit("page")
    with sessions.lane.enter(visit=Visit("other")):
        sessions.come("1", 0.1, visit=page)

        def goes_on(name):
            if name == "1":
                sessions.come("later", 0.1)
                sessions.come("2", 0.1, visit=page)

        sessions.after = goes_on
    assert sessions.all_done() == "12later"


def test_long_works_take_turns(sessions):
    with sessions.lane.enter(visit=Visit("other")):
        sessions.come("a", *[SLICE / 2] * 4, visit=long("a"))
        sessions.come("b", *[SLICE / 2] * 4, visit=long("b"))
    assert sessions.all_done() == "aabbaabb"


def test_however_many_come_long_work_goes_on(sessions):
    """Whenever one first view is done, another has come: the long work has a slice now and then all the same."""

    fewest = int(PATIENCE / (SHORT / 2))

    def another(name):
        if name == "v" and len(sessions.order) < 4 * fewest:
            sessions.come("v", SHORT / 2)

    with sessions.lane.enter(visit=Visit("other")):
        sessions.come("L", *[SLICE / 2] * 6, visit=long("L"))
        sessions.come("v", SHORT / 2)
        sessions.after = another
    assert sessions.all_done().startswith(("v" * fewest + "LL") * 3 + "v")


def test_who_waits_is_told_about_how_long(sessions):
    told = []
    with sessions.lane.enter(visit=long("L")):
        sessions.come("a", 0.1)
        sessions.come("b", 0.1, on_wait=told.append)
    assert sessions.all_done() == "ab"
    assert told[0].position == 2
    assert told[0].seconds == pytest.approx(2 * SLICE)  # a chunk of long work, and a short visit as they are at first


def test_who_leaves_while_giving_way_frees_its_turn(sessions):
    def leave(waiting):
        raise Left

    sessions.after = lambda name: sessions.come("a", 0.1) if name == "L" else None
    with pytest.raises(Left):
        sessions.compute("L", SLICE, SLICE, visit=long("L"), on_wait=leave)
    assert sessions.all_done() == "La"
    assert sessions.lane.waiting == 0
    assert not in_lane()
    sessions.compute("b", 0.1)
    assert sessions.order == ["L", "a", "b"]


def test_giving_way_outside_of_a_lane_does_nothing():
    assert not in_lane()
    give_way()


def test_long_work_pauses_while_a_page_is_drawn_but_not_for_ever(sessions):
    """A page needs the processor before it asks for the lane."""
    page = Visit("page")
    work = long("L")
    with sessions.lane.expecting(work):  # its own page does not stop it
        sessions.compute("L", SLICE, visit=work)
    with sessions.lane.expecting(page):
        sessions.threads.append(threading.Thread(target=sessions.compute, args=("L", SLICE), kwargs={"visit": work}))
        sessions.threads[0].start()
        until(lambda: sessions.lane.waiting == 1)
        sessions.compute("p", 0.1, visit=page)
        assert sessions.order == ["L", "p"]
    assert sessions.all_done() == "LpL"
    with sessions.lane.expecting(page):
        sessions.now += EXPECTED
        sessions.compute("L", SLICE, visit=work)
