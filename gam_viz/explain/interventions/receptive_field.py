"""What a row of layers can see, told by its connections alone: which input channels, and how far around."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from gam_viz.attention import CBAM, GAM

BoolArray = npt.NDArray[np.bool_]
#: Layers that take each channel and each position for itself.
_POINTWISE = (nn.ReLU, nn.Sigmoid, nn.BatchNorm2d, nn.Identity)


def reach(layers: nn.Module, channels: int) -> BoolArray:
    """Which input channels each output channel is computed from: boolean products of the layers' connections.

    Args:
        layers: an `nn.Sequential` of convolutions, channel shuffles, batch norms, ReLUs and sigmoids, or one of them;
            its weights are not looked at, so it may live on the meta device.
        channels: of its input.

    Returns:
        (outputs, inputs): True where the output depends on the input.

    Raises:
        TypeError: another kind of layer.
    """
    seen = np.eye(channels, dtype=np.bool_)
    for layer in _flat(layers):
        if isinstance(layer, nn.Conv2d):
            seen = _grouped(layer) @ seen  # of booleans: "and", then "or"
        elif isinstance(layer, nn.ChannelShuffle):
            numbers = torch.arange(len(seen))[None, :, None, None]
            seen = seen[nn.ChannelShuffle(layer.groups)(numbers).flatten().numpy()]
        elif not isinstance(layer, _POINTWISE):
            raise TypeError(f"the connections of a {type(layer).__name__} are not known here")
    return seen


def field(layers: nn.Module) -> tuple[int, int]:
    """(rows, columns) of the input that one output position is computed from: 1 + the sum of (kernel - 1).

    Raises:
        TypeError: a layer of another kind than `reach` knows, or a convolution with a stride or a dilation.
    """
    rows = columns = 1
    for layer in _flat(layers):
        if isinstance(layer, nn.Conv2d):
            if layer.stride != (1, 1) or layer.dilation != (1, 1):
                raise TypeError("the field of a convolution with a stride or a dilation is not known here")
            rows, columns = rows + layer.kernel_size[0] - 1, columns + layer.kernel_size[1] - 1
        elif not isinstance(layer, (*_POINTWISE, nn.ChannelShuffle)):
            raise TypeError(f"the field of a {type(layer).__name__} is not known here")
    return rows, columns


def spatial_layers(module: nn.Module) -> nn.Module | None:
    """The part of an attention module that turns features, or what CBAM sums them up to, into a mask; None without,
    and for other modules than CBAM and GAM."""
    if isinstance(module, GAM):
        return module.spatial_attention
    return module.conv if isinstance(module, CBAM) else None


def spatial_field(module: nn.Module) -> tuple[int, int] | None:
    """(rows, columns) of the field of an attention module's mask; None where it has none that is known."""
    layers = spatial_layers(module)
    return None if layers is None else field(layers)


def spatial_reach(gam: GAM) -> BoolArray:
    """Which channels of the gated features each channel of GAM's mask is computed from.

    Row c is the mask that multiplies channel c, so a shuffle of the finished mask is in it.

    Returns:
        (C, C): True where mask channel (row) sees input channel (column).
    """
    channels = gam.spatial_attention[-1].num_features  # of the batch norm that ends every form
    assert isinstance(channels, int)
    return reach(nn.Sequential(gam.spatial_attention, gam.mask_shuffle), channels)


def _flat(layers: nn.Module) -> list[nn.Module]:
    if not isinstance(layers, nn.Sequential):
        return [layers]
    return [leaf for layer in layers for leaf in _flat(layer)]


def _grouped(convolution: nn.Conv2d) -> BoolArray:
    """(out, in): each group of outputs sees its own group of inputs."""
    block = (convolution.out_channels // convolution.groups, convolution.in_channels // convolution.groups)
    return np.kron(np.eye(convolution.groups, dtype=np.bool_), np.ones(block, dtype=np.bool_))
