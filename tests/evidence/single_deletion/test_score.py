"""Single deletion against a plain loop, and what must hold of it."""

import numpy as np
import pytest
import torch
from scipy import stats
from torch import nn

from gam_viz.evidence.single_deletion.score import cells_of, correlation, falls, single_deletion, sums
from gam_viz.explain.heatmaps import Heatmap, resized


class OnePixel(nn.Module):
    """All that counts is one pixel."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(3.0))

    def forward(self, x):
        logit = self.weight * x[:, :, 5, 9].mean(1)
        return torch.stack([logit, -logit], 1)


def heatmap(values, key="map"):
    values = np.asarray(values, np.float32)
    return Heatmap(key, "attribution", key, None, values, bool((values < 0).any()))


@pytest.mark.parametrize("grid", [2, 4])
def test_it_is_that_of_a_plain_loop(random_network, grid):
    network, x = random_network("gam"), torch.randn(1, 3, 16, 16)
    maps = [np.random.default_rng(k).normal(size=side).astype(np.float32) for k, side in enumerate([(16, 16), (3, 3)])]
    found = single_deletion(network, x, 1, [heatmap(values) for values in maps], grid)
    side, fallen, held = 16 // grid, [], [[], []]
    with torch.inference_mode():
        whole = float(network(x)[0, 1])
        for row in range(0, 16, side):
            for column in range(0, 16, side):
                without = x.clone()
                without[:, :, row : row + side, column : column + side] = 0
                fallen.append(whole - float(network(without)[0, 1]))
                for of, values in zip(held, maps, strict=True):
                    of.append(resized(values, (16, 16))[row : row + side, column : column + side].sum(dtype=np.float64))
    np.testing.assert_allclose(falls(network, x, 1, grid), fallen, atol=1e-5)
    for one, values, of in zip(found, maps, held, strict=True):
        np.testing.assert_allclose(sums(values, (16, 16), grid), of, rtol=1e-6)
        assert one.correlation == pytest.approx(stats.spearmanr(of, fallen).statistic)
        assert one.cells == grid**2


@pytest.mark.parametrize("size", [(16, 16), (15, 22)])
def test_cells_cover_the_picture_once(size):
    covered = np.zeros(size, int)
    for cell in cells_of(size):
        covered[cell] += 1
    assert (covered == 1).all()
    with pytest.raises(ValueError, match="no grid of 4 cells"):
        cells_of((3, 9))


def test_the_one_pixel_that_counts_is_perfect_and_a_constant_map_says_nothing():
    x = torch.ones(1, 3, 16, 16)
    right, wrong = np.zeros((16, 16)), np.zeros((16, 16))
    right[5, 9], wrong[5, 9] = 1, -1
    maps = [heatmap(values, str(k)) for k, values in enumerate([right, wrong, np.full((16, 16), 0.3)])]
    found = single_deletion(OnePixel().eval(), x, 0, maps)
    assert [each.correlation for each in found] == [pytest.approx(1), pytest.approx(-1), None]
    # Maps that know nothing of the network scatter around 0.
    random = np.random.default_rng(3).normal(size=(400, 16, 16)).astype(np.float32)
    fallen = falls(OnePixel().eval(), x, 0)
    scores = [correlation(values, fallen, (16, 16)) for values in random]
    assert abs(np.mean(scores)) < 3 * np.std(scores) / 20
