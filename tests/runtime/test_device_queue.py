"""One lane per device: one at a time, first come first served, and whoever waits may leave."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from gam_viz.runtime import device_queue
from gam_viz.runtime.device_queue import Lane, lane, lane_of


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
        with one_lane.enter(places[index].append):
            done.append(index)

    with one_lane.enter(places[0].append):
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
        with one_lane.enter(places.append):
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
