"""One forward pass, watched: which multiplications are gates, and what came out of what.

A gate is found by what it does, never by its class's name. In `features * numbers` the numbers are a gate where

    they fit onto features (B, C, H, W) without enlarging them, and differ between channels or between positions;
    they were computed from the network's input, so they are no constant scale;
    a weight took part since then, or a sigmoid, so they are no normalisation;
    they are more than a function of each feature alone, so they are no activation (x * sigmoid(x) is SiLU).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from gam_viz.attention import Branch, Gate
from gam_viz.networks.adapters.multiply import operands, unexpanded
from gam_viz.networks.adapters.origins import SHAPING, Origin, origin_of


@dataclass(frozen=True)
class Found:
    """A gate, found at one multiplication.

    Attributes:
        owner: path of the module whose forward multiplies.
        index: which of the products of two tensors within one call of that module, from 0.
        side: which of the two operands is the gate.
        branch: "channel" or "spatial".
        bounded: whether a sigmoid made it; False where that cannot be told.
        features: number of the tensor it multiplies.
        product: number of the result.
    """

    owner: str
    index: int
    side: int
    branch: Branch
    bounded: bool
    features: int
    product: int


@dataclass(frozen=True)
class Traced:
    """A pass's findings.

    Attributes:
        output: the network's.
        gates: in the order of computation; a module that runs twice appears twice.
        multiplying: paths of all modules that multiply two tensors.
        layers: paths of modules that ran once, did something and gave (B, C, h, w) with more than one position, in
            the order they finished; of modules that gave the same tensor, the outermost.
        own: whether `Gate`s of the network's own ran.
        repeated: paths of modules that ran more than once.
        bare_relu: the first module that computes a ReLU and is no `nn.ReLU`; empty where there is none.
    """

    output: Any
    gates: tuple[Found, ...]
    multiplying: frozenset[str]
    layers: tuple[str, ...]
    own: bool
    repeated: tuple[str, ...]
    bare_relu: str


def trace(network: nn.Module, example: Tensor) -> Traced:
    """Run `network`, which nobody else uses meanwhile, on the example and watch. Hooks are gone afterwards."""
    watcher = _Trace(example)
    handles = []
    try:
        for path, module in network.named_modules():
            handles.append(module.register_forward_pre_hook(watcher.entering(path), with_kwargs=True))
            handles.append(module.register_forward_hook(watcher.leaving(path), with_kwargs=True))
        with torch.no_grad(), watcher:
            output = network(example)
    finally:
        for handle in handles:
            handle.remove()
    return watcher.result(output)


@dataclass
class _Call:
    path: str
    module: nn.Module
    inputs: dict[int, int]  # the version of each tensor that went in
    products: int = 0


class _Trace(TorchFunctionMode):
    def __init__(self, example: Tensor) -> None:
        super().__init__()
        self.origins: dict[int, Origin] = {}
        self.kept: list[Tensor] = []  # an id stays a tensor's own only while the tensor lives
        self.calls: list[_Call] = []
        self.gates: list[Found] = []
        self.multiplying: set[str] = set()
        self.runs: dict[str, int] = {}
        self.layers: dict[str, tuple[int, int]] = {}  # which tensor it gave, and in which of its versions
        self.own = False
        self.bare_relu = ""
        self._note(example, [], "input", weighed=False)

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        name = getattr(func, "__name__", "")
        tensors = list(_tensors((args, kwargs)))
        if name in SHAPING:
            tensors = tensors[:1]  # a second one only lends its shape, as in expand_as
        sources = [self.origins[id(t)] for t in tensors if id(t) in self.origins]
        pair = operands(name, args, kwargs)
        shapes = [tuple(t.shape) for t in pair] if pair else []
        if name in ("relu", "relu_") and not self.bare_relu and not isinstance(self.calls[-1].module, nn.ReLU):
            self.bare_relu = self.calls[-1].path or type(self.calls[-1].module).__name__
        gate = self._gate(*pair) if pair else None
        result = func(*args, **kwargs)
        weighed = any(id(t) not in self.origins and t.is_floating_point() and t.numel() > 1 for t in tensors)
        if sources:
            for part in _tensors(result):
                self._note(part, sources, name, weighed, args=args)
        if pair and self.calls:
            self._multiplied(gate, result, shapes)
        return result

    def entering(self, path: str) -> Callable[..., None]:
        def hook(module: nn.Module, args: Any, kwargs: Any) -> None:
            self.calls.append(_Call(path, module, {id(t): t._version for t in _tensors((args, kwargs))}))
            self.own |= isinstance(module, Gate)

        return hook

    def leaving(self, path: str) -> Callable[..., None]:
        def hook(module: nn.Module, args: Any, kwargs: Any, output: Any) -> None:
            call = self.calls.pop()
            self.runs[path] = self.runs.get(path, 0) + 1
            sources = [self.origins[id(t)] for t in _tensors((args, kwargs)) if id(t) in self.origins]
            for part in _tensors(output):
                # Compiled functions and autograd functions are not seen from here; that the module made it is.
                if id(part) not in self.origins and sources:
                    self._note(part, sources, "unseen", weighed=bool(list(module.parameters())))
            if not isinstance(output, Tensor) or call.inputs.get(id(output)) == output._version:
                return  # it handed on what it was given
            if output.ndim == 4 and output.shape[2] * output.shape[3] > 1:
                self.layers.pop(path, None)
                self.layers[path] = (id(output), output._version)

        return hook

    def result(self, output: Any) -> Traced:
        outermost = {output: path for path, output in self.layers.items() if path and self.runs[path] == 1}
        repeated = tuple(path for path, runs in self.runs.items() if runs > 1)
        return Traced(
            output,
            tuple(self.gates),
            frozenset(self.multiplying),
            tuple(path for path, output in self.layers.items() if outermost.get(output) == path),
            self.own,
            repeated,
            self.bare_relu,
        )

    def _note(
        self, tensor: Tensor, sources: list[Origin], name: str, weighed: bool, args: tuple[Any, ...] = ()
    ) -> None:
        same = all(self.kept[origin.tensor].shape == tensor.shape for origin in sources)
        self.origins[id(tensor)] = origin_of(len(self.kept), sources, name, args, weighed=weighed, same_shape=same)
        self.kept.append(tensor)

    def _gate(self, left: Tensor, right: Tensor) -> tuple[int, Branch, Origin, Origin] | None:
        """Which side is the gate, its branch, its origin and the features', or None where this is no gate."""
        pair = (left, right)
        origins = [self.origins.get(id(tensor)) for tensor in pair]
        if origins[0] is None or origins[1] is None or left is right:
            return None
        if origins[0].pointwise >> origins[1].tensor & 1 or origins[1].pointwise >> origins[0].tensor & 1:
            return None  # an activation: each feature by a function of itself
        candidates = []
        for side in (0, 1):
            gate, features = origins[side], origins[1 - side]
            assert gate is not None
            assert features is not None
            if left.shape == right.shape and left.shape[2:] != (1, 1) and not _is_gate_of(gate, features):
                continue
            branch = _branch(pair[side], pair[1 - side], gate, features)
            if branch is not None and (gate.bounded or gate.weighed >> gate.meets(features) & 1):
                candidates.append((side, branch, gate, features))
        return candidates[0] if len(candidates) == 1 else None

    def _multiplied(
        self, gate: tuple[int, Branch, Origin, Origin] | None, result: Tensor, shapes: list[tuple[int, ...]]
    ) -> None:
        call = self.calls[-1]
        self.multiplying.add(call.path)
        call.products += 1
        if gate is None or isinstance(call.module, Gate):  # a Gate shows itself
            return
        side, branch, numbers, features = gate
        if tuple(result.shape) == shapes[1 - side]:
            product = self.origins[id(result)].tensor
            self.gates.append(
                Found(call.path, call.products - 1, side, branch, numbers.bounded, features.tensor, product)
            )


def _is_gate_of(gate: Origin, features: Origin) -> bool:
    """Of two as large as each other, the gate is what was computed from the other, else what alone has bounds."""
    if gate.is_from(features) or features.is_from(gate):
        return gate.is_from(features)
    return gate.bounded and not features.bounded


def _branch(gate: Tensor, features: Tensor, made: Origin, of: Origin) -> Branch | None:
    """The branch that a gate of this shape belongs to; None where it is no gate on (B, C, H, W)."""
    if features.ndim != 4 or gate.ndim != 4 or not (features.is_floating_point() and gate.is_floating_point()):
        return None
    own = unexpanded(gate)
    batch, channels = features.shape[:2]
    if own.shape[0] not in (1, batch) or any(a not in (1, b) for a, b in zip(own.shape, features.shape, strict=True)):
        return None
    if own.shape[2:] == (1, 1):
        return "channel" if own.shape[1] > 1 and own.shape[1] == channels else None
    if own.shape[1] != 1 and made.alone >> of.tensor & 1:
        return "channel"  # a weight a channel at every position, from that position alone, as in GAM
    return "spatial" if max(own.shape[2:]) > 1 else None


def _tensors(values: Any) -> Iterator[Tensor]:
    if isinstance(values, Tensor):
        yield values
    elif isinstance(values, Mapping):
        yield from _tensors(tuple(values.values()))
    elif isinstance(values, (tuple, list)):
        for value in values:
            yield from _tensors(value)
