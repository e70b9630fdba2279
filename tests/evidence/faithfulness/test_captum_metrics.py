"""Infidelity and max-sensitivity against Captum called directly, and against closed forms."""

import numpy as np
import pytest
import torch
from captum import metrics
from torch import nn

from gam_viz.evidence.faithfulness import infidelity, max_sensitivity
from gam_viz.evidence.faithfulness.captum_metrics import squares
from gam_viz.explain import explain
from gam_viz.explain.attributions import attribute, work
from gam_viz.explain.heatmaps import Heatmap, heatmaps
from gam_viz.networks.adapters import foreign_card
from gam_viz.runtime import device


def heatmap(values, key="map"):
    return Heatmap(key, "attribution", key, None, np.asarray(values, np.float32), True)


class Linear(nn.Module):
    """logit c = sum of weights c times the picture."""

    def __init__(self, size, classes=2):
        super().__init__()
        self.weights = nn.Parameter(torch.randn(classes, 3, size, size))

    def forward(self, x):
        return torch.einsum("bchw,kchw->bk", x, self.weights)


def test_infidelity_is_captums(random_network):
    network, x, samples = random_network("gam", double=True), torch.randn(1, 3, 16, 16).double(), 37
    generator = np.random.default_rng(0)
    maps = [heatmap(generator.normal(size=(16, 16)), "fine"), heatmap(generator.random((4, 4)), "coarse")]
    found, refused = infidelity(network, x, 2, maps, samples=samples, seed=7)
    assert refused == ()
    inside = squares((16, 16), samples, 7).double()

    def remove(pictures):
        assert len(pictures) == samples  # all at once
        return inside.expand_as(pictures), pictures * (1 - inside)

    def directly(values, *, normalize):
        with torch.no_grad():
            return float(
                metrics.infidelity(network, remove, x, values, target=2, n_perturb_samples=samples, normalize=normalize)
            )

    whole = directly(torch.zeros_like(x), normalize=False)
    for one, map_ in zip(found, maps, strict=True):
        values = torch.from_numpy(map_.at(16)).double().expand(1, 3, 16, 16) / 3
        wanted = directly(values, normalize=True)
        assert one.key == map_.key
        assert one.value == pytest.approx(wanted, rel=1e-5)
        assert one.share == pytest.approx(wanted / whole, rel=1e-5)
        assert 0 < one.share < 1


def test_the_map_of_a_linear_network_is_perfect_at_any_scale():
    network = Linear(12).eval()
    x = torch.randn(1, 3, 12, 12)
    truth = (network.weights[1] * x[0]).sum(0).detach().numpy()
    maps = [heatmap(truth, "1"), heatmap(1e6 * truth, "1e6"), heatmap(-1e-6 * truth, "-1e-6"), heatmap(0 * truth, "0")]
    found, _ = infidelity(network, x, 1, maps)
    falls = (squares((12, 12), 64, 0) * torch.from_numpy(truth)).sum((1, 2, 3))
    assert [one.share for one in found[:3]] == pytest.approx([0, 0, 0], abs=1e-5)
    assert found[3].share == 1
    assert found[3].value == pytest.approx(float((falls**2).mean()), rel=1e-4)
    assert found[0].share < found[0].constant <= 1  # the true map beats one that says nothing of places
    assert infidelity(network, x, 1, [heatmap(np.full((12, 12), 5.0))])[0][0].share == pytest.approx(found[0].constant)
    noise = heatmap(np.random.default_rng(0).normal(size=(12, 12)))
    assert infidelity(network, x, 1, [noise])[0][0].share > 0.5


def test_chunks_do_not_change_it(random_network, monkeypatch):
    network, x = random_network("cbam", double=True), torch.randn(1, 3, 16, 16).double()
    maps = [heatmap(np.random.default_rng(k).random((16, 16)), str(k)) for k in range(2)]
    found = []
    for chunk in (4, 9, 100):
        monkeypatch.setitem(device.CHUNK, "cpu", chunk)
        found.append([one.value for one in infidelity(network, x, 0, maps, samples=30)[0]])
    assert found[0] == pytest.approx(found[1], rel=1e-9)
    assert found[0] == pytest.approx(found[2], rel=1e-9)


def test_every_map_passes_the_same_pictures_once(random_network, monkeypatch):
    network, x = random_network("cbam"), torch.randn(1, 3, 16, 16)
    passed = []
    plain = work.Work.logits
    monkeypatch.setattr(
        work.Work, "logits", lambda self, pictures: passed.append(len(pictures)) or plain(self, pictures)
    )
    infidelity(network, x, 0, [heatmap(np.random.default_rng(k).random((4, 4))) for k in range(5)], samples=16)
    assert passed == [16, 1]


def test_squares_lie_in_the_picture():
    inside = squares((32, 32), 200, 0)
    assert inside.shape == (200, 1, 32, 32)
    for square in inside[:, 0]:
        rows, columns = torch.nonzero(square, as_tuple=True)
        side = int(rows.max() - rows.min()) + 1
        assert 4 <= side <= 16
        assert int(square.sum()) == side * (int(columns.max() - columns.min()) + 1) == side**2
    assert torch.equal(inside, squares((32, 32), 200, 0))
    assert not torch.equal(inside, squares((32, 32), 200, 1))
    assert squares((1, 1), 3, 0).sum() == 3


def test_what_cannot_be_judged_is_said(random_network, traces, same_traces):
    network, x = random_network("se"), torch.randn(1, 3, 8, 8)
    before = traces(network)
    maps = [heatmap(np.full((8, 8), np.inf), "broken"), heatmap(np.random.default_rng(0).random((8, 8)), "good")]
    told = []
    found, refused = infidelity(network, x, 0, maps, progress=lambda share, key: told.append((share, key)))
    assert [one.key for one in found] == ["good"]
    assert [(one.key, one.why) for one in refused] == [("broken", "the map holds values that are not finite")]
    assert told == [(0, "broken"), (0.5, "good"), (1, "good")]
    assert same_traces(before, traces(network))
    with pytest.raises(ValueError, match="a class from 0 to 4, got 9"):
        infidelity(network, x, 9, maps)
    with pytest.raises(ValueError, match="at least 1 square"):
        infidelity(network, x, 0, maps, samples=0)
    broken = random_network("se", seed=1)
    with torch.no_grad():
        broken.fc.bias[0] = torch.nan
    with pytest.raises(ValueError, match="not finite when squares are taken away"):
        infidelity(broken, x, 0, maps)


def test_a_network_that_looks_at_nothing_has_no_share():
    network = Linear(8).eval()
    with torch.no_grad():
        network.weights.zero_()
    found, _ = infidelity(network, torch.randn(1, 3, 8, 8), 0, [heatmap(np.ones((8, 8)))])
    assert (found[0].value, found[0].share) == (0, None)


def test_sensitivity_is_captums_and_has_a_closed_form():
    """Input times weights: the map of x + d differs from that of x by the map of d."""
    network, radius, samples = Linear(8).double().eval(), 0.05, 6
    x = torch.randn(1, 3, 8, 8).double()

    def mapped(pictures):
        return (pictures * network.weights[:1].detach()).sum(1)

    found = max_sensitivity(lambda v: mapped(v)[0].numpy(), x, radius=radius, samples=samples, seed=3)
    generator = torch.Generator().manual_seed(3)
    shifts = radius * (2 * torch.stack([torch.rand(3, 8, 8, generator=generator) for _ in range(samples)]).double() - 1)
    assert shifts.abs().max() <= radius
    wanted = float(mapped(shifts).flatten(1).norm(dim=1).max() / mapped(x).norm())
    assert found == pytest.approx(wanted, rel=1e-9)
    directly = metrics.sensitivity_max(
        lambda v: (mapped(v[0]),) if isinstance(v, tuple) else mapped(v),
        x,
        lambda pictures: pictures + shifts,
        n_perturb_samples=samples,
    )
    assert found == pytest.approx(float(directly), rel=1e-9)
    assert max_sensitivity(lambda v: mapped(v)[0].numpy(), x, radius=2 * radius, samples=samples, seed=3) == (
        pytest.approx(2 * found, rel=1e-9)
    )


def test_sensitivity_of_attributions_and_gates(random_network, traces, same_traces):
    network, x = random_network("cbam"), torch.randn(1, 3, 16, 16)
    before, count = traces(network), []
    card = foreign_card(network, [str(k) for k in range(network.config.num_classes)], input_size=16)

    def saliency(picture):
        count.append(picture.shape)
        return attribute(network, picture, 1, "saliency").values

    def gate(picture):
        return heatmaps(explain(network, card, picture))[-1].values

    found = max_sensitivity(saliency, x, samples=4)
    assert found > 0
    assert found == max_sensitivity(saliency, x, samples=4)
    assert found != max_sensitivity(saliency, x, samples=4, seed=1)
    assert count == 15 * [(1, 3, 16, 16)]
    assert max_sensitivity(gate, x, samples=4) > 0
    assert max_sensitivity(lambda picture: np.ones((4, 4)), x) == 0
    assert same_traces(before, traces(network))


def test_what_sensitivity_cannot_do_is_said():
    x = torch.randn(1, 3, 8, 8)
    with pytest.raises(ValueError, match="radius above 0, got 10 and 0"):
        max_sensitivity(lambda picture: np.ones(3), x, radius=0)
    with pytest.raises(ValueError, match="at least 1 sample"):
        max_sensitivity(lambda picture: np.ones(3), x, samples=0)
    with pytest.raises(ValueError, match="the map holds values that are not finite"):
        max_sensitivity(lambda picture: np.full(3, np.nan), x)
    with pytest.raises(ValueError, match="one normalised picture"):
        max_sensitivity(lambda picture: np.ones(3), x[0])
    with pytest.raises(InterruptedError):
        max_sensitivity(lambda picture: (_ for _ in ()).throw(InterruptedError), x)
