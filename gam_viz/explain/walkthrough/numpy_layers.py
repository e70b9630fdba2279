"""The layers of attention modules in plain NumPy, in double precision: small enough to be read, and to be trusted."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from gam_viz.explain.walkthrough.arithmetic import Array


def to_array(tensor: Tensor) -> Array:
    """A weight or a map as float64."""
    return tensor.detach().cpu().double().numpy()


def linear(x: Array, weight: Array, bias: Array) -> Array:
    """(…, in), (out, in), (out,) -> (…, out)."""
    return x @ weight.T + bias


def padded(x: Array, pad: tuple[int, int]) -> Array:
    """(C, H, W) with zeros around it: (C, H + 2 pad[0], W + 2 pad[1])."""
    return np.pad(x, ((0, 0), (pad[0], pad[0]), (pad[1], pad[1])))


def convolve(x: Array, weight: Array, bias: Array, *, pad: tuple[int, int], groups: int = 1) -> Array:
    """A convolution of stride 1: (C, H, W), (out, C / groups, k, l), (out,) -> (out, H', W').

    One matrix product for each place in the window, so that no copy of all windows is needed.
    """
    out, of_group, high, wide = weight.shape
    around = padded(x, pad)
    rows, columns = around.shape[1] - high + 1, around.shape[2] - wide + 1
    kernels = weight.reshape(groups, out // groups, of_group, high, wide)
    total = np.zeros((groups, out // groups, rows * columns))
    for k in range(high):
        for m in range(wide):
            part = around[:, k : k + rows, m : m + columns].reshape(groups, of_group, rows * columns)
            total += kernels[..., k, m] @ part
    return total.reshape(out, rows, columns) + bias[:, None, None]


def normalise(x: Array, mean: Array, variance: Array, weight: Array, bias: Array, eps: float) -> Array:
    """A batch norm in eval mode over channels: (C, H, W) and (C,) each -> (C, H, W)."""
    scale = weight / np.sqrt(variance + eps)
    return (x - mean[:, None, None]) * scale[:, None, None] + bias[:, None, None]


def sigmoid(x: Array) -> Array:
    """1 / (1 + exp(-x)), without overflow at either end."""
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + small), small / (1 + small))


def shuffle(x: Array, groups: int) -> Array:
    """ShuffleNet's channel shuffle: channel i * (C / groups) + j moves to j * groups + i. (C, H, W) -> (C, H, W)."""
    channels, height, width = x.shape
    return x.reshape(groups, channels // groups, height, width).swapaxes(0, 1).reshape(x.shape)
