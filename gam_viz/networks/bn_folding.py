"""Folding batch norms into the convolutions before them, for inference."""

from __future__ import annotations

import itertools

from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from gam_viz.networks.copies import copy_of


def fuse(network: nn.Module) -> nn.Module:
    """A copy of `network` in which every batch norm registered right after a convolution is folded into it.

    In the modules of this project a batch norm that is registered next to a convolution works on that convolution's
    output; a foreign network that does not keep to this must not be passed. Outputs agree to rounding (1e-5).
    What somebody hooked, parametrized or made a type of their own stays as it is: it may do more than the two.

    Raises:
        ValueError: the network, or a part of it, is in training mode, where a batch norm depends on the batch and
            cannot be folded.
    """
    if any(module.training for module in network.modules()):
        raise ValueError("only a network in eval mode can be fused: call .eval() first")
    fused = copy_of(network)
    for module in list(fused.modules()):
        children = list(module.named_children())
        for (conv_name, conv), (bn_name, bn) in itertools.pairwise(children):
            if not (isinstance(conv, nn.Conv2d) and isinstance(bn, nn.BatchNorm2d) and _is_plain(conv, bn)):
                continue
            if bn.num_features == conv.out_channels and bn.running_mean is not None:
                setattr(module, conv_name, fuse_conv_bn_eval(conv, bn))
                setattr(module, bn_name, nn.Identity())
    return fused


def _is_plain(*modules: nn.Module) -> bool:
    """Whether modules do what torch's own types do and nothing else; a parametrization makes a type of its own."""
    return not any(
        type(module) not in (nn.Conv2d, nn.BatchNorm2d)
        or "forward" in vars(module)
        or any(value for name, value in vars(module).items() if name.endswith("_hooks"))
        for module in modules
    )
