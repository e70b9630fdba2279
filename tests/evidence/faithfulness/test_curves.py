"""Deletion and insertion against closed forms, a plain loop and chance."""

import copy
import itertools

import numpy as np
import pytest
import torch
from scipy import integrate, ndimage
from torch import nn

from gam_viz.evidence.faithfulness import BASELINES, Settings, faithfulness
from gam_viz.evidence.faithfulness.captum_metrics import infidelity
from gam_viz.evidence.faithfulness.fills import NOISE, Linear, uniform_noise
from gam_viz.evidence.faithfulness.order import random_orders, ranked, tie_order
from gam_viz.explain import replace_gates
from gam_viz.explain.heatmaps import Heatmap
from gam_viz.runtime import device
from tests.combinations import each_once
from tests.networks_of_others import Spotlight

MEAN, STD = (0.4, 0.5, 0.6), (0.2, 0.25, 0.3)


def heatmap(values, key="map"):
    values = np.asarray(values, np.float32)
    return Heatmap(key, "attribution", key, None, values, bool((values < 0).any()))


class Patch(nn.Module):
    """Its only evidence: logit 0 is `slope` times the mean of the picture inside a patch; logit 1 is 0."""

    def __init__(self, size, rows, columns, slope=6.0):
        super().__init__()
        weights = torch.zeros(size, size)
        weights[rows, columns] = 1
        self.weights = nn.Parameter(slope * weights / weights.sum() / 3)

    def forward(self, x):
        logit = (x * self.weights).sum((1, 2, 3))
        return torch.stack([logit, torch.zeros_like(logit)], 1)


def sigmoid(value):
    return 1 / (1 + np.exp(-value))


@pytest.mark.parametrize("baseline", ["mean", "blur"])
def test_the_difference_is_the_symmetric_relevance_gain(baseline):
    """Least relevant removed first minus most relevant removed first (arXiv 2401.06654), by a loop over pixels."""
    rng = np.random.default_rng(4)
    values, steps = rng.permutation(64).reshape(8, 8), 16
    network = Patch(8, slice(2, 6), slice(1, 5)).eval()
    x = torch.from_numpy(rng.normal(size=(1, 3, 8, 8))).float()
    (of,) = faithfulness(network, x, 0, [heatmap(values)], Settings(baseline, steps=steps)).ranking()
    (flipped,) = faithfulness(network, x, 0, [heatmap(-values)], Settings(baseline, steps=steps)).ranking()
    assert of.difference == pytest.approx(flipped.deletion - of.deletion, abs=1e-6)
    if baseline == "mean":  # which is 0 where pictures are normalised

        def flip(order):
            answers = []
            for share in range(steps + 1):
                gone = x.clone()
                gone.view(3, 64)[:, order[: share * 64 // steps]] = 0
                answers.append(network(gone).softmax(1)[0, 0].item())
            return np.trapezoid(answers, dx=1 / steps)

        most_first = np.argsort(-values.ravel())
        assert of.difference == pytest.approx(flip(most_first[::-1].copy()) - flip(most_first), abs=1e-6)


@pytest.mark.parametrize("coarse", [False, True])
def test_the_map_that_marks_the_only_evidence_is_perfect(coarse):
    """A patch of 1/16 of the pixels, removed by the first of 16 steps: all areas have closed forms."""
    network = Patch(16, slice(4, 8), slice(8, 12)).eval()
    marked = np.zeros((16, 16))
    marked[4:8, 8:12] = 1
    # A map that says so in 4x4 cells leaks over the patch's border when it is enlarged, but its largest values stay.
    maps = [heatmap(marked[::4, ::4] if coarse else marked, "right"), heatmap(1 - marked, "wrong")]
    found = faithfulness(network, torch.ones(1, 3, 16, 16), 0, maps, Settings("mean", steps=16))
    whole, nothing = sigmoid(6), 0.5
    right, wrong = found.curves
    if coarse:
        assert right.deletion[2] == pytest.approx(nothing, abs=0.05)
    else:
        np.testing.assert_allclose(right.deletion, [whole] + 16 * [nothing], atol=1e-6)
        np.testing.assert_allclose(right.insertion, [nothing] + 16 * [whole], atol=1e-6)
        np.testing.assert_allclose(wrong.deletion, 16 * [whole] + [nothing], atol=1e-6)
    best, worst = found.ranking()
    assert (best.key, worst.key) == ("right", "wrong")
    if not coarse:
        assert best.deletion == pytest.approx(nothing + (whole - nothing) / 32)
        assert best.insertion == pytest.approx(whole - (whole - nothing) / 32)
        assert best.difference == pytest.approx((whole - nothing) * 15 / 16)
        assert worst.difference == pytest.approx(-best.difference)
    assert (best.beats, worst.beats) == (1, 0)
    assert best.p == worst.p == 1 / (best.orders + 1)
    assert (best.outcome, worst.outcome) == ("better", "worse")


def imputed(x, kept, seed):
    """ROAD's fill: a dense system, pixel by pixel and neighbour by neighbour. x: (1, C, H, W); kept: (H, W) bool."""
    _, channels, height, width = x.shape
    system, known = np.eye(height * width), x[0].double().numpy().reshape(channels, -1).T.copy()
    if not kept.any():
        known[:] = known.mean(0)
    for row, column in np.argwhere(~kept) if kept.any() else ():
        here = row * width + column
        system[here, here], known[here] = 0, 0
        for down, right in itertools.product((-1, 0, 1), repeat=2):
            if (down or right) and 0 <= row + down < height and 0 <= column + right < width:
                weight = 1 / 12 if down and right else 1 / 6
                system[here, here] += weight
                system[here, (row + down) * width + column + right] -= weight
    filled = torch.from_numpy(np.linalg.solve(system, known).T.reshape(x.shape[1:])).float()
    noise = NOISE * torch.randn(x.shape, generator=torch.Generator().manual_seed(seed))
    return torch.where(torch.from_numpy(kept), x, filled + noise)


@pytest.mark.parametrize("size", [(6, 9), (12, 12)])
def test_the_linear_fill_is_that_of_a_dense_system(size):
    x, rng = torch.randn(1, 3, *size), np.random.default_rng(1)
    kept = np.stack([rng.random(size) < share for share in (0.0, 0.02, 0.3, 0.9, 1.0)])
    found = Linear(x, seed=5)(torch.from_numpy(kept)[:, None])
    for one, mask in zip(found, kept, strict=True):
        assert torch.allclose(one, imputed(x, mask, 5)[0], atol=1e-5)
    assert torch.equal(found[-1], x[0])
    ramp = torch.arange(9.0).expand(1, 3, 6, 9)  # a plane is its neighbours' mean wherever it has all of them
    hole = torch.ones(1, 1, 6, 9, dtype=torch.bool)
    hole[..., 1:5, 2:7] = False
    assert torch.allclose(Linear(ramp, noise=0)(hole), ramp, atol=1e-5)


def test_the_linear_fill_is_quantus_own():
    perturb = pytest.importorskip("quantus.functions.perturb_func")
    x, gone = torch.randn(1, 3, 8, 8), np.arange(10, 50, 3)
    kept = torch.ones(64, dtype=torch.bool)
    kept[torch.from_numpy(gone)] = False
    theirs = perturb.noisy_linear_imputation(x[0].double().numpy(), gone, noise=0.0)
    ours = Linear(x, noise=0)(kept.reshape(1, 1, 8, 8))[0]
    np.testing.assert_allclose(ours, np.reshape(theirs, (3, 8, 8)), atol=1e-5)


def plain_loop(network, x, fill, order, counts, target, *, insert):
    """order: (N,) flat indices, the most important first; counts: how many at each step."""
    values = []
    for count in counts:
        kept = np.full(x[0, 0].shape, not insert)
        for index in order[:count]:
            kept[divmod(int(index), x.shape[-1])] = insert
        with torch.inference_mode():
            values.append(float(network(fill(kept)).softmax(1)[0, target]))
    return values


@pytest.mark.parametrize(("baseline", "size"), each_once(list(BASELINES), [8, 9]))  # 81 pixels do not halve
def test_curves_are_those_of_a_plain_loop(baseline, size, random_network):
    steps = 8
    network = random_network("gam")
    x = torch.randn(1, 3, size, size)
    base = torch.zeros_like(x)  # "mean"
    if baseline == "noise":
        base = uniform_noise((size, size), 4, MEAN, STD)
    elif baseline == "blur":
        blurred = [ndimage.gaussian_filter(c, size / 8, mode="nearest", truncate=4) for c in x[0].double().numpy()]
        base = torch.from_numpy(np.stack(blurred))[None].float()

    def fill(kept):
        return imputed(x, kept, 4) if baseline == "linear" else torch.where(torch.from_numpy(kept), x, base)

    generator = np.random.default_rng(0)
    maps = [heatmap(generator.normal(size=(size, size)), "fine"), heatmap(generator.random((5, 5)), "coarse")]
    settings = Settings(baseline, steps=steps, orders=2, grain=1, seed=4)
    found = faithfulness(network, x, 2, maps, settings, mean=MEAN, std=STD)
    assert found.target == 2

    removed, inserted = (np.rint(shares * size * size).astype(int) for shares in (found.removed, found.inserted))
    assert (removed[0], removed[-1], inserted[0], inserted[-1]) == (0, size**2, 0, size**2)
    assert np.abs(removed - np.arange(steps + 1) * size**2 / steps).max() <= 0.5
    orders = [np.argsort(-map_.at(size).ravel(), kind="stable") for map_ in maps]
    orders[1] = np.argsort(ranked(maps[1], tie_order((size, size), 1, 4)).ravel())  # it has plateaus at its borders
    values = maps[1].at(size).ravel()[orders[1]]
    assert (np.diff(values) <= 1e-6).all()
    random = [np.argsort(ranks.ravel()) for ranks in random_orders((size, size), 1, 2, 4)]
    (pool,) = found.pools
    judged = [(c.deletion, c.insertion) for c in found.curves]
    judged += list(zip(pool.deletion, pool.insertion, strict=True))
    for order, (deletion, insertion) in zip([*orders, *random], judged, strict=True):
        wanted = plain_loop(network, x, fill, order, removed, 2, insert=False)
        np.testing.assert_allclose(deletion, wanted, atol=1e-5)
        wanted = plain_loop(network, x, fill, order, inserted, 2, insert=True)
        np.testing.assert_allclose(insertion, wanted, atol=1e-5)
    assert np.ptp(found.curves[0].deletion) > 1e-3  # or nothing was tested


def test_noise_is_even_over_all_colours_and_seeded():
    noise = uniform_noise((64, 64), 3, MEAN, STD)
    colours = noise[0] * torch.tensor(STD)[:, None, None] + torch.tensor(MEAN)[:, None, None]
    levels = colours * 255
    assert torch.allclose(levels, levels.round(), atol=1e-3)
    assert (levels.round().min(), levels.round().max()) == (0, 255)
    assert abs(float(levels.mean()) - 127.5) < 2
    assert torch.equal(noise, uniform_noise((64, 64), 3, MEAN, STD))
    assert not torch.equal(noise, uniform_noise((64, 64), 4, MEAN, STD))
    stored = uniform_noise((64, 128), 3, (1200.0, 900.0, 0.5, 0.5), (300.0, 200.0, 0.1, 0.1))
    assert stored.shape == (1, 4, 64, 128)
    assert float(stored.mean()) == pytest.approx(0.0, abs=0.02)
    assert float(stored.std()) == pytest.approx(1.0, abs=0.02)


def test_areas_are_those_of_the_trapezoidal_rule(random_network):
    maps = [heatmap(np.random.default_rng(k).random((9, 9)), str(k)) for k in range(3)]
    found = faithfulness(random_network("cbam"), torch.randn(1, 3, 9, 9), 1, maps, Settings(steps=7, orders=4))
    for standing, curves in zip(found.standings(), found.curves, strict=True):
        assert standing.deletion == pytest.approx(integrate.trapezoid(curves.deletion, found.removed))
        assert standing.insertion == pytest.approx(integrate.trapezoid(curves.insertion, found.inserted))
        assert standing.difference == pytest.approx(standing.insertion - standing.deletion)
    pool = found.pools[0]
    np.testing.assert_allclose(found.band("insertion", pool.grain), np.percentile(pool.insertion, (2.5, 97.5), axis=0))
    standings = found.standings()
    assert [s.key for s in found.ranking()] == [
        s.key for s in sorted(standings, key=lambda s: s.difference, reverse=True)
    ]
    for standing, curves in zip(standings, found.curves, strict=True):
        pool = found.pool(curves.grain)
        chance = integrate.trapezoid(pool.insertion, found.inserted) - integrate.trapezoid(pool.deletion, found.removed)
        extreme = (np.abs(chance) >= abs(standing.difference)).sum()
        assert standing.p == pytest.approx((1 + extreme) / (len(chance) + 1))


@pytest.mark.parametrize("grain", [1, None])
def test_a_constant_map_is_one_more_random_order(grain):
    """Over seeds it stands anywhere among them, half the time above and half below."""
    network = Patch(16, slice(2, 6), slice(3, 9)).eval()
    x = torch.ones(1, 3, 16, 16)
    beats = []
    for seed in range(60):
        found = faithfulness(network, x, 0, [heatmap(np.full((4, 4), 0.7))], Settings("mean", 8, 20, grain, seed))
        (standing,) = found.standings()
        assert standing.flat
        beats.append(standing.beats)
    assert 0.38 < np.mean(beats) < 0.62  # a mean of 60 even numbers of 0..1 has standard deviation 0.037
    assert np.std(beats) == pytest.approx(12**-0.5, abs=0.07)


@pytest.mark.parametrize(("side", "size"), [(8, 32), (64, 32), (7, 64), (32, 32)])
def test_equal_values_follow_each_other_at_random_and_not_from_left_to_right(side, size):
    ties = tie_order((size, size), 1, 0)
    for value in (0.7, 0.3, 123.4, 0.0, -5.0):
        np.testing.assert_array_equal(ranked(heatmap(np.full((side, side), value)), ties), ties)
    halves = np.zeros((size, size))
    halves[: size // 2] = 0.7
    ranks = ranked(heatmap(halves), ties)
    assert ranks[: size // 2].max() < ranks[size // 2 :].min()
    within = ranks[: size // 2].ravel()
    assert abs(np.corrcoef(within, np.arange(within.size))[0, 1]) < 0.1


def test_ranks_keep_what_a_map_of_pixels_tells_apart():
    """No rounding where nothing was enlarged: small values beside a large one keep their order."""
    values = np.random.default_rng(0).permutation(64).reshape(8, 8) * 1e-9
    values[0, 0] = 1
    ranks = ranked(heatmap(values), tie_order((8, 8), 1, 0))
    np.testing.assert_array_equal(np.argsort(ranks.ravel()), np.argsort(-values.ravel()))


@pytest.mark.parametrize("grain", [1, 4, 100])
def test_random_orders_are_independent_permutations(grain):
    orders = random_orders((16, 16), grain, 6, seed=2)
    for order in orders:
        np.testing.assert_array_equal(np.sort(order.ravel()), np.arange(256))
    likeness = np.corrcoef(orders.reshape(6, -1)) - np.eye(6)
    assert np.abs(likeness).max() < 0.999  # none is another's reverse
    np.testing.assert_array_equal(orders, random_orders((16, 16), grain, 6, seed=2))
    neighbours = np.mean([np.corrcoef(o[:, 1:].ravel(), o[:, :-1].ravel())[0, 1] for o in orders])
    assert abs(neighbours) < 0.1 if grain == 1 else neighbours > 0.7  # pixels, or patches


def test_chunks_do_not_change_results(random_network, monkeypatch):
    network, x = random_network("cbam"), torch.randn(1, 3, 16, 16)
    maps = [heatmap(np.random.default_rng(k).random((16, 16)), str(k)) for k in range(2)]
    results = []
    for chunk in (4, 7, 1000):
        monkeypatch.setitem(device.CHUNK, "cpu", chunk)
        results.append(faithfulness(network, x, 0, maps, Settings(steps=8, orders=2)))
    for other in results[1:]:
        for one, two in zip(results[0].curves, other.curves, strict=True):
            np.testing.assert_allclose(one.deletion, two.deletion, atol=1e-6)
            np.testing.assert_allclose(one.insertion, two.insertion, atol=1e-6)
        for one, two in zip(results[0].pools, other.pools, strict=True):
            np.testing.assert_allclose(one.deletion, two.deletion, atol=1e-6)


def test_gates_replaced_in_this_context_are_replaced_here_too(random_network):
    network, x = random_network("gam"), torch.randn(1, 3, 8, 8)
    path = "layer3.1.attention.spatial_gate"
    with replace_gates(network, {path: torch.ones(1)}):
        found = faithfulness(network, x, 0, [], Settings(steps=2, orders=2))
        with torch.inference_mode():
            wanted = float(network(x).softmax(1)[0, 0])
    with torch.inference_mode():
        assert abs(wanted - float(network(x).softmax(1)[0, 0])) > 1e-5
    assert found.pools[0].deletion[0, 0] == pytest.approx(wanted, abs=1e-6)
    assert found.curves == ()


def test_the_network_is_left_as_it_was_by_those_who_leave_too(random_network, traces, same_traces):
    network, x = random_network("cbam"), torch.randn(1, 3, 8, 8)
    maps = [heatmap(np.random.default_rng(k).random((8, 8)), f"map {k}") for k in range(3)]
    before, told = traces(network), []
    faithfulness(network, x, 0, maps, Settings(steps=8, orders=4), lambda *given: told.append(given))
    assert same_traces(before, traces(network))
    shares = [share for share, _ in told]
    assert (shares[0], shares[-1]) == (0, 1)
    assert shares == sorted(shares)
    labels = list(dict.fromkeys(label for _, label in told))
    assert labels[0] == "map 0"
    assert labels[-1] == "random"

    def leave(share, label):
        raise InterruptedError

    with pytest.raises(InterruptedError):
        faithfulness(network, x, 0, maps, Settings(), leave)
    assert same_traces(before, traces(network))


def test_a_map_that_is_not_finite_is_refused_and_the_rest_goes_on(random_network):
    broken = np.ones((8, 8))
    broken[3, 3] = np.nan
    good = heatmap(np.random.default_rng(0).random((8, 8)), "good")
    network, x = random_network("none"), torch.randn(1, 3, 8, 8)
    found = faithfulness(network, x, 0, [heatmap(broken, "broken"), good], Settings(steps=4, orders=2))
    assert [curves.key for curves in found.curves] == ["good"]
    assert [(one.key, one.why) for one in found.refused] == [("broken", "the map holds values that are not finite")]
    alone = faithfulness(network, x, 0, [good], Settings(steps=4, orders=2))
    np.testing.assert_allclose(found.curves[0].deletion, alone.curves[0].deletion, atol=1e-6)


class Fails(Patch):
    """Answers NaN to pictures of which the upper part is gone and the lower part is not."""

    def forward(self, x):
        gone = (x[:, :, :4] == 0).flatten(1).all(1)
        there = (x[:, :, 4:] != 0).flatten(1).all(1)
        return super().forward(x) + torch.where(gone & there, torch.nan, 0.0)[:, None]


def test_a_network_that_is_not_finite_on_the_way_refuses_that_map_only():
    network = Fails(8, slice(0, 2), slice(0, 2)).eval()
    upper = np.linspace(1, 0, 64).reshape(8, 8)
    maps = [heatmap(upper, "upper"), heatmap(upper.T, "left")]
    found = faithfulness(network, torch.ones(1, 3, 8, 8), 0, maps, Settings("mean", steps=2, orders=2, grain=1))
    assert [curves.key for curves in found.curves] == ["left"]
    assert [one.key for one in found.refused] == ["upper"]
    assert "not finite on the way" in found.refused[0].why


def test_what_does_not_fit_is_said(random_network):
    network, x = random_network("se"), torch.randn(1, 3, 8, 8)
    for target in (5, -1, True, 0.5):
        with pytest.raises(ValueError, match="the target"):
            faithfulness(network, x, target, [])
    with pytest.raises(ValueError, match="baseline 'noise' needs mean="):
        faithfulness(network, x, 0, [], Settings("noise"))
    with pytest.raises(ValueError, match="64 pixels cannot be removed in 65 steps"):
        faithfulness(network, x, 0, [], Settings(steps=65))
    with pytest.raises(ValueError, match="one normalised picture"):
        faithfulness(network, torch.randn(2, 3, 8, 8), 0, [])
    with pytest.raises(ValueError, match="eval mode"):
        faithfulness(copy.deepcopy(network).train(), x, 0, [])
    broken = random_network("se", seed=1)
    with torch.no_grad():
        broken.fc.bias[0] = torch.nan
    with pytest.raises(ValueError, match="answer to the picture, or to nothing but the baseline, is not finite"):
        faithfulness(broken, x, 0, [])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"baseline": "black"}, "one of blur, mean, noise, linear, got 'black'"),
        ({"steps": 0}, "at least 1 step"),
        ({"orders": -1}, "0 .as many as needed. or more, got -1"),
        ({"grain": 0}, "at least 1 pixel"),
        ({"seed": -1}, "0 or more"),
    ],
)
def test_settings_that_cannot_be(wrong, message):
    with pytest.raises(ValueError, match=message):
        Settings(**wrong)
    assert hash(Settings(steps=8)) == hash(Settings(steps=8))


def test_maps_over_an_input_that_is_no_square_lie_where_they_are():
    """A network that answers by one bright cell right of the centre: of two maps, the one that marks it takes the
    answer away with the first step, and the one that marks its mirror image with none but the last."""
    x = torch.zeros(1, 3, 16, 32)
    x[..., 8:12, 20:24] = 1
    marks = np.zeros((4, 8), np.float32)
    marks[2, 5] = 1
    maps = [heatmap(marks, "there"), heatmap(marks[:, ::-1].copy(), "mirrored")]
    found = faithfulness(Spotlight().eval(), x, 1, maps, Settings("mean", steps=8, orders=5))
    there, mirrored = found.curves
    assert there.deletion.shape == (9,)
    assert there.deletion[1] < 0.1 < 0.9 < mirrored.deletion[4]
    (errors, refused) = infidelity(Spotlight().eval(), x, 1, maps, samples=50)
    assert not refused
    assert errors[0].value < errors[1].value
