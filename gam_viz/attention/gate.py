"""The gate: the one mechanism through which every attention module here multiplies features.

An attention module computes numbers from features and multiplies the features by them. Those numbers are its
*gate*. `Gate` does the multiplication and shows the gate to whoever watches in the current context: a watcher may
look (recording) or hand back another gate (ablation). Watchers live in a `contextvars.ContextVar`, so threads and
sessions that share one network never see each other's gates, and nothing is left on a module after an exception.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn

Branch = Literal["channel", "spatial"]
Bounds = tuple[float, float]
SIGMOID: Bounds = (0.0, 1.0)  # what comes out of one

#: Called with the module that owns the gate, the features (B, C, H, W) it will multiply and the gate itself; returns
#: the gate to use instead, or None to keep it.
Watcher = Callable[[nn.Module, Tensor, Tensor], Tensor | None]

_WATCHERS: ContextVar[tuple[Watcher, ...]] = ContextVar("gam_viz_gate_watchers", default=())


def watched() -> bool:
    """Whether anybody watches gates in this context."""
    return bool(_WATCHERS.get())


def show(owner: nn.Module, features: Tensor, gate: Tensor) -> Tensor:
    """Show `gate` to the watchers of this context, in the order they came; returns the gate to multiply by.

    Networks of other libraries (see `gam_viz.networks.adapters`) join in by calling this where they multiply.

    Args:
        owner: the module the gate belongs to; watchers tell gates apart by it.
        features: (B, C, H, W), what the gate will multiply.
        gate: any shape that broadcasts to `features` without enlarging it.

    Raises:
        ValueError: a watcher handed back a gate that does not broadcast to the features' shape.
    """
    for watcher in _WATCHERS.get():
        replacement = watcher(owner, features, gate)
        if replacement is None:
            continue
        try:
            # NumPy's, as torch's own imports a computer algebra system for it: two seconds in every process.
            fits = np.broadcast_shapes(features.shape, replacement.shape) == features.shape
        except ValueError:
            fits = False
        if not fits:
            raise ValueError(
                f"a gate of shape {tuple(replacement.shape)} was handed back for features of shape "
                f"{tuple(features.shape)}; it must broadcast to the features without enlarging them"
            )
        gate = replacement
    return gate


@contextmanager
def watch(watcher: Watcher) -> Iterator[None]:
    """Let `watcher` see every gate computed in this context (this thread, this task) until the block ends.

    Contexts nest: an outer watcher sees the gate first, an inner one sees what the outer one handed back.
    """
    token = _WATCHERS.set((*_WATCHERS.get(), watcher))
    try:
        yield
    finally:
        _WATCHERS.reset(token)


class Gate(nn.Module):
    """Multiplies features by a gate. Has no parameters, so it adds nothing to a state dict.

    Args:
        branch: "channel" (what?) or "spatial" (where?). Gates of one branch in one module are told apart by `name`.
        bounds: lowest and highest value that the gate can have, `SIGMOID` out of a sigmoid; None where it is any
            signed number.
        name: what this gate is, e.g. "rows", where the branch does not say it; `gate.<name>` in the catalogue.
        layer: what the gate's block is called where the gate's path in the network does not tell; see `layer_of`.
        grid: whether its positions are rows and columns of the picture; tokens on no grid lie along W.
    """

    def __init__(
        self,
        branch: Branch,
        *,
        bounds: Bounds | None,
        name: str = "",
        layer: str | None = None,
        grid: bool = True,
    ) -> None:
        super().__init__()
        self.branch: Branch = branch
        self.bounds = bounds
        self.name = name
        self.layer = layer
        self.grid = grid

    def forward(self, x: Tensor, gate: Tensor) -> Tensor:  # (B, C, H, W), broadcastable -> (B, C, H, W)
        # Unwatched, this costs the one look-up; a compiler cannot trace it and does not need to.
        if not torch.compiler.is_compiling() and watched():
            gate = show(self, x, gate)
        return x * gate

    def extra_repr(self) -> str:
        range_ = "unbounded" if self.bounds is None else f"{self.bounds[0]:g}..{self.bounds[1]:g}"
        return ", ".join(filter(None, (self.branch, self.name, range_)))
