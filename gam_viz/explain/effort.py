"""What a pass through a network costs, counted while it runs."""

from __future__ import annotations

from typing import Any

from torch.utils.flop_counter import flop_registry

from gam_viz.runtime.dispatch import Watching


class CountedMacs(Watching):
    """Counts the multiply-adds of this thread: `with CountedMacs() as counted: network(x)`.

    Torch's own `FlopCounterMode` puts hooks on every module of the process, those of other threads among them.

    Attributes:
        macs: of convolutions and matrix products.
    """

    def __init__(self) -> None:
        super().__init__()
        self.macs = 0

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        found = function(*args, **kwargs)
        flops = flop_registry.get(function._overloadpacket)
        if flops is not None:
            self.macs += flops(*args, **kwargs, out_val=found) // 2
        return found
