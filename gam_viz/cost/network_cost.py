"""One network's bill: what can be counted exactly, without a weight or a picture being stored."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from gam_viz.cost.activation_ledger import Ledger, Shapes
from gam_viz.networks import NetworkConfig, ResidualNetwork, build_network

STEM, HEAD = "stem", "head"
GATED = ".attention"  # ends the name of a stage's attention among the ledger's parts


@dataclass(frozen=True)
class Counts:
    """Of one network.

    Attributes:
        parameters: trained numbers.
        macs: multiply-adds of convolutions and linear layers for one picture, half of torch's counted FLOPs.
    """

    parameters: int
    macs: int


@dataclass(frozen=True)
class Part:
    """One part of a network: its own layers, and the attention in it.

    Attributes:
        name: "stem", "layer1" and on, or "head".
        own: of convolutions, batch norms and linear layers outside attention.
        attention: of the attention modules.
    """

    name: str
    own: Counts
    attention: Counts


@dataclass(frozen=True)
class Bill:
    """What one network costs; bytes are of float32 and of one picture.

    Attributes:
        counts: parameters and multiply-adds.
        peak: bytes of activations alive at once, at most, in a forward pass in eval mode without gradients; the
            picture counts, weights do not. What a library takes for its own work (oneDNN, cuDNN) is not in it.
        peak_at: the part in which that is.
        kept: bytes of activations that a forward pass in training mode keeps for the backward pass. Gradients,
            weights and the optimiser's state come on top, the first two with every batch, whatever its size.
        parts: where the parameters and multiply-adds are, from the stem to the head.
    """

    counts: Counts
    peak: int
    peak_at: str
    kept: int
    parts: tuple[Part, ...]


def count(config: NetworkConfig, side: int) -> Counts:
    """Count a network on square pictures of `side` pixels; no weight is ever stored.

    Raises:
        ValueError: the configuration's attention cannot be built.
    """
    network = _on_meta(config)
    ledger = _forward(network, side)
    return Counts(_parameters(network.parameters()), sum(ledger.flops.values()) // 2)


def bill(config: NetworkConfig, side: int) -> Bill:
    """All of it, on square pictures of `side` pixels; nothing is ever stored.

    Raises:
        ValueError: the configuration's attention cannot be built.
    """
    network = _on_meta(config)
    ledger = _forward(network, side)
    parts = tuple(_part(network, name, ledger) for name in (STEM, *network.stages, HEAD))
    counts = Counts(
        sum(part.own.parameters + part.attention.parameters for part in parts),
        sum(part.own.macs + part.attention.macs for part in parts),
    )
    return Bill(counts, ledger.peak, ledger.peak_at.removesuffix(GATED), _kept(network, side), parts)


def _on_meta(config: NetworkConfig) -> ResidualNetwork:
    with torch.device("meta"):
        return build_network(config)


def _forward(network: ResidualNetwork, side: int) -> Ledger:
    """The ledger of a forward pass in eval mode. The network is nobody else's: its hooks are never taken off."""
    picture = torch.empty(1, 3, side, side, device="meta")
    with Ledger(_tensors(network), [picture]) as ledger, torch.no_grad():
        ledger.at = STEM
        for name in network.stages:
            stage = network.get_submodule(name)
            _enter(ledger, stage, name, HEAD)  # what comes after the last stage is the head
            for block in stage.children():
                _enter(ledger, block.get_submodule("attention"), f"{name}{GATED}", name)
        network.eval()(picture)
    return ledger


def _enter(ledger: Ledger, module: nn.Module, name: str, after: str) -> None:
    def begin(*_: object) -> None:
        ledger.at = name

    def end(*_: object) -> None:
        ledger.at = after

    module.register_forward_pre_hook(begin)
    module.register_forward_hook(end)


def _kept(network: ResidualNetwork, side: int) -> int:
    """Bytes for each picture of a batch; the batch norms' statistics, vectors that a batch has once, are left out."""
    batch = 2  # one picture alone may leave a batch norm a single value a channel, which torch refuses to train on
    owned = {tensor.untyped_storage()._cdata for tensor in _tensors(network)}
    found: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if tensor.ndim > 1 and storage._cdata not in owned:
            found[storage._cdata] = storage.nbytes()
        return tensor

    pictures = torch.empty(batch, 3, side, side, device="meta")
    hooks = torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor)
    with Shapes(), torch.enable_grad(), hooks:
        logits = network.train()(pictures)
    del logits  # until here the graph kept every storage alive, so that no address was used twice
    return sum(found.values()) // batch


def _tensors(network: nn.Module) -> list[Tensor]:
    return [*network.parameters(), *network.buffers()]


def _parameters(of: Iterable[Tensor]) -> int:
    return sum(parameter.numel() for parameter in of)


def _part(network: ResidualNetwork, name: str, ledger: Ledger) -> Part:
    if name in (STEM, HEAD):
        children = network.stem if name == STEM else network.head
        own = sum(_parameters(network.get_submodule(child).parameters()) for child in children)
        return Part(name, Counts(own, ledger.flops[name] // 2), Counts(0, 0))
    stage = network.get_submodule(name)
    attention = sum(_parameters(block.get_submodule("attention").parameters()) for block in stage.children())
    return Part(
        name,
        Counts(_parameters(stage.parameters()) - attention, ledger.flops[name] // 2),
        Counts(attention, ledger.flops[f"{name}{GATED}"] // 2),
    )
