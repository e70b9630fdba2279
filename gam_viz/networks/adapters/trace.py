"""One forward pass, watched: which multiplications are gates, and what came out of what.

A gate is found by what it does, never by its class's name. In `features * numbers` the numbers are a gate where

    they fit onto features without enlarging them, and differ between channels or between positions;
    it can be told which axes of the features are channels, rows and columns (see `layout`);
    they were computed from the network's input, so they are no constant scale;
    a weight took part since then, or a sigmoid, so they are no normalisation;
    they are more than a function of each feature alone, so they are no activation (x * sigmoid(x) is SiLU).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from gam_viz.attention import Gate
from gam_viz.networks.adapters.axes import Axes, Computed
from gam_viz.networks.adapters.chance import draws
from gam_viz.networks.adapters.found import Candidate, Found, NotShown, Reason, Traced, candidates, of_equal_standing
from gam_viz.networks.adapters.multiply import SPREADING, Product, product, repeated_axes, written_out
from gam_viz.networks.adapters.origins import COPYING, POINTWISE, SHAPING, Origin, base_name, origin_of, tensors_in
from gam_viz.networks.adapters.ranges import ANY, Range, constant, range_of

_REPEATING = POINTWISE | {"contiguous", "clone", "softmax", *SPREADING}


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


@dataclass(frozen=True)
class _Seen:
    gate: Found
    made: Origin
    by: Origin
    positions: int


class _Trace(TorchFunctionMode):
    def __init__(self, example: Tensor) -> None:
        super().__init__()
        self.origins: dict[int, Origin] = {}
        self.kept: list[Tensor] = []  # an id stays a tensor's own only while the tensor lives
        self.calls: list[_Call] = []
        self.gates: list[_Seen] = []
        self.left_out: list[NotShown] = []
        self.equal: list[tuple[int, NotShown]] = []  # the product's number
        self.axes = Axes(example)
        self.ranges: dict[int, Range] = {}
        self.repeated: dict[int, frozenset[int]] = {}
        self.multiplying: set[str] = set()
        self.runs: dict[str, int] = {}
        self.layers: dict[str, tuple[int, int, int]] = {}  # which tensor it gave, in which version, its rows
        self.own = False
        self.bare_relu = ""
        self.chance = ""
        self._note(example, [], "input", weighed=False)

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        name = getattr(func, "__name__", "")
        if (steps := written_out(name, args, kwargs)) is not None:
            with self:
                return steps()
        base = base_name(name)
        tensors = list(tensors_in((args, kwargs)))
        if base in SHAPING:
            tensors = tensors[:1]  # a second one only lends its shape, as in expand_as
        sources = [self.origins[id(t)] for t in tensors if id(t) in self.origins]
        if base == "relu" and not self.bare_relu and not isinstance(self.calls[-1].module, nn.ReLU):
            self.bare_relu = self.calls[-1].path or type(self.calls[-1].module).__name__
        if not self.chance and draws(base, args, kwargs):
            self.chance = f"{self.calls[-1].path or 'its forward pass'} calls {base}" if self.calls else base
        if sources:
            self.axes.used(name, tensors)
        # Products of weights alone are counted as well: a gate's place is its number among all of a module's.
        of = product(func, args, kwargs) if self.calls else None
        ways = candidates(of, self._origin, self.axes.of, self._repeated) if of and sources else []
        equal = bool(sources) and not ways and of is not None and of_equal_standing(of, self._origin)
        ends_of = [self._range(each) for each in of.given] if of else []
        # Of what goes in, before an in-place function writes over it.
        ends = range_of(name, args, kwargs, tensors, self._range) if sources else ANY
        copied, first = (self._origin(tensors[0]), self.axes.of(tensors[0])) if sources else (None, None)
        mixes = base == "linear" and not self._by_channels(tensors[0])
        result = func(*args, **kwargs)
        results = list(tensors_in(result))
        if not sources or not results:
            if of:
                self._multiplied(of, result, [], [])
            return result
        again = [
            repeated_axes(base, part.shape, tensors, self._repeated) if base in _REPEATING else frozenset()
            for part in results
        ]
        weighed = any(id(t) not in self.origins and t.is_floating_point() and t.numel() > 1 for t in tensors)
        self.axes.made(Computed(name, func, args, kwargs, tensors, first, results))
        for part, axes in zip(results, again, strict=True):
            self._note(
                part, sources, name, weighed, args, mixes_positions=mixes, bounded=math.isfinite(ends[1] - ends[0])
            )
            self.ranges[id(part)], self.repeated[id(part)] = ends, axes
        if base in COPYING and copied is not None:
            self.origins[id(results[0])] = copied
        if of:
            self._multiplied(of, result, ways, ends_of)
        if of and equal:
            self.equal.append((self.origins[id(result)].tensor, self._not_shown(of, "equal")))
        return result

    def _origin(self, tensor: Tensor) -> Origin | None:
        return self.origins.get(id(tensor))

    def _repeated(self, tensor: Tensor) -> frozenset[int]:
        return self.repeated.get(id(tensor), frozenset())

    def _by_channels(self, tensor: Tensor) -> bool:
        """Whether the last axis holds channels alone, as far as can be told."""
        layout = self.axes.of(tensor)
        return layout is None or layout.at(-1) <= {"c"}

    def entering(self, path: str) -> Callable[..., None]:
        def hook(module: nn.Module, args: Any, kwargs: Any) -> None:
            self.calls.append(_Call(path, module, {id(t): t._version for t in tensors_in((args, kwargs))}))
            self.own |= isinstance(module, Gate)

        return hook

    def leaving(self, path: str) -> Callable[..., None]:
        def hook(module: nn.Module, args: Any, kwargs: Any, output: Any) -> None:
            call = self.calls.pop()
            self.runs[path] = self.runs.get(path, 0) + 1
            sources = [self.origins[id(t)] for t in tensors_in((args, kwargs)) if id(t) in self.origins]
            for part in tensors_in(output):
                # Compiled functions and autograd functions are not seen from here; that the module made it is.
                if id(part) not in self.origins and sources:
                    given = [t for t in tensors_in((args, kwargs)) if id(t) in self.origins]
                    self._note(part, sources, "unseen", weighed=bool(list(module.parameters())))
                    self.axes.made(Computed("unseen", module, args, kwargs, given, self.axes.of(given[0]), [part]))
            if not isinstance(output, Tensor) or call.inputs.get(id(output)) == output._version:
                return  # it handed on what it was given
            if output.ndim == 4 and output.shape[2] * output.shape[3] > 1:
                self.layers.pop(path, None)
                self.layers[path] = (id(output), output._version, output.shape[2])

        return hook

    def result(self, output: Any) -> Traced:
        outermost = {output: path for path, output in self.layers.items() if path and self.runs[path] == 1}
        repeated = tuple(path for path, runs in self.runs.items() if runs > 1)
        return Traced(
            output,
            tuple(seen.gate for seen in self.gates if not self._inside_a_gate(seen)),
            (*self.left_out, *(left for product, left in self.equal if not self._leads_to_a_gate(product))),
            frozenset(self.multiplying),
            {path: output[2] for path, output in self.layers.items() if outermost.get(output) == path},
            self.own,
            repeated,
            self.bare_relu,
            self.chance,
        )

    def _inside_a_gate(self, seen: _Seen) -> bool:
        """Whether two numbers a channel were multiplied on the way to a gate, and nowhere else: no features."""
        return seen.positions == 1 and self._leads_to_a_gate(seen.gate.product)

    def _leads_to_a_gate(self, product: int) -> bool:
        """Whether a gate of features was computed from that product, and the features were not."""
        later = (other for other in self.gates if other.gate.product > product and other.made.made_of >> product & 1)
        return any(other.positions > 1 and not other.by.made_of >> product & 1 for other in later)

    def _note(
        self, tensor: Tensor, sources: list[Origin], name: str, weighed: bool, args: tuple[Any, ...] = (), **more: bool
    ) -> None:
        same = all(self.kept[origin.tensor].shape == tensor.shape for origin in sources)
        number = len(self.kept)
        self.origins[id(tensor)] = origin_of(number, sources, name, args, weighed=weighed, same_shape=same, **more)
        self.kept.append(tensor)

    def _multiplied(self, of: Product, result: Tensor, ways: list[Candidate], ranges: list[Range]) -> None:
        call = self.calls[-1]
        self.multiplying.add(call.path)
        call.products += 1
        if isinstance(call.module, Gate) or not ways:  # a Gate shows itself
            return
        shown = [way for way in ways if way.branch is not None]
        if len(shown) != 1:
            if len(ways) == 1:
                self.left_out.append(self._not_shown(of, "axes" if ways[0].layout is None else "one_number"))
            return
        way, product = shown[0], self.origins[id(result)].tensor
        assert way.branch is not None
        assert way.layout is not None
        ends = ranges[way.side]
        self.gates.append(
            _Seen(
                Found(
                    call.path,
                    call.products - 1,
                    way.side,
                    way.branch,
                    ends if math.isfinite(ends[0]) and math.isfinite(ends[1]) else None,
                    way.by.tensor,
                    product,
                    way.shape,
                    None if way.layout.plain else way.layout,
                    way.repeated,
                    way.layout.grid,
                ),
                way.made,
                way.by,
                way.positions,
            )
        )

    def _not_shown(self, of: Product, reason: Reason) -> NotShown:
        return NotShown(self.calls[-1].path, reason, (tuple(of.given[0].shape), tuple(of.given[1].shape)))

    def _range(self, value: object) -> Range:
        return self.ranges.get(id(value), ANY) if id(value) in self.origins else constant(value)
