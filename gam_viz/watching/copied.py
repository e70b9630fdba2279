"""The copy of a network whose gates are read while the network itself trains."""

from __future__ import annotations

from torch import Tensor, nn

from gam_viz.networks import ResidualNetwork
from gam_viz.networks.adapters import ForeignNetwork, adapt
from gam_viz.networks.copies import copy_of


def shown_copy(network: nn.Module, example: Tensor) -> nn.Module:
    """A copy in eval mode that shows its gates, in single precision.

    Raises:
        ValueError: see `adapt`.
    """
    if isinstance(network, ResidualNetwork | ForeignNetwork):
        copied: nn.Module = copy_of(network)
    else:
        copied = adapt(network, example)
    return copied.float().eval().requires_grad_(False)


def carry(trained: nn.Module, copied: nn.Module) -> None:
    """Bring the copy's weights and buffers to what they are in training, by name."""
    of = {_plain(name): value for name, value in (*trained.named_parameters(), *trained.named_buffers())}
    for name, value in (*copied.named_parameters(), *copied.named_buffers()):
        if _plain(name) in of:
            value.copy_(of[_plain(name)])


def _plain(name: str) -> str:
    """Without what `torch.compile` of a part of the network puts into it."""
    return name.replace("_orig_mod.", "")
