"""Passes beside each other: each computes alone, and whoever asked is left as it was."""

import threading

import torch

from gam_viz.audit.streams import streams


def test_each_computes_alone():
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        with streams(2) as pool:
            both = threading.Barrier(2)

            def threads(_: int) -> int:
                both.wait(10)  # so that each of the two does one
                (torch.rand(64, 64) @ torch.rand(64, 64)).sum()  # where torch sets a new thread's number
                return torch.get_num_threads()

            assert list(pool.map(threads, range(2))) == [1, 1]
            assert torch.get_num_threads() == 3
        others = []
        thread = threading.Thread(target=lambda: others.append(torch.get_num_threads()))
        thread.start()
        thread.join()
        assert others == [3]
    finally:
        torch.set_num_threads(before)
