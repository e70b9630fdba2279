"""The gate: seen by the watchers of its own context, replaced by what they hand back, as good as free unwatched."""

import threading

import pytest
import torch

import gam_viz.attention.gate as gate_module
from gam_viz.attention import GAM, Gate, show, watch
from gam_viz.networks import NetworkConfig, build_network


@pytest.fixture
def gate():
    return Gate("channel", bounds=None)


@pytest.fixture
def x():
    return torch.randn(2, 4, 3, 5)


def test_it_multiplies_and_has_no_parameters(gate, x):
    weights = torch.randn(2, 4, 1, 1)
    assert torch.equal(gate(x, weights), x * weights)
    assert not gate.state_dict()
    assert repr(gate) == "Gate(channel, unbounded)"
    assert repr(Gate("spatial", bounds=(0.0, 1.0))) == "Gate(spatial, 0..1)"


def test_a_watcher_sees_owner_features_and_gate_and_changes_nothing(gate, x):
    weights, seen = torch.randn(2, 4, 3, 5), []
    with watch(lambda *shown: seen.append(shown)):
        out = gate(x, weights)
    assert torch.equal(out, x * weights)
    ((owner, features, shown),) = seen
    assert owner is gate
    assert features is x
    assert shown is weights


@pytest.mark.parametrize("shape", [(), (1,), (1, 4, 1, 1), (2, 1, 3, 5), (2, 4, 3, 5), (3, 5)])
def test_what_a_watcher_hands_back_is_used(shape, gate, x):
    other = torch.randn(shape)
    with watch(lambda owner, features, computed: other):
        out = gate(x, torch.ones(2, 4, 1, 1))
    assert out.shape == x.shape
    assert torch.equal(out, x * other)


@pytest.mark.parametrize("shape", [(3, 4, 1, 1), (2, 4, 3, 6), (1, 2, 4, 3, 5), (7,), (2, 5, 1, 1)])
def test_a_gate_that_does_not_fit_is_refused_with_both_shapes(shape, gate, x):
    given = ", ".join(map(str, shape))
    with (
        watch(lambda owner, features, computed: torch.ones(shape)),
        pytest.raises(ValueError, match=rf"shape \({given},?\).* features of shape \(2, 4, 3, 5\)"),
    ):
        gate(x, torch.ones(2, 4, 1, 1))


def test_a_gate_that_would_enlarge_the_features_is_refused():
    with (
        watch(lambda owner, features, computed: torch.ones(2, 4, 3, 3)),
        pytest.raises(ValueError, match="without enlarging"),
    ):
        Gate("spatial", bounds=(0.0, 1.0))(torch.ones(2, 4, 1, 1), torch.ones(2, 4, 1, 1))


def test_nested_watchers_see_what_the_outer_ones_handed_back(gate, x):
    seen = []

    def outer(owner, features, computed):
        seen.append(("outer", float(computed.max())))
        return computed * 2

    def inner(owner, features, computed):
        seen.append(("inner", float(computed.max())))
        return computed + 1

    weights = torch.ones(2, 4, 1, 1)
    with watch(outer):
        with watch(inner):
            assert torch.equal(gate(x, weights), x * 3)
        assert torch.equal(gate(x, weights), x * 2)
    assert torch.equal(gate(x, weights), x)
    assert seen == [("outer", 1.0), ("inner", 2.0), ("outer", 1.0)]


def test_watchers_are_gone_after_an_exception(gate, x):
    seen = []
    with pytest.raises(RuntimeError, match="of the caller"), watch(lambda *shown: seen.append(shown)):
        raise RuntimeError("of the caller")

    def broken(owner, features, computed):
        raise KeyError("of the watcher")

    with pytest.raises(KeyError), watch(broken):
        gate(x, torch.ones(2, 4, 1, 1))
    assert torch.equal(gate(x, torch.ones(2, 4, 1, 1)), x)
    assert not seen


def test_a_thread_does_not_see_the_watchers_of_another(gate, x):
    seen, out = [], []
    with watch(lambda owner, features, computed: seen.append(computed)):
        thread = threading.Thread(target=lambda: out.append(gate(x, torch.full((1,), 5.0))))
        thread.start()
        thread.join()
        gate(x, torch.full((1,), 7.0))
    assert torch.equal(out[0], x * 5)
    assert [float(computed) for computed in seen] == [7.0]


def test_a_foreign_module_joins_in_by_showing_its_gate():
    pool = torch.nn.AdaptiveAvgPool2d(1)
    x = torch.rand(1, 4, 3, 3)
    weights = pool(x)
    assert show(pool, x, weights) is weights
    with watch(lambda owner, features, computed: torch.zeros(1) if owner is pool else None):
        assert float(show(pool, x, weights)) == 0
        assert show(torch.nn.Identity(), x, weights) is weights


def test_unwatched_a_gate_looks_once_and_calls_nobody(monkeypatch, gate, x):
    class Counting:
        looks = 0

        def get(self):
            self.looks += 1
            return ()

    def never(*arguments):
        raise AssertionError("shown though nobody watches")

    counting = Counting()
    monkeypatch.setattr(gate_module, "_WATCHERS", counting)
    monkeypatch.setattr(gate_module, "show", never)
    gate(x, torch.ones(1))
    assert counting.looks == 1
    build_network(NetworkConfig(width=4, attention="gam"))(torch.randn(2, 3, 8, 8))
    assert counting.looks == 1 + 12


def test_under_a_compiler_gates_are_not_shown(monkeypatch, gate, x):
    seen = []
    monkeypatch.setattr(torch.compiler, "is_compiling", lambda: True)
    with watch(lambda *shown: seen.append(shown)):
        assert torch.equal(gate(x, torch.full((1,), 2.0)), x * 2)
    assert not seen


def test_a_network_without_gates_computes_the_same_to_the_bit(randomise, monkeypatch):
    network = randomise(build_network(NetworkConfig(width=4, attention="gam")))
    x = torch.randn(2, 3, 16, 16)
    unwatched = network(x)
    with watch(lambda *shown: None):
        watched = network(x)
    monkeypatch.setattr(Gate, "forward", lambda self, features, weights: features * weights)
    assert torch.equal(network(x), unwatched)
    assert torch.equal(watched, unwatched)


def test_gates_carry_gradients_while_watched(randomise):
    module = randomise(GAM(8))
    with watch(lambda *shown: None):
        module(torch.randn(1, 8, 4, 4)).sum().backward()
    assert all(p.grad is not None for p in module.parameters())
