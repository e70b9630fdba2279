"""Every way of gating: the gates are those seen by hand, on the right axes, within their range, and can be replaced."""

import numpy as np
import pytest
import torch
from torch import nn

from gam_viz.evidence.ablation.ablate import ablations
from gam_viz.explain import gates_of, read_gates, replace_gates
from gam_viz.explain.gates import record_gates
from gam_viz.networks.adapters import adapt
from tests.networks.adapters.kinds import CHANNELS, KINDS, NO_GATES, SIDE, Written

#: Whose gates, as they are multiplied, nobody but the network's own functions holds.
OUT_OF_HAND = ("residual attention", "one and a sigmoid", "gated linear unit")


class Around(nn.Module):
    """A stem, the module, a head."""

    def __init__(self, module, classes=5):
        super().__init__()
        self.stem, self.attention, self.head = (
            nn.Conv2d(3, CHANNELS, 3, padding=1),
            module,
            nn.Linear(CHANNELS, classes),
        )

    def forward(self, x):
        return self.head(self.attention(self.stem(x)).mean((2, 3)))


def inner(network):
    """The module that was put in, in a copy whose `see` its user's `by_hand` reaches."""
    return network.attention


@pytest.fixture
def x():
    return torch.randn(1, 3, SIDE, SIDE)


def pair(kind, randomise, x):
    make, right = KINDS[kind]
    network = randomise(Around(make()))
    return network, adapt(network, x), right


@pytest.mark.parametrize("kind", KINDS)
@torch.no_grad()
def test_gates_are_those_seen_by_hand(kind, randomise, x):
    network, adapted, right = pair(kind, randomise, x)
    assert torch.equal(adapted(x), network(x))
    logits, readings = read_gates(adapted, x)
    assert (logits - network(x)).abs().max() == 0
    assert len(readings) == len(right)
    assert len({(r.layer, r.branch, r.name) for r in readings}) == len(readings)
    assert {r.layer for r in readings} == {"attention"}
    seen = inner(network).given
    for reading in readings:
        number, one = next(
            (n, r) for n, r in enumerate(right) if (r.branch, r.name or reading.name) == (reading.branch, reading.name)
        )
        raw = seen[number] + (1 if kind == "one and a sigmoid" else 0) if seen else None
        assert reading.bounds == (None if one.bounds is None else pytest.approx(one.bounds))
        assert reading.grid == one.grid
        if raw is not None:
            expected = one.unfolded(raw)[0].numpy()
            assert reading.values.shape == expected.shape
            np.testing.assert_allclose(reading.values, expected, atol=1e-6)
        if reading.bounds:
            assert reading.bounds[0] <= reading.values.min() <= reading.values.max() <= reading.bounds[1]
        assert reading.over_picture == (one.grid and reading.values.shape[1:] == (SIDE, SIDE))


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in OUT_OF_HAND])
@torch.no_grad()
def test_a_gate_replaced_is_as_one_replaced_by_hand(kind, randomise, x):
    network, adapted, right = pair(kind, randomise, x)
    plain, (_, readings) = network(x), read_gates(adapted, x)
    by_name = {(r.branch, r.name): r.module for r in readings}
    paths = [next(path for (b, n), path in by_name.items() if b == one.branch and one.name in ("", n)) for one in right]
    changes = {"halved": lambda gate: gate * 0.5, "identity": torch.ones_like, "data": lambda gate: gate.flip(-1)}
    for number, path in enumerate(paths):
        for change in [changes["halved"], changes["identity"]]:
            inner(network).by_hand = {number: change}
            by_hand = network(x)
            inner(network).by_hand = {}
            with replace_gates(adapted, {path: change}):
                torch.testing.assert_close(adapted(x), by_hand, rtol=1e-6, atol=1e-6)
            assert (by_hand - plain).abs().max() > 1e-6
    assert torch.equal(adapted(x), plain)


@pytest.mark.parametrize("kind", KINDS)
def test_ablation_works_on_every_kind(kind, randomise, x):
    """A batch of variants, each with gates of its own in its row: what single passes give."""
    _, adapted, _ = pair(kind, randomise, x)
    found = ablations(adapted, x, 1, together=False)
    assert found.left_out == ()
    assert {one.paths[0] for one in found.results} == set(gates_of(adapted))
    for one in found.results:
        if one.mode == "identity":
            with torch.no_grad(), replace_gates(adapted, {one.paths[0]: torch.ones_like}):
                assert float(adapted(x)[0, 1]) - found.score == pytest.approx(one.score.value, abs=1e-5)


@pytest.mark.parametrize("kind", ["groups", "halves of groups", "planes", "channels last", "split", "selective"])
@torch.no_grad()
def test_more_pictures_and_another_size(kind, randomise, x):
    network, adapted, right = pair(kind, randomise, x)
    pictures = torch.randn(3, 3, 12, 4)
    with record_gates(adapted) as seen:
        assert torch.equal(adapted(pictures), network(pictures))
    by_hand = inner(network).given
    for number, (_, shape, gate) in enumerate(seen):
        assert gate.shape[0] == shape[0] == 3
        if not right[number].name:
            assert (gate - right[number].unfolded(by_hand[number])).abs().max() < 1e-6


@pytest.mark.parametrize("kind", NO_GATES)
def test_what_is_no_gate(kind, randomise, x):
    adapted = adapt(randomise(Around(Written(NO_GATES[kind]))), x)
    assert gates_of(adapted) == {}


class Transposed(nn.Module):
    """Groups outside of the batch, (G·B, C/G, H, W): one picture cannot tell that from (B·G, C/G, H, W)."""

    def __init__(self):
        super().__init__()
        self.mix = nn.Conv2d(4, 4, 1)

    def forward(self, x):
        b, c, h, w = x.shape
        groups = x.reshape(b, 4, c // 4, h, w).transpose(0, 1).reshape(4 * b, c // 4, h, w)
        groups = groups * torch.sigmoid(self.mix(groups.mean((2, 3), keepdim=True)))
        return groups.reshape(4, b, c // 4, h, w).transpose(0, 1).reshape(b, c, h, w)


class Attentive(nn.Module):
    def __init__(self, make):
        super().__init__()
        self.attention = make()

    def forward(self, x):
        tokens = x.flatten(2).transpose(1, 2)
        found = self.attention(tokens) if isinstance(self.attention, nn.TransformerEncoderLayer) else None
        found = self.attention(tokens, tokens, tokens)[0] if found is None else found
        return found.transpose(1, 2).reshape(x.shape)


@pytest.mark.parametrize(
    "make",
    [
        lambda: nn.MultiheadAttention(CHANNELS, 4, batch_first=True),
        lambda: nn.TransformerEncoderLayer(CHANNELS, 4, 32, batch_first=True),
    ],
)
@torch.no_grad()
def test_attention_of_torch_is_not_taken_for_chance(make, randomise, x):
    """Its fast pass is not taken while a pass is watched, and differs from the other by rounding."""
    network = randomise(Around(nn.Sequential(Attentive(make), Written(KINDS["hard"][0]().written))))
    adapted = adapt(network, x)
    assert torch.equal(adapted(x), network(x))
    assert [reading.branch for reading in read_gates(adapted, x)[1]] == ["channel"]


@torch.no_grad()
def test_what_a_batch_contradicts_is_left_out(randomise, x):
    adapted = adapt(randomise(Around(Transposed())), x)
    assert gates_of(adapted) == {}
    assert "attention" in adapted.adaption.notes[0]


@torch.no_grad()
def test_wrappers_are_taken_off(randomise, x):
    network = randomise(Around(KINDS["bam"][0]()))
    wrapped = randomise(Around(torch.compile(KINDS["bam"][0]())))
    for given in (torch.compile(network), nn.DataParallel(network), torch.compile(wrapped)):
        adapted = adapt(given, x)
        assert list(gates_of(adapted)) == ["attention.spatial_gate"]
    assert torch.equal(adapt(torch.compile(network), x)(x), network(x))


@torch.no_grad()
def test_products_left_out_are_said(randomise, x):
    def products_of_channels(m, x):  # (B, C, C), whose axes are no picture's
        alike = x.flatten(2) @ x.flatten(2).mT
        return (alike * torch.sigmoid(m.mix(x.mean((2, 3), keepdim=True))[..., 0])).unsqueeze(-1)

    adapted = adapt(randomise(Around(Written(products_of_channels))), x)
    assert [left.reason for left in adapted.adaption.left_out] == ["axes"]
    assert "attention multiplies" in adapted.adaption.notes[0]
    adapted = adapt(randomise(Around(Written(NO_GATES["one number a picture"]))), x)
    assert [left.reason for left in adapted.adaption.left_out] == ["one_number"]
    for kind in ("features by features", "halves of features", "a gated activation"):
        adapted = adapt(randomise(Around(Written(NO_GATES[kind]))), x)
        assert [left.reason for left in adapted.adaption.left_out] == ["equal"]
        assert "neither says that it is the gate" in adapted.adaption.notes[0]
        assert adapted.adaption.notes[-1].endswith("nothing but the products above")
    for kind in ("one that is a mixture", "an activation of two factors"):
        adapted = adapt(randomise(Around(Written(NO_GATES[kind]))), x)
        assert adapted.adaption.left_out == ()
        assert adapted.adaption.notes[-1].endswith("nothing but constants, normalisations and activations")


@torch.no_grad()
def test_masks_multiplied_on_the_way_to_a_gate_are_not_left_out(randomise, x):
    def both(m, x):
        return x * (torch.sigmoid(m.one(x)) * torch.sigmoid(m.one(x.flip(3))))

    adapted = adapt(randomise(Around(Written(both))), x)
    assert len(gates_of(adapted)) == 1
    assert adapted.adaption.left_out == ()


@pytest.mark.parametrize("kind", ["groups", "planes", "einsum"])
def test_a_watcher_that_fails_leaves_nothing(kind, randomise, x):
    network, adapted, _ = pair(kind, randomise, x)
    hooks = [len(module._forward_hooks) for module in adapted.modules()]

    def fail(gate):
        raise RuntimeError("of the caller")

    with (
        pytest.raises(RuntimeError, match="of the caller"),
        replace_gates(adapted, dict.fromkeys(gates_of(adapted), fail)),
    ):
        adapted(x)
    assert hooks == [len(module._forward_hooks) for module in adapted.modules()]
    assert torch.equal(adapted(x), network(x))
