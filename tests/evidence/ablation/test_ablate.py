"""Gate ablation against networks rebuilt without the branch, and against single passes by hand."""

import copy
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import numpy as np
import pytest
import torch
from scipy import stats
from torch import nn

from gam_viz.attention import Gate, watched
from gam_viz.evaluation.intervals import student_interval
from gam_viz.evidence.ablation.ablate import MODES, ablate, ablations, mean_gates, modes_of
from gam_viz.evidence.ablation.replacements import Replacements
from gam_viz.explain import gates_of, read_gates, replace_gates
from tests import oracles
from tests.combinations import each_once

CHANNEL, SPATIAL = "layer2.0.attention.channel_gate", "layer2.0.attention.spatial_gate"


@pytest.fixture
def x():
    return torch.randn(1, 3, 16, 16)


class WithoutBranch(nn.Module):
    """An attention module once more, as plain formulas, with one branch left out."""

    def __init__(self, kind, weights, left_out):
        super().__init__()
        self.kind, self.weights, self.left_out = kind, weights, left_out

    def forward(self, x):
        w = self.weights
        if self.kind == "cbam":
            if self.left_out != "channel":
                pooled = x.mean((2, 3)), x.flatten(2).amax(2)
                x = x * torch.sigmoid(sum(oracles.mlp(one, w, "mlp") for one in pooled))[:, :, None, None]
            if self.left_out != "spatial":
                summary = torch.stack([x.amax(1), x.mean(1)], 1)
                x = x * torch.sigmoid(oracles.norm(oracles.conv(summary, w, "conv"), w, "bn"))
            return x
        if self.left_out != "channel":
            x = x * oracles.mlp(x.movedim(1, 3), w, "channel_attention").movedim(3, 1)
        if self.left_out != "spatial":
            s = oracles.part(w, "spatial_attention.")
            y = torch.relu(oracles.norm(oracles.conv(x, s, "0"), s, "1"))
            x = x * torch.sigmoid(oracles.norm(oracles.conv(y, s, "3"), s, "4"))
        return x


@pytest.mark.parametrize(("attention", "layer"), each_once(["cbam", "gam"], ["layer1.0", "layer3.1"]))
def test_identity_is_a_network_rebuilt_without_the_branch(attention, layer, random_network, x):
    network = random_network(attention)
    found = {one.branch: one for one in ablations(network, x, 2, modes=["identity"]).results if one.layer == layer}
    assert list(found) == ["channel", "spatial", "both"]
    with torch.inference_mode():
        plain = network(x)[0]
    for branch, one in found.items():
        rebuilt = copy.deepcopy(network)
        weights = rebuilt.get_submodule(f"{layer}.attention").state_dict()
        without = nn.Identity() if branch == "both" else WithoutBranch(attention, weights, branch)
        rebuilt.set_submodule(f"{layer}.attention", without)
        with torch.inference_mode():
            logits = rebuilt(x)[0]
        assert abs(float(logits[2] - plain[2]) - one.score.value) < 1e-6
        assert abs(float(logits.softmax(0)[2] - plain.softmax(0)[2]) - one.answer.value) < 1e-6
        assert abs(one.score.value) > 1e-4  # the branch does something here, or nothing would be tested
        switched = ablate(network, x, dict.fromkeys(one.paths, "identity"))
        assert (switched[0] - logits).abs().max() < 1e-6


@pytest.mark.parametrize("attention", ["se", "cbam", "gam"])
def test_all_at_once_are_the_same_as_one_by_one(attention, random_network, x):
    """Every replacement of the sweep, made by hand from the gates of its own and other passes, in a pass of its own."""
    network, target = random_network(attention), 3
    other, pictures = torch.randn(1, 3, 16, 16), torch.randn(5, 3, 16, 16)
    logits, readings = read_gates(network, x)
    of_other = {r.module: r.values for r in read_gates(network, other)[1]}
    of_pictures = [read_gates(network, one[None])[1] for one in pictures]
    of_data = {rows[0].module: np.mean([row.values for row in rows], 0) for rows in zip(*of_pictures, strict=True)}
    means = mean_gates(network, [pictures[:3], pictures[3:]])
    by_path = {r.module: r.values for r in readings}
    found = ablations(network, x, target, modes=[m for m in MODES if m != "shuffled"], means=means, other=other)
    assert not found.left_out
    before = logits[0].double().softmax(0)[target]

    for one in found.results:
        if one.branch == "both" and one.mode in ("position_mean", "channel_mean"):
            continue  # the spatial gate's mean is of that pass: below
        by = {}
        for path in one.paths:
            values = by_path[path]
            by[path] = torch.from_numpy(np.array({
                "identity": lambda v, p: np.ones_like(v),
                "position_mean": lambda v, p: v.mean((1, 2), keepdims=True),
                "channel_mean": lambda v, p: v.mean(0, keepdims=True),
                "data_mean": lambda v, p: of_data[p],
                "other_picture": lambda v, p: of_other[p],
            }[one.mode](values, path)))[None]  # fmt: skip
        with torch.inference_mode(), replace_gates(network, by):
            alone = network(x)[0].double()
        rest = torch.cat([alone[:target], alone[target + 1 :]])
        old_rest = torch.cat([logits[0, :target], logits[0, target + 1 :]])
        assert one.draws == 1
        assert one.over == ()
        assert one.score.low == one.score.value == one.score.high
        assert one.score.value == pytest.approx(float(alone[target] - logits[0, target]), abs=1e-5)
        assert one.answer.value == pytest.approx(float(alone.softmax(0)[target] - before), abs=1e-5)
        wanted = float((alone[target] - rest.max()) - (logits[0, target] - old_rest.max()))
        assert one.margin.value == pytest.approx(wanted, abs=1e-5)
        assert one.predicted == int(alone.argmax())
        assert one.flips == (one.predicted != found.predicted)
        assert one.flip_share == float(one.flips)


def test_a_later_gates_mean_is_of_the_pass_in_which_the_earlier_is_replaced(random_network, x):
    network = random_network("gam")
    both = next(
        one
        for one in ablations(network, x, 0, modes=["position_mean"]).results
        if (one.layer, one.branch) == ("layer2.0", "both")
    )
    mean = {path: lambda gate: gate.mean((2, 3), keepdim=True) for path in both.paths}
    with torch.inference_mode():
        plain = network(x)
        with replace_gates(network, mean):
            logits = network(x)
    assert both.score.value == pytest.approx(float(logits[0, 0] - plain[0, 0]), abs=1e-5)


def test_a_mode_is_offered_where_it_means_something(random_network, x):
    of = {a: {r.branch: modes_of(r) for r in read_gates(random_network(a), x)[1]} for a in ("cbam", "gam")}
    assert of["cbam"]["channel"] == ("identity", "channel_mean", "data_mean", "shuffled", "other_picture")
    assert of["cbam"]["spatial"] == ("identity", "position_mean", "data_mean", "shuffled", "other_picture")
    assert of["gam"]["channel"] == of["gam"]["spatial"] == MODES
    found = ablations(random_network("cbam"), x, 0)
    assert {one.mode for one in found.results if one.branch == "both"} == {"identity", "shuffled"}
    with pytest.raises(ValueError, match=r"can be replaced by identity, channel_mean.*got 'position_mean'"):
        ablate(random_network("cbam"), x, {CHANNEL: "position_mean"})


@pytest.mark.parametrize(("attention", "over"), [("cbam", ("channels", "positions")), ("gam", ("positions",) * 2)])
def test_shuffles_keep_the_values_and_what_they_say_is_shuffled(attention, over, random_network, x):
    network = random_network(attention, width=16)  # with fewer hidden units, some channel gates would be constant
    replacements = Replacements(network, x, seed=5)
    for reading, axis in zip(replacements.readings, over * 6, strict=True):
        gate = torch.from_numpy(reading.values.copy())
        shuffled = [replacements.swap(reading.module, "shuffled", draw)(gate) for draw in range(3)]
        assert not torch.equal(shuffled[0], shuffled[1])
        for new in shuffled:
            assert new.shape == gate.shape
            assert torch.equal(new.flatten().sort().values, gate.flatten().sort().values)
            if axis == "positions":  # the same way in all channels: each position keeps its vector
                vectors = {tuple(column) for column in gate.flatten(1).T.tolist()}
                assert {tuple(column) for column in new.flatten(1).T.tolist()} == vectors
    found = [one for one in ablations(network, x, 0, modes=["shuffled"]).results if one.branch == "both"]
    assert {one.over for one in found} == {over}


def test_shuffles_are_single_passes_with_an_interval_of_their_median(random_network, x):
    network, target, draws = random_network("gam"), 1, 9
    found = ablations(network, x, target, shuffles=draws, seed=3, modes=["shuffled"])
    one = next(one for one in found.results if one.paths == (SPATIAL,))
    replacements = Replacements(network, x, seed=3)
    swaps = [replacements.swap(SPATIAL, "shuffled", draw) for draw in range(draws)]
    with torch.inference_mode():
        plain = network(x)[0].double()
        alone = []
        for swap in swaps:
            with replace_gates(network, {SPATIAL: lambda gate, swap=swap: swap(gate[0])[None]}):
                alone.append(network(x)[0].double())
    logits = torch.stack(alone)
    for change, after, before in (
        (one.score, logits[:, target], plain[target]),
        (one.answer, logits.softmax(1)[:, target], plain.softmax(0)[target]),
    ):
        values = (after - before).numpy()
        low, middle, high = np.sort(values)[[1, 4, 7]]  # 1 - 2 * (1 + 9) / 2 ** 9 = 96 %
        assert (change.value, change.low, change.high) == pytest.approx((middle, low, high), abs=1e-5)
        assert low < high
    assert one.draws == draws
    assert one.flip_share == float((logits.argmax(1) != plain.argmax()).double().mean())
    first = ablate(network, x, {SPATIAL: "shuffled"}, seed=3)
    assert torch.allclose(first[0].double(), logits[0], atol=1e-5)


class Lopsided(nn.Module):
    """Answers with the first of sixteen weights, of which one is huge."""

    weights = torch.tensor([*range(15), 1000.0])

    def __init__(self) -> None:
        super().__init__()
        self.gate = Gate("channel", bounds=None)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        gated = self.gate(torch.ones(len(x), 16, 1, 1), self.weights.reshape(1, 16, 1, 1))
        return torch.stack([gated[:, 0, 0, 0], gated.new_zeros(len(x))], 1)


def test_intervals_hold_the_median_of_all_shuffles_at_the_stated_rate():
    """A shuffle puts each weight first equally often: the median is from 7 to 8. Their mean is another matter."""
    network, x = Lopsided().eval(), torch.ones(1, 3, 1, 1)
    held, by_student = 0, 0
    for seed in range(200):
        (one,) = ablations(network, x, 0, modes=["shuffled"], seed=seed).results
        assert one.draws == 8
        held += one.score.low <= 8 and one.score.high >= 7
        again = Replacements(network, x, seed=seed)
        draws = again.run([{"gate": again.swap("gate", "shuffled", draw)} for draw in range(8)])[:, 0].double().numpy()
        assert (draws.min(), np.median(draws), draws.max()) == (one.score.low, one.score.value, one.score.high)
        low, high = student_interval(draws)
        by_student += low <= Lopsided.weights.mean() <= high
    assert stats.binomtest(held, 200, 0.95, alternative="less").pvalue > 0.01
    assert by_student < 150


def test_an_interval_of_probabilities_stays_within_them(random_network, x):
    network = random_network("gam")
    with torch.no_grad():
        network.fc.weight.mul_(30)
    found = ablations(network, x, 0, shuffles=6)
    for one in found.results:
        assert one.answer.low <= one.answer.value <= one.answer.high
        assert one.answer.low >= -found.answer
        assert one.answer.high <= 1 - found.answer


def test_seeds_reproduce_and_do_not_depend_on_what_else_is_asked_for(random_network, x):
    network = random_network("cbam")
    whole = ablations(network, x, 0, seed=1)
    assert ablations(network, x, 0, seed=1) == whole
    shuffled = {one.paths: one for one in whole.results if one.mode == "shuffled"}
    alone = ablations(network, x, 0, seed=1, modes=["shuffled"], together=False).results
    assert all(one.score.value == pytest.approx(shuffled[one.paths].score.value, abs=1e-6) for one in alone)
    other = {one.paths: one for one in ablations(network, x, 0, seed=2).results if one.mode == "shuffled"}
    assert all(abs(other[paths].score.value - one.score.value) > 1e-7 for paths, one in shuffled.items())


def test_several_switches_at_once(random_network, x):
    network = random_network("cbam")
    switches = {CHANNEL: "channel_mean", SPATIAL: "position_mean", "layer3.1.attention.spatial_gate": "identity"}
    by = {
        CHANNEL: lambda gate: gate.mean(1, keepdim=True),
        SPATIAL: lambda gate: gate.mean((2, 3), keepdim=True),
        "layer3.1.attention.spatial_gate": torch.ones(1),
    }
    with torch.inference_mode(), replace_gates(network, by):
        wanted = network(x)
    assert torch.allclose(ablate(network, x, switches), wanted, atol=1e-6)
    assert torch.equal(ablate(network, x, {}), network(x).detach())


def test_means_do_not_depend_on_the_batches(random_network):
    network = random_network("gam").double()
    pictures = torch.randn(6, 3, 8, 8, dtype=torch.float64)
    whole = mean_gates(network, [pictures])
    parts = mean_gates(network, (pictures[start : start + 4] for start in (0, 4)))
    assert whole.keys() == gates_of(network).keys()
    for path, gate in whole.items():
        assert gate.dtype == torch.float32
        assert torch.allclose(gate, parts[path], atol=1e-6)
        assert not gate.is_inference()


def test_a_network_without_gates(random_network, x):
    found = ablations(random_network("none"), x, 0)
    assert (found.results, found.left_out) == ((), ())
    assert 0 < found.answer < 1


class Small(nn.Module):
    """logits = sums of gated features: what a test wants of gates."""

    def __init__(self, gate, *, scale=1.0, times=1):
        super().__init__()
        self.gate = Gate("channel", bounds=None)
        self.values = nn.Parameter(gate)
        self.scale, self.times = scale, times

    def forward(self, x):
        x = x * self.scale
        for _ in range(self.times):
            x = self.gate(x, self.values)
        return x.sum((2, 3))


def test_a_gate_that_is_one_row_for_all_pictures_is_replaced_row_by_row():
    network = Small(torch.tensor([2.0, 3.0, 5.0]).reshape(1, 3, 1, 1)).eval()
    x = torch.ones(1, 3, 2, 2)
    found = {one.mode: one for one in ablations(network, x, 2, shuffles=6).results}
    assert found["identity"].score.value == 4 - 20
    assert found["channel_mean"].score.value == pytest.approx(4 * 10 / 3 - 20)
    assert list(found) == ["identity", "channel_mean", "shuffled"]


def test_a_gate_that_runs_twice_is_left_out_with_a_sentence():
    network = Small(torch.full((1, 3, 1, 1), 0.5), times=2).eval()
    found = ablations(network, torch.ones(1, 3, 2, 2), 0)
    assert found.results == ()
    assert [one.why for one in found.left_out] == [
        "gate is computed 2 times in a pass, so it is not one gate to replace"
    ]
    with pytest.raises(ValueError, match="computed 2 times"):
        ablate(network, torch.ones(1, 3, 2, 2), {"gate": "identity"})


def test_an_answer_that_is_not_finite_is_said_and_the_rest_goes_on():
    network = Small(torch.tensor([1e-30, 2e-30, 4e-30]).reshape(1, 3, 1, 1), scale=3e38).eval()
    x = torch.ones(1, 3, 2, 2)
    found = ablations(network, x, 0, modes=["identity", "channel_mean"])
    assert [one.mode for one in found.results] == ["channel_mean"]
    assert all(np.isfinite(one.score.value) for one in found.results)
    assert [(one.mode, one.why) for one in found.left_out] == [
        ("identity", "with gate replaced, the network's answer is not finite")
    ]
    with pytest.raises(ValueError, match="with gate replaced, the network's answer is not finite"):
        ablate(network, x, {"gate": "identity"})
    with pytest.raises(ValueError, match="answer to this picture is not finite"):
        ablations(Small(torch.full((1, 3, 1, 1), float("nan"))).eval(), x, 0)


@pytest.mark.parametrize("target", [5, -1, 1.5, True, "cat"])
def test_a_target_that_the_network_lacks(target, random_network, x):
    with pytest.raises(ValueError, match=r"the target (must be a class from 0 to 4|is the index of a class)"):
        ablations(random_network("se"), x, target)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"modes": ["removed"]}, "unknown mode 'removed'; known are identity"),
        ({"shuffles": 5}, "at least 6 shuffles"),
        ({"other": torch.zeros(1, 3, 8, 8)}, r"must be \(1, 3, 16, 16\) as the first, got \(1, 3, 8, 8\)"),
        ({"other": torch.full((1, 3, 16, 16), float("inf"))}, "not finite"),
        ({"means": {}}, "needs the mean of layer1.0.attention.channel_gate"),
        ({"means": {"layer1.0.attention.channel_gate": torch.ones(3, 1, 1)}}, r"is \(3, 1, 1\), but the gate here is"),
    ],
)
def test_what_does_not_fit_is_said(changes, message, random_network, x):
    with pytest.raises(ValueError, match=message):
        ablations(random_network("se"), x, 0, **changes)


def test_what_cannot_be_ablated_is_said(random_network, x):
    network = random_network("se")
    with pytest.raises(ValueError, match=r"no gate named layer9 is computed in this network; it computes layer1\.0"):
        ablate(network, x, {"layer9": "identity"})
    with pytest.raises(ValueError, match="needs another picture, which was not given"):
        ablate(network, x, {CHANNEL: "other_picture"})
    with pytest.raises(ValueError, match="one normalised picture at a time"):
        ablations(network, torch.cat([x, x]), 0)
    with pytest.raises(ValueError, match="eval mode"):
        ablations(random_network("se").train(), x, 0)
    with pytest.raises(ValueError, match="at least 2 classes"):
        ablations(random_network("se", num_classes=1), x, 0)
    with pytest.raises(ValueError, match="at least one picture"):
        mean_gates(network, [])
    with pytest.raises(ValueError, match="pictures of one size"):
        mean_gates(random_network("cbam"), [torch.zeros(1, 3, 16, 16), torch.zeros(1, 3, 8, 8)])
    with pytest.raises(ValueError, match="eval mode"):
        mean_gates(random_network("cbam").train(), [x])


def test_leaving_leaves_nothing_behind(random_network, x, traces, same_traces):
    network = random_network("cbam")
    before, plain = traces(network), network(x)
    told = []

    def leave(share, layer):
        told.append((share, layer))
        if len(told) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ablations(network, x, 0, progress=leave)
    assert not watched()
    assert same_traces(before, traces(network))
    assert torch.equal(network(x), plain)
    passes = iter((1, 0))  # the second pass, in which the gate is replaced, fails
    hook = network.fc.register_forward_pre_hook(lambda *given: 1 / next(passes) and None)
    with pytest.raises(ZeroDivisionError):
        ablate(network, x, {CHANNEL: "identity"})
    hook.remove()
    assert not watched()
    told.clear()
    ablations(network, x, 0, progress=lambda share, layer: told.append((share, layer)))
    shares = [share for share, _ in told]
    assert (shares[0], shares[-1]) == (0, 1)
    assert shares == sorted(shares)
    assert list(dict.fromkeys(layer for _, layer in told)) == sorted({layer for _, layer in told})


def test_other_threads_are_undisturbed(random_network):
    network = random_network("gam")
    pictures = torch.randn(8, 1, 3, 16, 16)

    def swept(x):
        return ablations(network, x, 0, modes=["identity", "shuffled"], shuffles=6)

    wanted = [swept(x) if i % 2 else network(x).detach() for i, x in enumerate(pictures)]
    start = Barrier(8, timeout=60)

    def work(index):
        start.wait()
        for _ in range(2):
            with torch.no_grad():
                found = swept(pictures[index]) if index % 2 else network(pictures[index])
        return found

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(work, range(8)))
    for index, (one, other) in enumerate(zip(found, wanted, strict=True)):
        if index % 2:
            values = [[r.score.value for r in of.results] for of in (one, other)]
            np.testing.assert_allclose(*values, atol=1e-6)
        else:
            assert torch.allclose(one, other, atol=1e-6)
