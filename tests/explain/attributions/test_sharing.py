"""A shared network is never changed: not by a request, not by one that fails, not by eight at once."""

import gc
import weakref
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import numpy as np
import pytest
import torch

from gam_viz.explain.attributions import METHODS, attribute, attribute_many
from gam_viz.explain.attributions.prepare import prepare

pytestmark = pytest.mark.filterwarnings("ignore:Setting backward hooks")


class Cancelled(Exception):  # noqa: N818
    pass


@pytest.mark.parametrize("method", METHODS)
def test_the_network_is_left_as_it_was(method, random_network, picture, traces, same_traces):
    network = random_network()
    before = traces(network)
    x = picture.float().requires_grad_()
    attribute(network, x, 1, method)
    assert same_traces(before, traces(network))
    assert x.grad is None


@pytest.mark.parametrize("method", METHODS)
def test_cancelling_leaves_nothing_behind(method, random_network, picture, traces, same_traces):
    network = random_network()
    expected = attribute(network, picture, 1, method)
    before = traces(network)
    told = []

    def cancel(share, key):
        told.append((share, key))
        if len(told) == stop:
            raise Cancelled

    for stop in (1, 2, 3):
        told.clear()
        try:
            attribute(network, picture, 1, method, progress=cancel)
        except Cancelled:
            assert len(told) == stop
        assert same_traces(before, traces(network))
    assert torch.is_grad_enabled()
    assert not torch.is_inference_mode_enabled()
    np.testing.assert_array_equal(attribute(network, picture, 1, method).values, expected.values)


@pytest.mark.parametrize("method", ["gradcam", "guided_backprop", "guided_gradcam", "layer_activation"])
def test_hooks_are_gone_after_an_exception_in_the_pass(
    method, random_network, picture, traces, same_traces, monkeypatch
):
    network = random_network()
    prepared = prepare(network)
    before = traces(network)

    def fail(*inputs):
        raise RuntimeError("out of memory")

    with monkeypatch.context() as patch:
        patch.setattr(prepared.hooked.fc, "forward", fail)
        with pytest.raises(RuntimeError, match="out of memory"):
            attribute(network, picture, 1, method)
    assert same_traces(before, traces(network))
    assert prepared.lock.acquire(blocking=False)
    prepared.lock.release()


@pytest.mark.parametrize(
    "methods",
    [
        *(pytest.param((alone,), marks=pytest.mark.long) for alone in ("guided_backprop", "saliency", "gradcam")),
        # All at once: a guided pass hooks ReLUs while others' gradients go through the same network.
        ("guided_gradcam", "integrated_gradients", "layer_activation", "occlusion", "deconvolution"),
    ],
)
def test_eight_threads_on_one_network(methods, random_network, thorough):
    """With hooks on the shared network a fifth of the maps was wrong: 64 tries do not miss that, 320 miss less."""
    threads, rounds = 8, 40 if thorough else 8
    network = random_network("cbam", width=2)
    pictures = [torch.randn(1, 3, 8, 8) for _ in range(threads)]
    params = {"integrated_gradients": {"steps": 4}, "occlusion": {"grid": 2, "overlap": 1}}

    def compute(index, turn):
        method = methods[(index + turn) % len(methods)]
        return attribute(network, pictures[index], index % 5, method, params=params.get(method)).values

    expected = [[compute(index, turn) for turn in range(len(methods))] for index in range(threads)]
    barrier = Barrier(threads)

    def work(index):
        barrier.wait()
        return [compute(index, turn) for turn in range(rounds)]

    with ThreadPoolExecutor(threads) as pool:
        found = list(pool.map(work, range(threads)))
    wrong = sum(
        not np.allclose(found[index][turn], expected[index][turn % len(methods)], rtol=1e-4, atol=1e-6)
        for index in range(threads)
        for turn in range(rounds)
    )
    assert wrong == 0


@pytest.mark.parametrize("mode", [torch.inference_mode, torch.no_grad])
def test_whatever_mode_the_caller_is_in(mode, random_network, picture):
    network = random_network()
    expected = attribute_many(network, picture, 1, METHODS)
    with mode():
        found = attribute_many(network, picture + 0, 1, METHODS)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one.values, other.values, atol=1e-6 * max(np.abs(other.values).max(), 1e-9))


def test_changed_weights_are_noticed(random_network, picture):
    network, other = random_network(seed=0), random_network(seed=1)
    first = attribute(network, picture, 1, "saliency")
    prepared = prepare(network)
    assert prepare(network) is prepared
    network.load_state_dict(other.state_dict())
    assert prepare(network) is not prepared
    found = attribute(network, picture, 1, "saliency")
    np.testing.assert_array_equal(found.values, attribute(other, picture, 1, "saliency").values)
    assert not np.allclose(found.values, first.values)


def test_the_copies_go_with_the_network(random_network, picture):
    network = random_network()
    attribute(network, picture, 1, "gradcam")
    copy = weakref.ref(prepare(network).plain)
    del network
    gc.collect()
    assert copy() is None


def test_the_copies_share_their_weights(random_network):
    prepared = prepare(random_network())
    pairs = zip(prepared.plain.parameters(), prepared.hooked.parameters(), strict=True)
    assert all(one is other for one, other in pairs)
    assert prepared.plain.layer1 is not prepared.hooked.layer1
