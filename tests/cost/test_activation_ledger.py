"""What the ledger writes down: against hand counts, real kernels, torch's own counter and its profiler."""

import threading

import pytest
import torch
from torch import nn
from torch.profiler import ProfilerActivity, profile
from torch.utils.flop_counter import FlopCounterMode

from gam_viz.cost.activation_ledger import Ledger
from gam_viz.networks import NetworkConfig, build_network
from tests.combinations import each_once

VARIANTS = [
    ("none", {}),
    ("se", {"reduction_ratio": 4}),
    ("cbam", {"reduction_ratio": 4, "kernel_size": 3}),
    ("gam", {}),
    ("gam", {"groups": 2, "rate": 2}),
    ("gam", {"groups": 2, "rate": 2, "shuffle": "last"}),
    ("gam", {"spatial": "factorised"}),
    ("gam", {"spatial": "depthwise"}),
    ("gam_sigmoid", {"rate": 2}),
    ("se_cbam", {}),
    ("se_gam", {}),
]


def tensors(module):
    return [*module.parameters(), *module.buffers()]


def of_forward(module, x):
    with Ledger(tensors(module), [x]) as ledger, torch.no_grad():
        module(x)
    return ledger


def on(device, config, side):
    with torch.device(device):
        return build_network(config).eval(), torch.zeros(1, 3, side, side)


def test_two_layers_by_hand():
    """100 numbers in, 50 out, 10 out: the first layer's output lives until the second has made its own."""
    module = nn.Sequential(nn.Linear(100, 50), nn.Linear(50, 10))
    ledger = of_forward(module, torch.zeros(1, 100))
    assert ledger.peak == 4 * (100 + 50 + 10)
    assert sum(ledger.flops.values()) == 2 * (100 * 50 + 50 * 10)


def test_a_view_is_no_second_tensor_and_a_weight_is_none():
    weight, x = torch.zeros(8, 8, device="meta"), torch.zeros(4, 8, device="meta")
    with Ledger([weight], [x]) as ledger:
        views = [x.t(), x[1:], weight.t(), weight[:2]]
        assert ledger.live == 4 * 4 * 8
        made = x @ weight
        assert ledger.live == 2 * 4 * 4 * 8
        del made
        assert ledger.live == 4 * 4 * 8
    assert ledger.peak == 2 * 4 * 4 * 8
    del views


def test_a_view_keeps_its_whole_storage():
    with Ledger([]) as ledger:
        x = torch.zeros(1000, device="meta")
        x = x[:1]
        assert ledger.live == 4000
        del x
    assert ledger.live == 0


@pytest.mark.parametrize(
    ("variant", "network"), each_once(VARIANTS, [("gam_net", "cifar", 9), ("resnet18", "imagenet", 17)]), ids=str
)
def test_shapes_alone_give_what_real_kernels_do(variant, network):
    (attention, options), (architecture, stem, side) = variant, network
    config = NetworkConfig(architecture, width=4, stem=stem, attention=attention, attention_options=options)
    meta, cpu = (of_forward(*on(device, config, side)) for device in ("meta", "cpu"))
    assert (meta.peak, meta.flops) == (cpu.peak, cpu.flops)
    assert meta.live == cpu.live == 0  # nothing is left, and the picture was let go of, too
    network, picture = on("meta", config, side)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(picture)
    assert sum(meta.flops.values()) == counter.get_total_flops()


def test_torchs_profiler_sees_the_same_peak():
    """Of operations that need no work space; what was there before is not in the profile."""
    module = nn.Sequential(nn.Linear(1000, 500), nn.Sigmoid(), nn.Linear(500, 2000), nn.ReLU(), nn.Linear(2000, 10))
    x = torch.zeros(3, 1000)
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiled, torch.no_grad():
        module(x)
    live = peak = 0
    for event in sorted(profiled.events(), key=lambda event: event.time_range.start):
        live += event.self_cpu_memory_usage  # what an operation itself takes, and what is let go of between them
        peak = max(peak, live)
    assert of_forward(module, x).peak - x.nbytes == peak


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA GPU here")
@pytest.mark.parametrize(("attention", "options"), VARIANTS, ids=str)
def test_cudas_allocator_sees_no_less(attention, options):
    """It rounds every tensor up to 512 bytes and counts cuDNN's work space, so it sees more, never less."""
    config = NetworkConfig(width=16, attention=attention, attention_options=options)
    network, picture = on("cuda", config, 64)
    before = torch.cuda.memory_allocated() - picture.nbytes
    torch.cuda.reset_peak_memory_stats()
    with torch.no_grad():
        network(picture)
    assert torch.cuda.max_memory_allocated() - before >= of_forward(*on("meta", config, 64)).peak


def test_other_threads_are_not_written_down():
    with Ledger([]) as ledger:
        thread = threading.Thread(target=lambda: torch.zeros(100) @ torch.zeros(100))
        thread.start()
        thread.join()
    assert ledger.peak == 0
    assert not ledger.flops


def test_what_runs_is_written_under_the_part_that_was_named():
    x, weight = torch.zeros(2, 3, device="meta"), torch.zeros(3, 4, device="meta")
    with Ledger([weight], [x]) as ledger:
        ledger.at = "first"
        x @ weight
        ledger.at = "second"
        kept = [x @ weight for _ in range(2)]
    assert dict(ledger.flops) == {"first": 2 * 24, "second": 4 * 24}
    assert ledger.peak_at == "second"
    del kept
