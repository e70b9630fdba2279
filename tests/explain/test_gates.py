"""Recording and replacing the gates of networks, by several threads at once too."""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from threading import Barrier

import pytest
import torch

from gam_viz.attention import CBAM, GAM, build_attention
from gam_viz.explain import gates_of, read_gates, record_gates, replace_gates
from gam_viz.explain.gates import layer_of
from gam_viz.networks import NetworkConfig, build_network
from tests import oracles

BLOCKS = ("layer1.0", "layer1.1", "layer2.0", "layer2.1", "layer3.0", "layer3.1")


@pytest.fixture
def network(randomise):
    def make(attention="gam", seed=0, width=4):
        return randomise(build_network(NetworkConfig(width=width, attention=attention)), seed).requires_grad_(False)

    return make


def test_gates_by_path(network):
    assert list(gates_of(network("cbam"))) == [
        f"{block}.attention.{branch}_gate" for block in BLOCKS for branch in ("channel", "spatial")
    ]
    assert [gate.branch for gate in gates_of(network("cbam")).values()] == ["channel", "spatial"] * 6
    assert [gate.bounds for gate in gates_of(network("gam")).values()] == [None, (0.0, 1.0)] * 6
    assert list(gates_of(network("se"))) == [f"{block}.attention.channel_gate" for block in BLOCKS]
    assert gates_of(network("none")) == {}


@pytest.mark.parametrize(
    ("path", "layer"),
    [
        ("layer1.0.attention.channel_gate", "layer1.0"),
        ("layer3.1.attention.second.spatial_gate", "layer3.1.second"),
        ("first.channel_gate", "first"),
        ("spatial_gate", ""),
        ("body.attention_pool.channel_gate", "body.attention_pool"),
    ],
)
def test_the_layer_a_gate_belongs_to(path, layer):
    assert layer_of(path) == layer


@pytest.mark.parametrize(("module", "formula"), [(CBAM(8), oracles.cbam), (GAM(8), oracles.gam)])
def test_recorded_gates_are_the_formulas(module, formula, randomise):
    module = randomise(module).double()
    x = torch.randn(3, 8, 5, 6, dtype=torch.float64)
    with record_gates(module) as seen:
        module(x)
    expected = formula(x, module.state_dict())
    assert [path for path, _, _ in seen] == ["channel_gate", "spatial_gate"]
    assert [shape for _, shape, _ in seen] == [x.shape, x.shape]
    assert not any(gate.requires_grad for _, _, gate in seen)
    for (_, _, gate), wanted in zip(seen, expected[1:], strict=True):
        assert gate.shape == wanted.shape
        assert (gate - wanted).abs().max() < 1e-10


def test_eight_threads_on_one_network_record_their_own_gates(network):
    """320 maps, 40 from each thread; all threads compute at the same time on pictures of their own."""
    shared, threads, rounds = network("gam", width=16).double(), 8, 10
    generator = torch.Generator().manual_seed(3)
    pictures = torch.randn(threads * rounds, 1, 3, 8, 8, dtype=torch.float64, generator=generator)
    wanted = {path for path in gates_of(shared) if path.startswith("layer1")}
    assert len(wanted) == 4

    def maps_of(picture):
        with torch.inference_mode(), record_gates(shared) as seen:
            shared(picture)
        assert len(seen) == 12
        return {path: gate.clone() for path, _, gate in seen if path in wanted}

    alone = [maps_of(picture) for picture in pictures]
    start = Barrier(threads, timeout=60)

    def work(thread):
        start.wait()
        return [maps_of(picture) for picture in pictures[thread * rounds : (thread + 1) * rounds]]

    with ThreadPoolExecutor(threads) as pool:
        together = [maps for part in pool.map(work, range(threads)) for maps in part]
    compared = [(a[path], t[path]) for a, t in zip(alone, together, strict=True) for path in wanted]
    assert len(compared) == 320
    assert sum(not torch.allclose(a, t, rtol=1e-10, atol=1e-12) for a, t in compared) == 0
    # Maps of other pictures would have been noticed.
    assert not any(torch.allclose(a[path], b[path]) for a, b in pairwise(alone) for path in wanted)


def test_threads_that_replace_do_not_disturb_those_that_record(network):
    shared = network("cbam")
    x = torch.randn(1, 3, 8, 8)
    path = "layer2.0.attention.spatial_gate"
    with torch.inference_mode():
        plain = shared(x)
        with replace_gates(shared, {path: torch.zeros(1)}):
            closed = shared(x)
    start = Barrier(8, timeout=60)

    def work(thread):
        start.wait()
        out = []
        for _ in range(5):
            with torch.inference_mode(), replace_gates(shared, {path: torch.zeros(1)} if thread % 2 else {}):
                out.append(shared(x))
        return out

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(work, range(8)))
    assert (closed - plain).abs().max() > 1e-4
    for thread, outs in enumerate(results):
        expected = closed if thread % 2 else plain
        assert all(torch.allclose(out, expected, atol=1e-6) for out in outs)


def test_two_networks_in_one_context_are_not_mixed(network):
    one, two = network("gam", 1), network("gam", 2)
    x = torch.randn(1, 3, 8, 8)
    with record_gates(one) as of_one, record_gates(two) as of_two:
        one(x)
        assert (len(of_one), len(of_two)) == (12, 0)
        two(x)
    assert (len(of_one), len(of_two)) == (12, 12)
    with record_gates(two) as again:
        one(x)
        two(x)
    assert all(torch.equal(a, b) for (_, _, a), (_, _, b) in zip(of_two, again, strict=True))
    assert not any(torch.equal(a, b) for (_, _, a), (_, _, b) in zip(of_one, of_two, strict=True))


def test_recording_ends_with_its_block_and_with_an_exception(network):
    shared = network("se")
    with record_gates(shared) as seen:
        shared(torch.randn(1, 3, 8, 8))
    shared(torch.randn(1, 3, 8, 8))
    assert len(seen) == 6
    with pytest.raises(RuntimeError), record_gates(shared) as seen:
        shared(torch.randn(1, 5, 8, 8))  # five channels where three are expected
    shared(torch.randn(1, 3, 8, 8))
    assert not seen


def test_replacing_by_what_was_computed_changes_nothing(network):
    shared = network("gam")
    x = torch.randn(2, 3, 8, 8)
    plain = shared(x)
    with record_gates(shared) as seen:
        shared(x)
    with replace_gates(shared, {path: gate for path, _, gate in seen}):
        assert torch.equal(shared(x), plain)
    with replace_gates(shared, {path: lambda gate: gate for path in gates_of(shared)}):
        assert torch.equal(shared(x), plain)
    assert torch.equal(shared(x), plain)


@pytest.mark.parametrize("attention", ["se", "cbam", "gam"])
def test_ones_in_every_gate_give_the_network_without_attention(attention, network):
    gated, plain = network(attention), network("none")
    plain.load_state_dict({k: v for k, v in gated.state_dict().items() if ".attention." not in k})
    x = torch.randn(2, 3, 8, 8)
    with replace_gates(gated, {path: torch.ones(()) for path in gates_of(gated)}):
        assert torch.equal(gated(x), plain(x))
    assert (gated(x) - plain(x)).abs().max() > 1e-3


def test_replacing_by_a_function_uses_the_computed_gate(network):
    shared = network("gam")
    x, path = torch.randn(1, 3, 8, 8), "layer1.0.attention.channel_gate"
    with record_gates(shared) as before:
        shared(x)
    with replace_gates(shared, {path: torch.sigmoid}), record_gates(shared) as after:
        shared(x)
    assert torch.equal(after[0][2], torch.sigmoid(before[0][2]))
    assert not torch.equal(after[1][2], before[1][2])


def test_a_gate_of_a_wrong_shape_is_refused(network):
    shared = network("cbam")
    x, path = torch.randn(1, 3, 8, 8), "layer1.0.attention.channel_gate"
    with (
        replace_gates(shared, {path: torch.ones(1, 5, 1, 1)}),
        pytest.raises(ValueError, match=r"shape \(1, 5, 1, 1\).*features of shape \(1, 4, 8, 8\)"),
    ):
        shared(x)
    assert shared(x).shape == (1, 10)


def test_an_unknown_path_lists_the_known_ones(network):
    with (
        pytest.raises(KeyError, match=r"layer9\.gate; this network has layer1\.0\.attention\.channel_gate, layer1\.1"),
        replace_gates(network("se"), {"layer9.gate": torch.ones(1)}),
    ):
        pass
    with pytest.raises(KeyError, match="this network has none"), replace_gates(network("none"), {"x": torch.ones(1)}):
        pass


def test_a_chains_gates_are_recorded_in_order(randomise):
    chain = randomise(build_attention("se_gam", 8))
    with torch.inference_mode(), record_gates(chain) as seen:
        chain(torch.randn(1, 8, 4, 4))
    assert [path for path, _, _ in seen] == ["first.channel_gate", "second.channel_gate", "second.spatial_gate"]


def test_one_picture_in_eval_mode_is_read(network):
    shared = network("cbam")
    with pytest.raises(ValueError, match=r"one picture at a time, \(1, C, H, W\); got \(2, 3, 8, 8\)"):
        read_gates(shared, torch.randn(2, 3, 8, 8))
    with pytest.raises(ValueError, match=r"got \(3, 8, 8\)"):
        read_gates(shared, torch.randn(3, 8, 8))
    shared.train()
    with pytest.raises(ValueError, match="eval mode"):
        read_gates(shared, torch.randn(1, 3, 8, 8))
