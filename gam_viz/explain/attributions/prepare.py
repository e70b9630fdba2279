"""The private copies of a network that attributions run on, so that the shared one is never touched.

A network is copied once, with its batch norms folded (equal to 1e-5, 1.3 to 2 times faster with channels_last on a
CPU), and the copy is kept as long as the network lives and stays what it is (see `networks.identity`: every call reads
all weights and settings again, since a stale copy would show maps of a network that is no more). Of this copy there are
two bodies around the same weights:

    plain   for passes without hooks; any number of threads use it at once
    hooked  for passes that need hooks (a layer's features, guided ReLUs); used under `lock`, one at a time

Captum puts its hooks on modules, and a hooked module is hooked for every thread: without the second body a guided
pass in one thread would bend the integrated gradients of another.
"""

from __future__ import annotations

import itertools
import threading
import weakref
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from gam_viz.attention import Gate
from gam_viz.explain.checks import check_scores, check_target
from gam_viz.explain.effort import CountedMacs
from gam_viz.networks import ResidualNetwork
from gam_viz.networks.adapters import ForeignNetwork
from gam_viz.networks.adapters.scores import WHOLE
from gam_viz.networks.bn_folding import fuse
from gam_viz.networks.copies import copy_of
from gam_viz.networks.identity import identity_of
from gam_viz.runtime.device_queue import give_way
from gam_viz.text.nearest import did_you_mean
from gam_viz.text.refusal import RefusalError


@dataclass(frozen=True, eq=False)
class Prepared:
    """A network, ready for attributions.

    Attributes:
        plain, hooked: two bodies around the same weights; see the module's docstring.
        lock: held while `hooked` is in use.
        layers: paths of the layers worth offering, in the order they are computed.
        folded: convolutions whose output is not the original's, because a batch norm was folded into them.
        device, dtype: of the weights.
        channels_last: whether pictures go in with channels last.
    """

    plain: nn.Module
    hooked: nn.Module
    layers: tuple[str, ...]
    folded: frozenset[str]
    device: torch.device
    dtype: torch.dtype
    channels_last: bool
    lock: threading.RLock = field(default_factory=threading.RLock)
    _tried: dict[torch.Size, tuple[int, int]] = field(default_factory=dict)

    def classes(self, x: Tensor) -> int:
        """How many logits the network gives for a picture (1, 3, H, W), found out by running it, once.

        Raises:
            RefusalError: its output is not (1, classes).
        """
        return self._try(x)[0]

    def macs(self, x: Tensor) -> int:
        """Multiply-adds of a pass of a picture (1, 3, H, W), found out likewise.

        Raises:
            RefusalError: its output is not (1, classes).
        """
        return self._try(x)[1]

    def _try(self, x: Tensor) -> tuple[int, int]:
        if x.shape not in self._tried:
            give_way()
            with torch.no_grad(), CountedMacs() as counted:
                logits = check_scores(self.plain, self.plain(self.arrange(x)))
            self._tried[x.shape] = logits.shape[1], counted.macs
        return self._tried[x.shape]

    def target(self, x: Tensor, target: Any) -> int:
        """The index of what is explained of a picture (1, C, H, W), as an int.

        Raises:
            ValueError: the network has no such class, or detected nothing of it: there is nothing to explain then.
        """
        index = check_target(target, self.classes(x))
        scores = self.plain.adaption.scores if isinstance(self.plain, ForeignNetwork) else None
        if scores is not None and scores.kind == "detection":
            with torch.no_grad():
                if not bool(self.plain(self.arrange(x))[0, index]):
                    where = "picture" if scores.region == WHOLE else "region"
                    raise RefusalError(f"errors.reason.nothing_detected_{where}")
        return index

    def arrange(self, pictures: Tensor) -> Tensor:
        """(n, 3, H, W) in the memory order that the copy computes fastest in."""
        order = torch.channels_last if self.channels_last else torch.contiguous_format
        return pictures.contiguous(memory_format=order)

    def layer(self, name: str) -> nn.Module:
        """A module of `hooked` by its path.

        Raises:
            ValueError: there is none, or its output is not the original's; the sentence says what there is.
        """
        modules = dict(self.hooked.named_modules())
        if not name or name not in modules:
            known = f"{', '.join(self.layers) or 'none to offer'}{did_you_mean(name, self.layers)}"
            raise ValueError(f"unknown layer {name!r}; this network has {known}")
        if name in self.folded:
            raise ValueError(f"layer {name!r} is folded into the batch norm after it; choose that or a block")
        if isinstance(modules[name], Gate):
            raise ValueError(f"{name!r} is a gate; choose the attention module around it, {name.rpartition('.')[0]!r}")
        return modules[name]


_CACHE: weakref.WeakKeyDictionary[nn.Module, tuple[object, Prepared]] = weakref.WeakKeyDictionary()
_CACHE_LOCK = threading.Lock()


def prepare(network: nn.Module, x: Tensor | None = None) -> Prepared:
    """The network's private copies: made at the first call, and again when anything about it has changed since.

    Args:
        network: in eval mode; only read.
        x: (1, C, H, W), a picture to try channels last with, which not every foreign network bears.

    Raises:
        ValueError: the network (or a part of it) is in training mode, or has no weights.
    """
    if any(module.training for module in network.modules()):
        raise ValueError("attributions need a network in eval mode: in training mode they depend on the other pictures")
    identity = identity_of(network)
    with _CACHE_LOCK:
        known = _CACHE.get(network)
        if known is None or known[0] != identity:
            known = (identity, _prepare(network, x))
            _CACHE[network] = known
        return known[1]


def layers_of(network: nn.Module) -> tuple[str, ...]:
    """Paths of the layers worth offering for a map of a layer, in the order they are computed.

    Of this project's networks: the stem, and each block with its attention module. Of adapted ones: what gave
    (1, C, h, w) on their example. Of others: every module that holds no other but gates. Any other module whose output
    is (1, C, h, w) is accepted by path, too.
    """
    if not isinstance(network, ResidualNetwork):
        if isinstance(network, ForeignNetwork):
            return network.adaption.layers
        modules = ((name, module) for name, module in network.named_modules() if name and not isinstance(module, Gate))
        return tuple(name for name, module in modules if all(isinstance(part, Gate) for part in module.children()))
    layers = ["relu"]
    if "maxpool" in network.stem and not isinstance(network.maxpool, nn.Identity):
        layers.append("maxpool")
    for stage in network.stages:
        for index, block in enumerate(network.get_submodule(stage).children()):
            name = f"{stage}.{index}"
            if not isinstance(block.get_submodule("attention"), nn.Identity):
                layers.append(f"{name}.attention")
            layers.append(name)
    return tuple(layers)


def default_layer(network: nn.Module) -> str:
    """The last layer with positions: the last block, an adapted network's last, or another's last convolution.

    Raises:
        ValueError: the network has no such layer.
    """
    if isinstance(network, ResidualNetwork) or (isinstance(network, ForeignNetwork) and network.adaption.layers):
        return layers_of(network)[-1]
    convolutions = [name for name, module in network.named_modules() if isinstance(module, nn.Conv2d)]
    if not convolutions:
        raise RefusalError("errors.reason.no_convolution")
    return convolutions[-1]


def _prepare(network: nn.Module, x: Tensor | None) -> Prepared:
    weights = [p for p in network.parameters() if p.is_floating_point()]
    if not weights:
        raise RefusalError("errors.reason.no_weights")
    device, dtype = weights[0].device, weights[0].dtype
    # Folding relies on how this project registers its modules; a foreign network is copied as it is.
    ours = isinstance(network, ResidualNetwork)
    gates = {name: module for name, module in network.named_modules() if isinstance(module, Gate)}
    with torch.inference_mode(False), torch.no_grad():
        plain = fuse(network) if ours else copy_of(network)
        plain.requires_grad_(False)
        for parameter in plain.parameters():
            parameter.grad = None
        channels_last = device.type == "cpu" and (ours or (x is not None and _bears_channels_last(plain, x)))
        if channels_last:
            _order(plain, torch.channels_last)
        # Gates hold no weights and no state: with the original's own gates in the copy, whoever watches or replaces
        # a network's gates in this context does so in its attributions as well.
        for name, gate in gates.items():
            plain.set_submodule(name, gate)
        shared = {id(part): part for part in itertools.chain(plain.parameters(), plain.buffers(), gates.values())}
        hooked = copy_of(plain, shared)  # the same tensors in modules of its own
    return Prepared(
        plain=plain,
        hooked=hooked,
        layers=layers_of(network),
        folded=_folded(network, plain) if ours else frozenset(),
        device=device,
        dtype=dtype,
        channels_last=channels_last,
    )


def _order(network: nn.Module, memory_format: torch.memory_format) -> None:
    for parameter in network.parameters():
        if parameter.ndim == 4:
            parameter.data = parameter.data.contiguous(memory_format=memory_format)


def _bears_channels_last(network: nn.Module, x: Tensor) -> bool:
    """Whether a copy of a foreign network runs with channels last: what flattens by `view` does not."""
    weights = next(network.parameters())
    _order(network, torch.channels_last)
    try:
        network(x.detach().to(weights.device, weights.dtype).contiguous(memory_format=torch.channels_last))
    except (RuntimeError, NotImplementedError):
        return False
    finally:
        _order(network, torch.contiguous_format)
    return True


def _folded(network: nn.Module, fused: nn.Module) -> frozenset[str]:
    """Convolutions registered right before a batch norm that is an identity in the fused copy."""
    found = set()
    for name, module in network.named_modules():
        for (before, _), (after, norm) in itertools.pairwise(module.named_children()):
            paths = [f"{name}.{child}" if name else child for child in (before, after)]
            if isinstance(norm, nn.BatchNorm2d) and isinstance(fused.get_submodule(paths[1]), nn.Identity):
                found.add(paths[0])
    return frozenset(found)
