"""Long work that lets others through gives the numbers that it gives alone, to the last bit."""

import threading
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from torch import Tensor

from gam_viz.cost import count
from gam_viz.evidence.ablation.ablate import ablations
from gam_viz.evidence.examine import LoadedNetwork
from gam_viz.evidence.faithfulness.curves import faithfulness
from gam_viz.evidence.faithfulness.settings import Settings
from gam_viz.explain.attributions import attribute_many
from gam_viz.explain.attributions.prepare import prepare
from gam_viz.explain.explanation import explain
from gam_viz.explain.heatmaps import heatmaps
from gam_viz.networks import NetworkConfig
from gam_viz.runtime import device_queue
from gam_viz.runtime.device import CHUNK_MACS, at_once
from gam_viz.runtime.device_queue import Lane
from gam_viz.runtime.visit import SHORT, Visit
from tests.evidence.small import subject
from tests.runtime.test_device_queue import until


def work(of: LoadedNetwork, x: Tensor) -> Iterator[np.ndarray]:
    """Attributions, faithfulness and ablation: every array and number that comes out."""
    network = of.network
    attributions = attribute_many(network, x, 1, ("gradcam", "smoothgrad", "integrated_gradients", "occlusion"))
    maps = heatmaps(explain(network, of.card, x), attributions)
    curves = faithfulness(network, x, 1, maps, Settings(steps=8, orders=10))
    replaced = ablations(network, x, 1, shuffles=6)
    yield from (attribution.values for attribution in attributions)
    yield from (np.stack([each.deletion, each.insertion]) for each in curves.curves)
    yield np.array([(one.answer.value, one.score.value, one.margin.value) for one in replaced.results])


def test_kind_16_letting_others_through_changes_no_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """By a clock on which long work begins at once, somebody else comes in between any two passes."""
    of, x = subject("gam"), torch.randn(1, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    alone = list(work(of, x))
    monkeypatch.setattr(device_queue, "INTERVAL", 0.001)
    lane, long, come = Lane(clock=lambda: 0.0), Visit("long"), threading.Semaphore(0)
    long.used = SHORT
    visits: list[float] = []
    passes = 0

    def others() -> None:
        while come.acquire() and long.used:
            with lane.enter():
                visits.append(float(explain(of.network, of.card, x).logits[0]))

    thread = threading.Thread(target=others)
    gives_way = lane.give_way

    def one_comes(ticket: object) -> None:
        nonlocal passes
        if threading.current_thread() is not thread:
            passes += 1
            come.release()
            until(lambda: lane.waiting == 1)
        gives_way(ticket)  # type: ignore[arg-type]

    monkeypatch.setattr(lane, "give_way", one_comes)
    with lane.enter(visit=long):
        thread.start()
        shared = list(work(of, x))
    long.used = 0.0
    come.release()
    thread.join(60)
    assert len(visits) == passes > 20
    assert len(set(visits)) == 1
    for one, other in zip(alone, shared, strict=True):
        np.testing.assert_array_equal(one, other)


def test_costly_networks_go_in_smaller_chunks() -> None:
    """So that nobody waits for more than half a second, or for one picture where that takes longer."""
    cpu = torch.device("cpu")
    assert at_once(cpu, (64, 64)) == at_once(cpu, (64, 64), 1e8) == 16
    assert at_once(cpu, (224, 224), 1.8e9) == 4
    assert at_once(cpu, (64, 64), CHUNK_MACS["cpu"] / 3) == 3
    assert at_once(cpu, (512, 512), 28e9) == 1


def test_what_a_pass_costs_is_counted() -> None:
    of, x = subject("cbam"), torch.zeros(1, 3, 16, 16)
    config = of.network.config
    assert isinstance(config, NetworkConfig)
    assert prepare(of.network, x).macs(x) == pytest.approx(count(config, 16).macs, rel=0.02)
