"""Squeeze-and-excitation against its formula."""

import pytest
import torch

from gam_viz.attention import SE
from tests import oracles


@pytest.mark.parametrize(("channels", "ratio"), [(16, 4), (24, 16), (8, 16)])
def test_equals_the_formula_in_any_layout(channels, ratio, randomise, layouts):
    module = randomise(SE(channels, reduction_ratio=ratio).double())
    for layout, x in layouts(3, channels, 5, 8).items():
        difference = (module(x) - oracles.se(x, module.state_dict()).out).abs().max()
        assert difference < 1e-10, layout


def test_the_bottleneck_has_a_unit_at_least():
    assert SE(8).mlp[0].out_features == 1
    assert SE(64).mlp[0].out_features == 4
    assert SE(64, reduction_ratio=4).mlp[0].out_features == 16


def test_every_channel_has_its_own_weight(randomise):
    module = randomise(SE(16, reduction_ratio=4))
    x = torch.ones(1, 16, 3, 4)
    out = module(x)
    assert (out == out[:, :, :1, :1]).all()
    assert len(out[0, :, 0, 0].unique()) == 16


@pytest.mark.parametrize(("channels", "ratio"), [(0, 4), (8, 0), (-1, 1)])
def test_numbers_below_one_are_refused(channels, ratio):
    with pytest.raises(ValueError, match=f"at least 1, got {channels} channels and ratio {ratio}"):
        SE(channels, reduction_ratio=ratio)
