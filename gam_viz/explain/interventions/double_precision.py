"""A copy of a network, or of one attention module of it, in which what did not change is equal to the bit.

In float64 on the CPU every output is the same sum in the same order each time, so a gate that does not depend on what
was changed has exactly the value it had. The copies are private: the shared network is only read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from gam_viz.attention import Branch, watch
from gam_viz.explain.gates import gates_in, gates_of, record_gates, replace_gates
from gam_viz.networks.copies import copy_of
from gam_viz.text.refusal import RefusalError

DoubleArray = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ForwardPass:
    """One forward pass.

    Attributes:
        output: what the module or the network gave.
        gates: by path, (1, C, 1, 1), (1, 1, H, W) or (1, C, H, W), in the order of computation.
        shapes: (C, H, W) of the features that each gate multiplies.
    """

    output: Tensor
    gates: dict[str, Tensor]
    shapes: dict[str, tuple[int, int, int]]

    @property
    def scores(self) -> DoubleArray:
        """(K,): a network's scores."""
        found: DoubleArray = self.output[0].numpy()
        return found

    def constant(self) -> dict[str, Tensor]:
        """The gates that have one value a channel, whatever the position, by path."""
        return {path: gate for path, gate in self.gates.items() if gate.shape[-2:] == (1, 1)}


@dataclass(frozen=True, eq=False, kw_only=True)
class ChangedGate:
    """One gate of a layer in which something was changed.

    Attributes:
        branch: "channel" or "spatial".
        name: as of `GateReading`.
        shape: (C, H, W) of the features it multiplies.
        per_position: whether it differs between positions; if not, its one value a channel stands at all of them.
    """

    branch: Branch
    name: str
    shape: tuple[int, int, int]
    per_position: bool


G = TypeVar("G", bound=ChangedGate)


@dataclass(frozen=True, eq=False)
class Effect(Generic[G]):
    """What a change did to a layer's gates, and to the answer where it was the picture that was changed.

    Attributes:
        gates: of the layer, in the order of computation.
        before, after: (K,) scores; None where the features of the layer alone were changed.
    """

    gates: tuple[G, ...]
    before: DoubleArray | None = None
    after: DoubleArray | None = None


def described(module: nn.Module, ran: ForwardPass, paths: Sequence[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The path of each of these gates, in the order of computation, and what a `ChangedGate` says of it."""
    gates = gates_of(module)
    for path, gate in ran.gates.items():
        if path in paths:
            yield (
                path,
                {
                    "branch": gates[path].branch,
                    "name": gates[path].name or path.rpartition(".")[2],
                    "shape": ran.shapes[path],
                    "per_position": tuple(gate.shape[-2:]) != (1, 1),
                },
            )


def exact_copy(module: nn.Module) -> nn.Module:
    """A float64 copy on the CPU, in eval mode."""
    return copy_of(module).cpu().double().eval()


def run(module: nn.Module, x: Tensor, *, held: Mapping[str, Tensor] | None = None) -> ForwardPass:
    """Run a module or a network on (1, C, H, W); gates in `held`, by path, are used in place of the computed ones."""
    with torch.inference_mode(), replace_gates(module, held or {}), record_gates(module) as seen:
        output = module(x)
    return ForwardPass(
        output,
        {path: gate for path, _, gate in seen},
        {path: (shape[1], shape[2], shape[3]) for path, shape, _ in seen},
    )


def paths_in(network: nn.Module, layer: str) -> list[str]:
    """Paths of a layer's gates, in the order they are registered.

    Raises:
        ValueError: the layer has no gates.
    """
    found = list(gates_in(network, layer))
    if not found:
        raise ValueError(f"layer {layer} has no gates in this network")
    return found


def alone(network: nn.Module, x: Tensor, layer: str) -> tuple[nn.Module, Tensor]:
    """An exact copy of a layer's attention module, and the features that come into it on a picture.

    Args:
        network: in eval mode; it is run once and left as it is.
        x: (1, 3, H, W), normalised, on the network's device.
        layer: with gates, as "layer2.1".

    Returns:
        The module and (1, C, H, W) float64 features.

    Raises:
        ValueError: the layer has no gates, or they belong to several modules, or the module that they belong to does
            not begin with the features that its first gate multiplies.
    """
    paths = paths_in(network, layer)
    owners = {path.rpartition(".")[0] for path in paths}
    if len(owners) != 1:
        raise ValueError(f"the gates of layer {layer} belong to several modules: {', '.join(sorted(owners))}")
    gates = {gate: path for path, gate in gates_in(network, layer).items()}
    first: list[tuple[str, Tensor, Tensor]] = []

    def look(owner: nn.Module, features: Tensor, gate: Tensor) -> None:
        if owner in gates and not first:
            first.append((gates[owner], features.detach().cpu().double(), gate.detach().cpu().double()))

    with torch.inference_mode(), watch(look):
        network(x)
    module = exact_copy(network.get_submodule(owners.pop()))
    path, features, gate = first[0]
    try:
        again = run(module, features).gates.get(path.rpartition(".")[2])
    except (RuntimeError, TypeError, IndexError) as error:  # it begins with something else, as the whole network does
        raise RefusalError("errors.reason.not_alone", layer=layer) from error
    if again is None or not torch.allclose(again, gate, rtol=1e-3, atol=1e-4, equal_nan=True):
        raise RefusalError("errors.reason.not_alone", layer=layer)
    return module, features
