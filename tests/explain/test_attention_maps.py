"""Attention maps equal those computed by hand, however attention is written; rollout is the product of the layers."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from gam_viz.explain.attention_maps import on_grid, read_attention, rollout


class Attention(nn.Module):
    def __init__(self, how):
        super().__init__()
        self.how, self.qkv, self.drop = how, nn.Linear(16, 48), nn.Dropout(0.5)

    def forward(self, x):  # (B, N, 16)
        q, k, v = self.qkv(x).reshape(len(x), -1, 3, 4, 4).permute(2, 0, 3, 1, 4)  # (B, 4, N, 4) each
        self.expected = (q @ k.mT / 2).detach()
        if self.how == "sdpa":
            found = F.scaled_dot_product_attention(q, k, v)
        else:
            found = self.drop((q @ k.mT / 2).softmax(dim=-1)) @ v
        return found.transpose(1, 2).reshape(x.shape)


class Torch(nn.Module):
    def __init__(self):
        super().__init__()
        self.inside = nn.MultiheadAttention(16, 4, batch_first=True)

    def forward(self, x):
        self.given = x.detach()
        return self.inside(x, x, x, need_weights=False)[0]


class Tokens(nn.Module):
    """4 x 4 tokens and one before them, two layers."""

    def __init__(self, make):
        super().__init__()
        self.stem, self.token = nn.Conv2d(3, 16, 8, 8), nn.Parameter(torch.randn(1, 1, 16))
        self.blocks, self.head = nn.ModuleList([make(), make()]), nn.Linear(16, 5)

    def forward(self, x):
        x = torch.cat([self.token, self.stem(x).flatten(2).mT], 1)
        for block in self.blocks:
            x = x + block(x)
        return self.head(x[:, 0])


@pytest.mark.parametrize("make", [lambda: Attention("sdpa"), lambda: Attention("softmax"), Torch])
@torch.no_grad()
def test_maps_are_those_computed_by_hand(make, randomise):
    network = randomise(Tokens(make))
    x = torch.randn(1, 3, 32, 32)
    before = network(x)
    readings = read_attention(network, x)
    assert torch.equal(network(x), before)
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in network.modules())
    assert [reading.layer.split(".")[:2] for reading in readings] == [["blocks", "0"], ["blocks", "1"]]
    for reading, block in zip(readings, network.blocks, strict=True):
        if isinstance(block, Torch):
            given = [block.given] * 3
            expected = block.inside(*given, need_weights=True, average_attn_weights=False)[1][0]
        else:
            expected = block.expected.softmax(-1)[0]
        assert reading.weights.shape == (1, 4, 17, 17)
        np.testing.assert_allclose(reading.weights[0], expected.numpy(), atol=1e-6)

    first, second = (np.eye(17) + reading.weights[0].mean(0) for reading in readings)
    joined = rollout(readings)
    np.testing.assert_allclose(joined, second @ first / 4, atol=1e-6)
    np.testing.assert_allclose(joined.sum(1), 1, atol=1e-5)
    assert on_grid(joined[0], (32, 32)).shape == (4, 4)
    assert on_grid(joined[0], (32, 48)) is None
    assert on_grid(joined[0, 1:13], (24, 32)).shape == (3, 4)


@torch.no_grad()
def test_windows_are_no_rollout_and_networks_without_attention_have_none(randomise):
    class Windows(nn.Module):
        def __init__(self):
            super().__init__()
            self.stem, self.attention = nn.Conv2d(3, 16, 4, 4), Attention("sdpa")

        def forward(self, x):
            x = self.stem(x).reshape(1, 16, 2, 4, 2, 4).permute(0, 2, 4, 3, 5, 1).reshape(4, 16, 16)
            return self.attention(x).mean(1)

    (reading,) = read_attention(randomise(Windows()), torch.randn(1, 3, 32, 32))
    assert (reading.weights.shape, reading.whole) == ((4, 4, 16, 16), False)
    with pytest.raises(ValueError, match=r"all tokens to all.*\(4, 4, 16, 16\)"):
        rollout([reading])
    plain = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten()).eval()
    assert read_attention(plain, torch.randn(1, 3, 8, 8)) == ()
    with pytest.raises(ValueError, match="eval mode"):
        read_attention(plain.train(), torch.randn(1, 3, 8, 8))
