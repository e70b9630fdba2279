"""SE followed by another module, with and without the way around."""

import pytest
import torch

from gam_viz.attention import CBAM, GAM, SE, SIGMOID, AttentionChain, build_attention
from tests import oracles


@pytest.mark.parametrize("residual", [True, False])
@pytest.mark.parametrize(("name", "formula"), [("se_cbam", oracles.cbam), ("se_gam", oracles.gam)])
def test_equals_the_two_formulas_in_a_row(name, formula, residual, randomise, layouts):
    module = randomise(build_attention(name, 16, residual=residual).double())
    weights = module.state_dict()
    for layout, x in layouts(2, 16, 5, 8).items():
        gated = formula(oracles.se(x, oracles.part(weights, "first.")).out, oracles.part(weights, "second.")).out
        expected = x + gated if residual else gated
        assert (module(x) - expected).abs().max() < 1e-10, layout


def test_the_chain_is_residual_unless_told_otherwise():
    x = torch.randn(1, 4, 3, 3)
    zero = torch.nn.Conv2d(4, 4, 1)
    torch.nn.init.zeros_(zero.weight)
    torch.nn.init.zeros_(zero.bias)
    assert torch.equal(AttentionChain(torch.nn.Identity(), zero)(x), x)
    assert not AttentionChain(torch.nn.Identity(), zero, residual=False)(x).any()


def test_options_reach_the_second_module():
    assert isinstance(build_attention("se_cbam", 32).second, CBAM)
    chain = build_attention("se_gam", 32, rate=8, channel_gate="sigmoid")
    assert isinstance(chain.first, SE)
    assert isinstance(chain.second, GAM)
    assert chain.second.channel_attention[0].out_features == 4
    assert chain.second.channel_gate.bounds == SIGMOID
