"""Attention modules by name."""

import pytest
import torch
from torch import nn

from gam_viz.attention import ATTENTION, CBAM, GAM, build_attention


@pytest.mark.parametrize("name", ["none", *ATTENTION])
def test_every_name_builds_a_module_that_keeps_the_shape(name):
    module = build_attention(name, 16)
    x = torch.randn(2, 16, 5, 7)
    assert module(x).shape == x.shape


def test_known_names():
    assert list(ATTENTION)[:6] == ["se", "cbam", "gam", "gam_sigmoid", "se_cbam", "se_gam"]
    assert list(ATTENTION)[6:] == ["eca", "simam", "triplet", "coordinate", "bam"]
    assert isinstance(build_attention("none", 16), nn.Identity)
    assert build_attention("cbam", 32, kernel_size=3).conv.kernel_size == (3, 3)
    assert isinstance(build_attention("gam", 16).channel_squash, nn.Identity)
    assert isinstance(build_attention("gam_sigmoid", 16).channel_squash, nn.Sigmoid)
    assert isinstance(build_attention("gam_sigmoid", 16, rate=2), GAM)
    assert isinstance(build_attention("cbam", 16), CBAM)


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(ValueError, match="'sk'; known are none, se, cbam, gam, gam_sigmoid, se_cbam, se_gam"):
        build_attention("sk", 16)


@pytest.mark.parametrize(
    ("name", "options", "sentence"),
    [
        ("none", {"rate": 4}, "'none' takes no options, got rate"),
        ("gam", {"ratio": 4}, "'gam' does not take these options: .*'ratio'"),
        ("cbam", {"rate": 4}, "'cbam' does not take these options: .*'rate'"),
        ("se_gam", {"reduction_ratio": 4}, "'se_gam' does not take these options"),
        ("gam", {"channels": 8}, "'gam' does not take these options: .*'channels'"),
        ("se_gam", {"second": 8}, "'se_gam' does not take these options"),
        ("gam", {"name": "cbam"}, "'gam' does not take these options: .*'name'"),
        ("gam", {"rate": "4"}, "'gam' does not take these options"),
        ("gam", {"rate": 2.5}, "'gam' does not take these options"),
        ("gam", {"rate": 99}, "rate must lie between"),
    ],
)
def test_options_that_do_not_fit_end_in_one_sentence(name, options, sentence):
    with pytest.raises(ValueError, match=sentence):
        build_attention(name, 16, **options)
