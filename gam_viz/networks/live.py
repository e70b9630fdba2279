"""A network that runs in this process, as the app looks at it: adapted, with a card, and known by a digest.

The module handed over is copied in memory: nothing is written to disk or pickled, its weights stay on their device,
and training it further changes nothing that is shown until it is handed over again.
"""

from __future__ import annotations

import hashlib
import types
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Self

import torch
from torch import Tensor, nn

from gam_viz.networks.adapters import within
from gam_viz.networks.card import Card, Region
from gam_viz.networks.opened import Origin


@dataclass(frozen=True, eq=False)
class LiveNetwork:
    """A network that a program handed over.

    Attributes:
        card: what its program said about it.
        module: a copy of its own, in eval mode, whose gates are shown.
        sha256: of weights, structure and code; see `live_digest`. Asked about a region, the region behind it.
    """

    card: Card
    module: nn.Module
    sha256: str
    _asked: dict[Region, Self] = field(default_factory=dict, init=False, repr=False)

    @property
    def origin(self) -> Origin:
        """Of this process."""
        return "live"

    @property
    def size(self) -> int:
        """Bytes of its weights."""
        return sum(values.numel() * values.element_size() for values in self.module.state_dict().values())

    @property
    def called(self) -> str:
        """Nothing: no command finds it."""
        return ""

    def load(self, device: torch.device | str = "cpu") -> nn.Module:
        """The module, on the device it is on."""
        return self.module

    @property
    def gone(self) -> bool:
        """Whether its program took it back."""
        return "module" not in vars(self)

    def let_go(self) -> None:
        """Let go of the module: pages that are open hold this object for as long as their session lasts, and the
        weights with it."""
        for each in (*self._asked.values(), self):
            vars(each).pop("module", None)

    def within(self, region: Region) -> Self:
        """The same network, asked about a region: its scores are summed over that; see `adapters.within`.

        Raises:
            ValueError: its output is neither a segmentation nor detections, or the region is none.
        """
        if region not in self._asked:
            where = ",".join(f"{edge:g}" for edge in region)
            card, module = replace(self.card, region=region), within(self.module, region)
            asked = type(self)(card, module, f"{self.sha256}@{where}")
            self._asked.clear()  # who draws asks about one after the other
            self._asked[region] = asked
        return self._asked[region]


class UploadedNetwork(LiveNetwork):
    """A network that was built here, of a library's architecture, with weights that were uploaded."""

    @property
    def origin(self) -> Origin:
        """Of a session."""
        return "upload"

    def load(self, device: torch.device | str = "cpu") -> nn.Module:
        """The module, on the device."""
        return self.module.to(device)


def live_digest(network: nn.Module, card: Card, output: Callable[[Any], Tensor] | None = None) -> str:
    """sha256 of what its answers come from: weights, the modules with their settings, the code of their forward
    passes and of `output`, and the card. Equal for equal networks in any process."""
    digest = hashlib.sha256(card.to_json().encode())
    digest.update(repr(network).encode())
    for name, values in network.state_dict().items():
        if not isinstance(values, Tensor):  # packed weights of quantised layers, and settings
            digest.update(f"{name} {values!r}\n".encode())
            continue
        digest.update(f"{name} {values.dtype} {tuple(values.shape)}\n".encode())
        digest.update(_bytes(values))
    for kind in sorted({type(module) for module in network.modules()}, key=lambda kind: kind.__qualname__):
        _update_with_code(digest, kind.forward)
    if output is not None:
        _update_with_code(digest, output)
    return digest.hexdigest()


def _bytes(values: Tensor) -> bytes:
    values = values.int_repr() if values.is_quantized else values
    flat = values.detach().cpu().contiguous().reshape(-1)
    return flat.view(torch.uint8).numpy().tobytes()


def _update_with_code(digest: Any, function: Any) -> None:
    code = getattr(function, "__code__", None)
    if not isinstance(code, types.CodeType):
        digest.update(repr(function).encode())
        return
    digest.update(code.co_code)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            digest.update(constant.co_code)
        else:
            digest.update(repr(constant).encode())
    digest.update(" ".join(code.co_names).encode())
