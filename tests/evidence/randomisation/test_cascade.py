"""Random weights: what becomes random, that nothing else does, and what the verdicts say of known maps."""

import copy
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import ndimage, stats
from torch import nn

from gam_viz.evidence.randomisation.cascade import randomisation
from gam_viz.evidence.randomisation.map_change import Original, verdict_of
from gam_viz.evidence.randomisation.reinitialise import fresh_weights, stages_of
from gam_viz.explain import explain
from gam_viz.explain.attributions import attribute
from gam_viz.explain.heatmaps import Heatmap, heatmaps
from gam_viz.images import load_sample, prepare
from gam_viz.networks import build_network
from gam_viz.networks.adapters import adapt, foreign_card
from gam_viz.networks.card import Card
from gam_viz.networks.checkpoints import load, read

CHECKPOINTS = Path(__file__).parents[3] / "checkpoints"
SHIPPED = pytest.mark.skipif(
    not (CHECKPOINTS / "scenes-gam.safetensors").is_file(), reason="the trained networks are not here"
)


def card_of(network, classes=5):
    names = tuple(f"class {k}" for k in range(classes))
    return Card("small", "drawn", "Drawn", names, 16, (0.5,) * 3, (0.25,) * 3, network.config)


def small_picture(side=16):
    return torch.randn(1, 3, side, side)


class Foreign(nn.Module):
    """An SE gate and a mask, in a network of another's; one number no module can reset."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding=1)
        self.norm = nn.BatchNorm2d(8)
        self.squeeze = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(8, 8, 1), nn.Sigmoid())
        self.mask = nn.Sequential(nn.Conv2d(8, 1, 3, padding=1), nn.Sigmoid())
        self.scale = nn.Parameter(torch.ones(()))
        self.head = nn.Linear(8, 4)

    def forward(self, x):
        x = torch.relu(self.norm(self.conv(x))) * self.scale
        x = x * self.squeeze(x)
        x = x * self.mask(x)
        return self.head(x.mean((2, 3)))


@pytest.mark.parametrize("attention", ["cbam", "gam"])
def test_fresh_weights_are_those_that_training_starts_from(random_network, attention):
    network = random_network(attention)
    torch.manual_seed(11)
    state = torch.get_rng_state()
    found = fresh_weights(network, 42)
    assert torch.equal(torch.get_rng_state(), state)  # other threads draw from it, too
    torch.manual_seed(42)
    expected = build_network(network.config).state_dict()
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[key], expected[key]) for key in expected)


def test_stages_are_all_weights_from_the_head_down(random_network):
    network = random_network("cbam", architecture="resnet18")
    stages = stages_of(network)
    assert list(stages) == ["fc", "layer4", "layer3", "layer2", "layer1", "stem"]
    assert sorted(key for keys in stages.values() for key in keys) == sorted(network.state_dict())
    assert "layer3.0.attention.conv.weight" in stages["layer3"]


def test_each_stage_leaves_what_lies_before_it(random_network, monkeypatch):
    network, x = random_network("gam"), small_picture()
    seen = []

    def spy(subject, card, x):
        seen.append({key: value.clone() for key, value in subject.state_dict().items()})
        return explain(subject, card, x)

    monkeypatch.setattr("gam_viz.evidence.randomisation.maps.explain", spy)
    randomisation(network, card_of(network), x, 1, seeds=(5, 6), count=2)
    trained = network.state_dict()
    torch.manual_seed(5)
    fresh = build_network(network.config).state_dict()
    random = set()
    for stage, state in zip(stages_of(network).items(), seen[1:], strict=False):
        random |= set(stage[1])
        for key, value in state.items():
            assert torch.equal(value, (fresh if key in random else trained)[key]), (stage[0], key)
    assert len(seen) == 1 + 5 + 1
    torch.manual_seed(6)
    other = build_network(network.config).state_dict()
    assert all(torch.equal(seen[-1][key], other[key]) for key in other)


def test_maps_are_compared_with_those_of_a_freshly_built_network(random_network):
    network, x = random_network("gam"), small_picture()
    found = randomisation(network, card_of(network), x, 2, ["saliency", "gradcam"], seeds=(3, 4), count=20)
    torch.manual_seed(4)
    fresh = build_network(network.config).eval()
    gates = {h.key: h.values for h in heatmaps(explain(fresh, card_of(network), x))}
    assert [test.heatmap.kind for test in found.maps] == ["gate"] * 6 + ["attribution"] * 2
    for test in found.maps[:6]:
        values = gates[test.heatmap.key]
        assert test.untrained[1].spread == pytest.approx(values.std(), rel=1e-5)
    finest = found.maps[0]  # 16 cells a side, as the grid
    expected = stats.spearmanr(finest.heatmap.values.ravel(), gates[finest.heatmap.key].ravel()).statistic
    assert finest.untrained[1].similarity.spearman == pytest.approx(expected, abs=1e-9)
    saliency = found.maps[6]
    ours, theirs = (attribute(n, x, 2, "saliency").values.ravel() for n in (network, fresh))
    assert saliency.untrained[1].similarity.spearman == pytest.approx(stats.spearmanr(ours, theirs).statistic, abs=1e-6)
    absolute = stats.spearmanr(np.abs(ours), np.abs(theirs)).statistic
    assert saliency.untrained[1].absolute.spearman == pytest.approx(absolute, abs=1e-6)
    assert finest.untrained[0].absolute is None
    assert finest.cascade[-1].similarity == finest.untrained[0].similarity
    assert [step.band is None for step in saliency.cascade] == [True] * 4 + [False]


def test_a_gate_does_not_change_before_its_own_stage(random_network):
    network = random_network("gam", width=8)  # at 4, a gate's one hidden unit may be dead, and its map flat
    found = randomisation(network, card_of(network), small_picture(), 0, seeds=(1,), count=2)
    for test in found.maps:
        stage = test.heatmap.layer.partition(".")[0]
        reached = found.stages.index(stage)
        numbers = [step.similarity.spearman for step in test.cascade]
        assert numbers[:reached] == pytest.approx([1] * reached)
        assert all(number < 0.999 for number in numbers[reached:])


def test_masks_of_untrained_cbam_are_flat(random_network):
    network = random_network("cbam")
    found = randomisation(network, card_of(network), small_picture(), 0, cascade=False, count=2)
    assert {test.verdict for test in found.maps} == {"flattens"}
    assert all(test.spread > 1e-3 for test in found.maps)
    assert all(u.spread == 0 and u.band is None for test in found.maps for u in test.untrained)
    assert all(test.cascade == () and len(test.untrained) == 3 for test in found.maps)


class Left(Exception):  # noqa: N818
    pass


@pytest.mark.parametrize("leaves_at", [None, 0.0, 0.5])
def test_the_shared_network_stays_as_it_was(random_network, traces, same_traces, leaves_at):
    network, shares = random_network("gam"), []
    before = traces(network)
    global_state = torch.get_rng_state()

    def progress(share, label):
        shares.append((share, label))
        if leaves_at is not None and share >= leaves_at:
            raise Left

    requests = ["saliency", "guided_backprop"]
    x = torch.ones(1, 3, 16, 16) * torch.linspace(-1, 1, 16)
    if leaves_at is None:
        randomisation(network, card_of(network), x, 0, requests, count=2, progress=progress)
        numbers = [share for share, _ in shares]
        assert numbers == sorted(numbers)
        assert numbers[-1] == pytest.approx(1)
        assert [*dict.fromkeys(label for _, label in shares)] == [
            *("trained", "fc", "layer3", "layer2", "layer1", "stem", "untrained")
        ]
    else:
        with pytest.raises(Left):
            randomisation(network, card_of(network), x, 0, requests, count=2, progress=progress)
    assert same_traces(before, traces(network))
    assert torch.equal(torch.get_rng_state(), global_state)


def test_a_network_of_anothers_resets_what_can_be_reset():
    x = small_picture()
    network = adapt(Foreign().eval(), x)
    with torch.no_grad():
        network.scale.fill_(3)
        network.norm.running_mean.uniform_()
    before = copy.deepcopy(network.state_dict())
    assert list(stages_of(network)) == ["head", "mask", "squeeze", "norm", "conv"]
    fresh = fresh_weights(network, 7)
    assert torch.equal(fresh["scale"], before["scale"])
    assert (fresh["norm.running_mean"] == 0).all()
    bound = 1 / 8**0.5  # of nn.Linear's initialisation
    assert fresh["head.weight"].abs().max() <= bound
    assert not torch.equal(fresh["conv.weight"], before["conv.weight"])
    assert all(torch.equal(value, fresh_weights(network, 7)[key]) for key, value in fresh.items())
    assert not torch.equal(fresh["conv.weight"], fresh_weights(network, 8)["conv.weight"])
    found = randomisation(
        network, foreign_card(network, "abcd", input_size=16), x, 3, ["saliency"], seeds=(7,), count=10
    )
    assert found.kept == ("scale",)
    assert [test.heatmap.kind for test in found.maps] == ["gate", "attribution"]
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())


def test_an_only_child_is_looked_into():
    network = nn.Sequential(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 4, 3), nn.BatchNorm2d(4)))
    assert list(stages_of(network)) == ["0.3", "0.2", "0.0"]
    assert list(stages_of(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU()))) == ["0"]
    assert "0.3.running_var" in stages_of(network)["0.3"]


def test_what_does_not_fit_is_said(random_network):
    network, x = random_network("gam"), small_picture()
    card = card_of(network)
    with pytest.raises(ValueError, match="a class from 0 to 4, got 5"):
        randomisation(network, card, x, 5)
    with pytest.raises(ValueError, match="a whole number"):
        randomisation(network, card, x, 1.5)
    with pytest.raises(ValueError, match="at least one seed"):
        randomisation(network, card, x, 1, seeds=())
    with pytest.raises(ValueError, match="unknown method 'magic'"):
        randomisation(network, card, x, 1, ["magic"])
    with pytest.raises(ValueError, match="not finite"):
        randomisation(network, card, x * np.nan, 1)

    class Bare(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.ones(3, 2))

        def forward(self, x):
            return x.mean((2, 3)) @ self.weight

    bare = Bare().eval()
    with pytest.raises(ValueError, match="no module that can be given fresh weights"):
        randomisation(bare, foreign_card(bare, "ab", input_size=16), x, 1)


def verdict(values, others, *, signed=False):
    original = Original(Heatmap("map", "gate", "gate", None, values, signed), 0.1, 100)
    return verdict_of(original, [original.against(other, "stem", k, with_band=True) for k, other in enumerate(others)])


def smooth(seed, side=16):
    return np.asarray(
        torch.nn.functional.avg_pool2d(
            torch.randn(1, 1, side + 4, side + 4, generator=torch.Generator().manual_seed(seed)), 5, 1
        )[0, 0]
    )


@pytest.mark.parametrize("signed", [False, True])
def test_unrelated_maps_are_called_alike_no_more_often_than_the_level_says(signed):
    """By one seed, which more than half of three cannot exceed much; of a map with signs, two likenesses are asked."""
    noise = np.random.default_rng(0).normal(size=(120, 2, 16, 16))
    fields = ndimage.gaussian_filter(noise, (0, 0, 1, 1)).astype(np.float32)
    called = sum(verdict(first, [second], signed=signed) != "collapses" for first, second in fields)
    assert stats.binomtest(called, 120, 0.025, alternative="greater").pvalue > 0.01


def test_verdicts():
    values = smooth(0)
    flat, broken = np.full_like(values, 0.5), np.full_like(values, np.nan)
    assert verdict(values, [values + 0.1 * smooth(k) for k in (1, 2, 3)]) == "survives"
    assert verdict(values, [values, values, smooth(3)]) == "survives"
    assert verdict(values, [smooth(11), smooth(12), smooth(13)]) == "collapses"
    assert verdict(values, [values, smooth(12), smooth(13)]) == "collapses"
    assert verdict(values, [flat, flat]) == "flattens"
    assert verdict(values, [flat, flat, values]) == "collapses"
    assert verdict(flat, [values]) == "flat"
    assert verdict(broken, [values]) == "not_finite"
    assert verdict(values, [broken, broken]) == "not_finite"
    noise = np.random.default_rng(0).normal(size=(2, 64, 64)).astype(np.float32)
    assert verdict(noise[0], [noise[1] + 0.2 * noise[0]]) == "resembles"
    assert verdict(noise[0], [-noise[0]]) == "collapses"
    assert verdict(noise[0], [-noise[0]], signed=True) == "survives"


@SHIPPED
def test_guided_backprop_outlives_the_upper_half_of_a_trained_network_and_the_gradient_does_not():
    """Adebayo et al.'s finding; on these networks seen with every seed that was tried."""
    checkpoint = read(CHECKPOINTS / "scenes-gam.safetensors")
    network, card = load(checkpoint), checkpoint.card
    seen = prepare(load_sample("scene-sailboat-17"), size=card.input_size, mean=card.mean, std=card.std)
    target = explain(network, card, seen.tensor).predicted
    found = randomisation(network, card, seen.tensor, target, ["saliency", "guided_backprop"], seeds=(1, 2), count=50)
    after = found.stages.index("layer2")
    gradient, guided = (test.cascade[after].similarity.spearman for test in found.maps[-2:])
    assert guided > 0.5
    assert abs(gradient) < 0.2
    # Untrained gates vary a hundred times less, which ranks would hide.
    assert all(u.spread < 0.05 * test.spread for test in found.maps[:-2] for u in test.untrained)
    assert sum(test.verdict == "survives" for test in found.maps) == 0
