"""Statistics of gates against a plain loop over `explain`, and on gates whose statistics are known."""

import numpy as np
import pytest
import torch
from torch import nn

from gam_viz.attention import Gate
from gam_viz.datasets.scenes.draw import draw_scenes
from gam_viz.evidence.dependence.statistics import gate_statistics
from gam_viz.evidence.leaderboard.pictures import drawn
from gam_viz.evidence.leaderboard.scoring import inputs
from gam_viz.explain import explain
from gam_viz.networks.checkpoints import load

SCENES = drawn(draw_scenes(14, split="test"))


def batches(card, size):
    for start in range(0, len(SCENES), size):
        yield inputs(SCENES, card, start, start + size, "cpu")


@pytest.mark.parametrize("name", ["scenes-cbam", "scenes-gam"])
def test_they_equal_a_plain_loop_over_explain(checkpoints, name):
    network, card = load(checkpoints[name]), checkpoints[name].card
    found = gate_statistics(network, batches(card, 5), SCENES.labels, len(card.classes))
    seen = [explain(network, card, x).readings for x in batches(card, 1)]
    assert [of.path for of in found] == [reading.module for reading in seen[0]]
    for place, of in enumerate(found):
        values = np.stack([gates[place].values for gates in seen]).astype(np.float64)  # (N, C, H, W)
        cells = values.mean(0)
        whole = values.var()
        assert of.shape == cells.shape
        for ours, plain in (
            (of.mean, values.mean()),
            (of.std, values.std()),
            (of.spread, np.sqrt(values.var(0).mean())),
            (of.between_pictures, values.var(0).mean() / whole),
            (of.between_channels, cells.mean((1, 2)).var() / whole),
            (of.between_positions, cells.mean(0).var() / whole),
            (of.between_pictures + of.between_channels + of.between_positions + of.rest, 1.0),
            (of.lowest, values.min()),
            (of.highest, values.max()),
        ):
            assert ours == pytest.approx(plain, rel=1e-4, abs=1e-7), (of.path, ours, plain)
        reduced = values.reshape(len(values), -1) if values.shape[1] == 1 else values.mean((2, 3))
        for label in range(len(card.classes)):
            of_class = reduced[SCENES.labels == label]
            if len(of_class):
                np.testing.assert_allclose(of.class_means[label], of_class.mean(0), rtol=1e-4, atol=1e-6)
            else:
                assert np.isnan(of.class_means[label]).all()
        weights = np.abs(values).mean((0, 2, 3))
        assert of.effective == pytest.approx(weights.sum() ** 2 / (weights**2).sum(), rel=1e-4)
        if of.bounds == (0.0, 1.0):
            assert of.below == pytest.approx((values < 0.05).mean(), abs=1e-6)
            assert of.above == pytest.approx((values > 0.95).mean(), abs=1e-6)
        else:
            assert np.isnan(of.below)


class Planted(nn.Module):
    """A gate of the values it is told, picture by picture."""

    def __init__(self, values, branch="channel"):
        super().__init__()
        self.gate = Gate(branch, bounds=(0.0, 1.0))
        self.values = torch.tensor(values, dtype=torch.float32)

    def forward(self, x):
        which = x[:, 0, 0, 0].long()
        return self.gate(x, self.values[which]).mean((2, 3))


def planted(values, labels, channels=2):
    values = np.asarray(values, dtype=np.float32)
    x = torch.arange(len(values)).float()[:, None, None, None].expand(-1, channels, 4, 4)
    network = Planted(values[:, :, None, None] if values.ndim == 2 else values).eval()
    (of,) = gate_statistics(network, [x], np.asarray(labels), 2)
    return of


def test_a_gate_that_goes_by_the_class_and_one_that_does_not():
    labels = [0, 0, 0, 0, 1, 1, 1, 1]
    by_class = planted([[0.2, 0.5]] * 4 + [[0.8, 0.5]] * 4, labels)
    assert by_class.by_class == pytest.approx(1)
    assert by_class.spread == pytest.approx(0.3 / np.sqrt(2))
    np.testing.assert_allclose(by_class.class_means, [[0.2, 0.5], [0.8, 0.5]], rtol=1e-6)
    by_picture = planted([[0.2, 0.5], [0.8, 0.5]] * 4, labels)
    assert by_picture.by_class == 0  # the classes' means are equal
    assert by_picture.between_pictures == pytest.approx(by_class.between_pictures)


def test_the_same_weights_in_all_pictures_and_one_number_everywhere():
    same = planted([[0.02, 0.97]] * 6, [0, 1] * 3)
    assert (same.between_pictures, same.spread) == (0, 0)
    assert same.between_channels == pytest.approx(1)
    assert np.isnan(same.by_class)
    assert (same.closed, same.open, same.below, same.above) == (1, 1, 0.5, 0.5)
    assert same.effective == pytest.approx(0.99**2 / (0.02**2 + 0.97**2))
    constant = planted([[0.5, 0.5]] * 6, [0, 1] * 3)
    assert np.isnan(constant.between_pictures)
    assert constant.effective == pytest.approx(2)


def test_a_map_that_stays_where_it_is():
    values = np.zeros((4, 1, 4, 4), np.float32)
    values[:, :, :2] = 0.5
    of = planted(values, [0, 1, 0, 1])
    assert of.between_positions == pytest.approx(1)
    assert of.class_means.shape == (2, 16)


def test_bad_input():
    with pytest.raises(ValueError, match="at least one picture"):
        gate_statistics(Planted([[[[0.5]]]]).eval(), [], np.zeros(0, np.int64), 2)
    with pytest.raises(ValueError, match="eval mode"):
        gate_statistics(Planted([[[[0.5]]]]), [], np.zeros(0, np.int64), 2)
    with pytest.raises(ValueError, match="gate is not finite"):
        planted([[float("nan"), 0.5]] * 2, [0, 1])
