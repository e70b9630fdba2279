"""What rounding makes of nothing is flat, is judged as flat, and gets no colour."""

import numpy as np
import pytest
import torch
from torch import nn

from gam_viz.evidence.faithfulness import Settings, faithfulness
from gam_viz.explain.attributions import attribute
from gam_viz.explain.flat import is_flat
from gam_viz.explain.heatmaps import of_attributions
from gam_viz.figures.scales import absolute_scale, range_scale, symmetric_scale


class Barely(nn.Module):
    """A logit of 5, and of the picture no more than what rounding could have left; or, `much` of it."""

    def __init__(self, much: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(much * torch.randn(3, 8, 8))

    def forward(self, x):
        logit = 5 + (x * self.weight).sum((1, 2, 3))
        return torch.stack([logit, -logit], 1)


@pytest.mark.parametrize(("much", "flat"), [(5e-8, True), (1e-2, False)])
def test_a_map_of_rounding_is_flat_wherever_it_is_shown(much, flat):
    network, x = Barely(much).eval(), torch.randn(1, 3, 8, 8)
    found = attribute(network, x, 0, "saliency")
    assert found.noise == pytest.approx(8 * np.finfo(np.float32).eps * 5, rel=0.1)
    (map_,) = of_attributions([found])
    assert is_flat(map_.values, map_.noise) == flat
    assert faithfulness(network, x, 0, [map_], Settings(steps=2)).standings()[0].flat == flat
    size = float(np.abs(map_.values).max())
    for scale in (symmetric_scale([map_.values], noise=map_.noise), absolute_scale([map_.values], noise=map_.noise)):
        assert size / scale.high == pytest.approx(size if flat else 1)  # of the full colour
    assert (range_scale([map_.values], noise=map_.noise).high > 0.5) == flat
