"""The plain layers against torch's own."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from gam_viz.explain.walkthrough import numpy_layers


@pytest.mark.parametrize(
    ("channels", "out", "kernel", "pad", "groups"),
    [(3, 5, (7, 7), (3, 3), 1), (8, 4, (7, 7), (3, 3), 4), (6, 6, (7, 7), (3, 3), 6), (4, 4, (7, 1), (3, 0), 1)],
)
def test_convolution(channels, out, kernel, pad, groups):
    x = torch.randn(1, channels, 9, 6, dtype=torch.float64)
    weight = torch.randn(out, channels // groups, *kernel, dtype=torch.float64)
    bias = torch.randn(out, dtype=torch.float64)
    expected = F.conv2d(x, weight, bias, padding=pad, groups=groups)[0].numpy()
    found = numpy_layers.convolve(x[0].numpy(), weight.numpy(), bias.numpy(), pad=pad, groups=groups)
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_norm_linear_shuffle_and_sigmoid():
    x = torch.randn(1, 6, 3, 2, dtype=torch.float64)
    mean, weight, bias = (torch.randn(6, dtype=torch.float64) for _ in range(3))
    variance = torch.rand(6, dtype=torch.float64) + 0.1
    expected = F.batch_norm(x, mean, variance, weight, bias, eps=1e-5)[0].numpy()
    found = numpy_layers.normalise(*(t.numpy() for t in (x[0], mean, variance, weight, bias)), 1e-5)
    np.testing.assert_allclose(found, expected, atol=1e-12)
    np.testing.assert_array_equal(numpy_layers.shuffle(x[0].numpy(), 3), F.channel_shuffle(x, 3)[0].numpy())
    far = torch.tensor([-1000.0, -3.0, 0.0, 3.0, 1000.0], dtype=torch.float64)
    np.testing.assert_allclose(numpy_layers.sigmoid(far.numpy()), far.sigmoid().numpy(), atol=1e-15)
    row = torch.randn(4, 6, dtype=torch.float64)
    weight = torch.randn(3, 6, dtype=torch.float64)
    np.testing.assert_allclose(
        numpy_layers.linear(row.numpy(), weight.numpy(), np.arange(3.0)), F.linear(row, weight).numpy() + np.arange(3.0)
    )
