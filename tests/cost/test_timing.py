"""Times: networks take turns, ratios are made of their rounds, large ones are not built. No time is asserted on."""

import statistics
import sys

import pytest
import torch

from gam_viz.cost import Counts, TooLargeError, latency, timeable, timing
from gam_viz.networks import NetworkConfig

MODULE = sys.modules["gam_viz.cost.timing"]  # the package has a function of that name
CPU = torch.device("cpu")
BASE = NetworkConfig(width=4)
CBAM = NetworkConfig(width=4, attention="cbam", attention_options={"reduction_ratio": 2})


@pytest.fixture
def clock(monkeypatch):
    """Seconds by what a network is, in place of the time it takes; and the order in which they ran."""
    ran = []

    def seconds(network, picture):
        fused = not any(isinstance(module, torch.nn.BatchNorm2d) for module in network.modules())
        gated = network.config.attention != "none"
        ran.append((gated, fused))
        wobble = 1 + 0.1 * (len(ran) % 5)
        return {(False, False): 1.0, (False, True): 0.5, (True, False): 3.0, (True, True): 1.0}[gated, fused] * wobble

    monkeypatch.setattr(MODULE, "_seconds", seconds)
    return ran


def test_latency_is_a_ratio_with_its_middle_half():
    found = latency(CBAM, BASE, 8, CPU, rounds=8)
    assert 0 < found.low <= found.ratio <= found.high
    assert found.rounds == 8
    assert found.device.startswith("CPU")


def test_four_networks_take_turns(clock):
    timing(CBAM, BASE, 8, CPU, rounds=4)
    rounds = [clock[12 + 4 * i : 16 + 4 * i] for i in range(4)]  # the first three passes of each are not timed
    assert len(clock) == 12 + 16
    assert all(len(set(each)) == 4 for each in rounds)
    assert rounds[0] == rounds[1][::-1] == rounds[2]


def test_ratios_are_of_like_with_like(clock):
    found = timing(CBAM, BASE, 8, CPU, rounds=20)
    assert found.plain.ratio == pytest.approx(3, rel=0.3)
    assert found.fused.ratio == pytest.approx(2, rel=0.3)
    assert found.milliseconds == pytest.approx(3000 * 1.2, rel=0.2)
    assert found.fused_milliseconds == pytest.approx(1000 * 1.2, rel=0.2)


def test_rounds_fill_the_seconds_given(clock):
    assert timing(CBAM, BASE, 8, CPU, seconds=70).plain.rounds in range(8, 13)  # a round takes 5.5 to 7.7 of them
    assert timing(CBAM, BASE, 8, CPU, seconds=0).plain.rounds == 5
    assert timing(CBAM, BASE, 8, CPU, seconds=1e6).plain.rounds == 40


def test_the_middle_half_is_that_of_the_rounds(monkeypatch):
    took = iter([1.0] * 6 + [1.0, 1.0, 1.0, 2.0, 3.0, 1.0, 1.0, 4.0, 5.0, 1.0])  # warm-up, then five rounds in turn
    monkeypatch.setattr(MODULE, "_seconds", lambda network, picture: next(took))
    found = latency(CBAM, BASE, 8, CPU, rounds=5)
    low, middle, high = statistics.quantiles([1.0, 2.0, 3.0, 4.0, 5.0], n=4)
    assert (found.low, found.ratio, found.high) == (low, middle, high)


def test_progress_may_leave():
    class Left(Exception):  # noqa: N818
        pass

    told = []

    def progress(share):
        told.append(share)
        if len(told) == 3:
            raise Left

    with pytest.raises(Left):
        timing(CBAM, BASE, 8, CPU, rounds=6, progress=progress)
    assert told == [0.0, 0.0, 1 / 6]


def test_a_network_of_half_a_billion_parameters_is_not_built(monkeypatch):
    monkeypatch.setattr(MODULE, "build_network", lambda config: pytest.fail("it was built"))
    gam = NetworkConfig("resnet50", 1000, attention="gam", stem="imagenet")
    with pytest.raises(TooLargeError, match=r"has 529 million and 86\.3 billion"):
        timing(gam, NetworkConfig("resnet50", 1000, stem="imagenet"), 224, CPU)


def test_what_is_timeable():
    assert timeable(Counts(200_000_000, 30_000_000_000))
    assert not timeable(Counts(200_000_001, 1))
    assert not timeable(Counts(1, 30_000_000_001))
