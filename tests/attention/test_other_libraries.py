"""Modules of timm and torchvision, with our weights in them, compute what ours do."""

import pytest
import torch

from gam_viz.attention import CBAM, SE
from gam_viz.runtime.torchvision_shim import torchvision


def pointwise(linear):
    return linear.weight.detach()[:, :, None, None]


@pytest.mark.parametrize(("channels", "ratio", "kernel"), [(32, 16, 7), (16, 4, 3)])
def test_timms_cbam(channels, ratio, kernel, randomise):
    """timm's MLP has no biases unless asked; its convolution takes [mean, max] where the authors' takes [max, mean]."""
    # Not at the top: timm imports torchvision, which `gam_viz.runtime.torchvision_shim` must have made importable.
    cbam = pytest.importorskip("timm.layers.cbam", reason="timm is not installed")
    ours = randomise(CBAM(channels, reduction_ratio=ratio, kernel_size=kernel))
    for layer in (ours.mlp[0], ours.mlp[2]):
        torch.nn.init.zeros_(layer.bias)
    theirs = cbam.CbamModule(channels, rd_ratio=1 / ratio, spatial_kernel_size=kernel).eval()
    theirs.load_state_dict(
        {
            "channel.fc1.weight": pointwise(ours.mlp[0]),
            "channel.fc2.weight": pointwise(ours.mlp[2]),
            "spatial.conv.conv.weight": ours.conv.weight.detach().flip(1),
            **{f"spatial.conv.bn.{key}": value for key, value in ours.bn.state_dict().items()},
        }
    )
    x = torch.randn(3, channels, 9, 11)
    expected = theirs(x)
    assert (ours(x) - expected).abs().max() < 1e-6
    # Channel by channel: the first half alone, through timm's own module.
    weights = theirs.channel.gate(
        theirs.channel.fc2(theirs.channel.act(theirs.channel.fc1(x.mean((2, 3), keepdim=True))))
        + theirs.channel.fc2(theirs.channel.act(theirs.channel.fc1(x.amax((2, 3), keepdim=True))))
    )
    seen = []
    ours.channel_gate.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[1]))
    ours(x)
    assert (seen[0] - weights).abs().max() < 1e-6


def test_timms_cbam_with_biases(randomise):
    cbam = pytest.importorskip("timm.layers.cbam", reason="timm is not installed")
    ours = randomise(CBAM(32, reduction_ratio=8))
    theirs = cbam.ChannelAttn(32, rd_ratio=1 / 8, mlp_bias=True).eval()
    theirs.load_state_dict(
        {
            "fc1.weight": pointwise(ours.mlp[0]),
            "fc1.bias": ours.mlp[0].bias.detach(),
            "fc2.weight": pointwise(ours.mlp[2]),
            "fc2.bias": ours.mlp[2].bias.detach(),
        }
    )
    x, seen = torch.randn(2, 32, 5, 4), []
    ours.spatial_gate.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    ours(x)
    assert (seen[0] - theirs(x)).abs().max() < 1e-6


def test_torchvisions_squeeze_and_excitation(randomise):
    ours = randomise(SE(32, reduction_ratio=4))
    theirs = torchvision.ops.SqueezeExcitation(32, 8).eval()
    theirs.load_state_dict(
        {
            "fc1.weight": pointwise(ours.mlp[0]),
            "fc1.bias": ours.mlp[0].bias.detach(),
            "fc2.weight": pointwise(ours.mlp[2]),
            "fc2.bias": ours.mlp[2].bias.detach(),
        }
    )
    x = torch.randn(3, 32, 7, 6)
    assert (ours(x) - theirs(x)).abs().max() < 1e-6
