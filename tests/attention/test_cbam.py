"""CBAM against its formula."""

import pytest
import torch

from gam_viz.attention import CBAM
from tests import oracles


@pytest.mark.parametrize(("channels", "ratio", "kernel"), [(16, 4, 7), (32, 16, 3), (8, 16, 1), (8, 2, 5)])
def test_equals_the_formula_in_any_layout(channels, ratio, kernel, randomise, layouts):
    module = randomise(CBAM(channels, reduction_ratio=ratio, kernel_size=kernel).double())
    for layout, x in layouts(3, channels, 9, 6).items():
        difference = (module(x) - oracles.cbam(x, module.state_dict()).out).abs().max()
        assert difference < 1e-10, layout


def test_gradients_equal_the_formula(randomise, layouts):
    module = randomise(CBAM(8, reduction_ratio=2).double())
    x = layouts(2, 8, 5, 7)["contiguous"].requires_grad_()
    (ours,) = torch.autograd.grad(module(x).square().sum(), x)
    (theirs,) = torch.autograd.grad(oracles.cbam(x, module.state_dict()).out.square().sum(), x)
    assert (ours - theirs).abs().max() < 1e-10


def test_the_mask_has_no_bias_and_is_a_half_before_training():
    module = CBAM(16).eval()
    assert module.conv.bias is None
    assert module.bn.momentum == 0.01
    x = torch.randn(2, 16, 6, 6)
    weights = oracles.cbam(x, module.state_dict()).channel
    torch.testing.assert_close(module(x), x * weights * 0.5)


@pytest.mark.parametrize("kernel", [0, 4, -3])
def test_even_kernels_are_refused(kernel):
    with pytest.raises(ValueError, match=f"kernel size must be odd.*got {kernel}"):
        CBAM(16, kernel_size=kernel)


def test_ratios_below_one_are_refused():
    with pytest.raises(ValueError, match="16 channels and ratio 0"):
        CBAM(16, reduction_ratio=0)
