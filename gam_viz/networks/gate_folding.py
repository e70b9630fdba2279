"""Gates that are constants: what computed them is taken out of the network, and the constant stays in its place.

One weight a channel, (C, 1, 1), that is the first thing attention does goes into the batch norm before it, which scales
and shifts the same channels: nothing of it is left. Any other constant is kept, and is one multiplication.
"""

from __future__ import annotations

import dataclasses
import operator
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, fx, nn

from gam_viz.attention import Gate
from gam_viz.networks.config import Shape
from gam_viz.networks.copies import copy_of
from gam_viz.networks.staged import ResidualNetwork

#: Where a gate's constant is: a batch norm that is multiplied by it, or the module that keeps it, and under which name.
Place = nn.BatchNorm2d | tuple[nn.Module, str]


def fold(network: ResidualNetwork, means: Mapping[str, Tensor]) -> ResidualNetwork:
    """A copy in which these gates are constants; its outputs are those of `replace_gates` by them, to rounding (1e-5).

    Args:
        network: in eval mode; only read.
        means: by the gate's path, (C, 1, 1), (1, H, W) or (C, H, W), as from `mean_gates`. Constants with positions
            fit pictures of the size that they were taken of, and no others.

    Raises:
        ValueError: the network has no gate of that path, or folded gates already, or its module cannot be taken apart.
    """
    if network.config.folded:
        raise ValueError("gates of this network are folded already; fold those of the network it was made of")
    shapes = {path: _shape(mean) for path, mean in means.items()}
    folded = copy_of(network)
    folded.config = dataclasses.replace(network.config, folded=shapes)
    with torch.no_grad():
        for path, place in take_out(folded, shapes).items():
            if isinstance(place, nn.BatchNorm2d):
                weights = means[path].flatten().to(place.weight)  # (C,)
                place.weight.mul_(weights)
                place.bias.mul_(weights)
            else:
                keeper, name = place
                getattr(keeper, name).copy_(means[path])
    return folded.to(next(network.parameters()).device).eval()


def take_out(network: ResidualNetwork, shapes: Mapping[str, Shape]) -> dict[str, Place]:
    """Take what computes these gates out of `network` itself; constants are 1 until somebody sets them.

    Raises:
        ValueError: see `fold`.
    """
    places: dict[str, Place] = {}
    of_block: dict[str, dict[str, Shape]] = {}
    for path, shape in shapes.items():
        of, found, gate = path.partition(".attention.")
        if not found or not _is_gate(network, path):
            raise ValueError(f"no gate named {path} in this network's attention")
        of_block.setdefault(of, {})[gate] = shape
    for path, gates in of_block.items():
        block = network.get_submodule(path)
        traced, kept = _constant(block.get_submodule("attention"), gates, _norm_before_attention(block))
        block.add_module("attention", traced)
        for gate, place in kept.items():
            places[f"{path}.attention.{gate}"] = (traced, place) if isinstance(place, str) else place
    return places


def constants(network: nn.Module) -> int:
    """How many numbers of folded gates a network keeps."""
    return sum(of.numel() for name, of in network.named_buffers() if name.rpartition(".")[2].startswith(PREFIX))


PREFIX = "constant_"  # begins the name of a buffer that is a gate's constant


class _Tracer(fx.Tracer):
    """Looks into attention, and not into its gates, nor into torch's own layers."""

    def is_leaf_module(self, module: nn.Module, name: str) -> bool:
        return isinstance(module, Gate) or super().is_leaf_module(module, name)


def _constant(
    attention: nn.Module, gates: Mapping[str, Shape], norm: nn.BatchNorm2d | None
) -> tuple[nn.Module, dict[str, str | nn.BatchNorm2d]]:
    """The module with constants for these gates, and where they are: in the batch norm, or in a buffer of that name."""
    try:
        graph = _Tracer().trace(attention)
    except Exception as error:  # whatever a module does that a tracer cannot follow
        raise ValueError(f"{type(attention).__name__} cannot be taken apart: {error}") from error
    places: dict[str, str | nn.BatchNorm2d] = {}
    for node in list(graph.nodes):
        if node.op != "call_module" or node.target not in gates:
            continue
        shape, features = gates[node.target], node.args[0]
        node.args = (features, features)  # nothing needs the gate any more
        graph.eliminate_dead_code(_is_end)
        alone = features.op == "placeholder" and list(features.users) == [node]
        if alone and shape[1:] == (1, 1) and norm is not None:
            node.replace_all_uses_with(features)
            places[node.target] = norm
        else:
            name = PREFIX + node.target.replace(".", "_")
            attention.register_buffer(name, torch.ones(shape))
            with graph.inserting_before(node):
                product = graph.call_function(operator.mul, (features, graph.get_attr(name)))
            node.replace_all_uses_with(product)
            places[node.target] = name
        graph.erase_node(node)
    if {node.op for node in graph.nodes} == {"placeholder", "output"}:
        return nn.Identity(), places
    return fx.GraphModule(attention, graph, type(attention).__name__), places


def _is_end(node: fx.Node) -> bool:
    """Whether a node stays although nothing needs it."""
    return node.op in ("placeholder", "output")


def _norm_before_attention(block: nn.Module) -> nn.BatchNorm2d | None:
    """The batch norm whose output alone comes into attention; in this project's blocks it is registered before it."""
    before: Any = None
    for name, child in block.named_children():
        if name == "attention":
            break
        before = child
    if isinstance(before, nn.Sequential):
        before = before[-1]
    return before if isinstance(before, nn.BatchNorm2d) else None


def _is_gate(network: nn.Module, path: str) -> bool:
    try:
        return isinstance(network.get_submodule(path), Gate)
    except AttributeError:
        return False


def _shape(mean: Tensor) -> Shape:
    channels, height, width = mean.shape
    return channels, height, width
