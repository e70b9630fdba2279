"""The answers of many pictures with one gate replaced, gate after gate."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from gam_viz.explain.gates import replace_gates
from gam_viz.networks import ResidualNetwork
from gam_viz.runtime.device_queue import give_way


class OneGateReplaced:
    """A network on a batch of pictures. What a network of blocks computes before a gate's block is computed once, for
    all that is asked of that block's gates and those behind it.

    Args:
        network: in eval mode; only read.
        x: (B, C, H, W), normalised, on its device.
    """

    def __init__(self, network: nn.Module, x: Tensor) -> None:
        self._network, self._x = network, x
        self._features, self._reached = x, -1

    @torch.inference_mode()
    def logits(self, path: str, by: Tensor | Callable[[Tensor], Tensor]) -> Tensor:  # (B, K)
        """With another gate at that path; see `replace_gates`."""
        give_way()
        network = self._network
        if not isinstance(network, ResidualNetwork):
            with replace_gates(network, {path: by}):
                found: Tensor = network(self._x)
            return found
        block = network.blocks.index(path.partition(".attention.")[0])
        if self._reached < 0 or block < self._reached:
            self._features, self._reached = network.features(self._x, 0), 0
        for name in network.blocks[self._reached : block]:
            self._features = network.get_submodule(name)(self._features)
        self._reached = block
        with replace_gates(network, {path: by}):
            return network.after(self._features, block)
