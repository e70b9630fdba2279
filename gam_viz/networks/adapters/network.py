"""A network of another library whose gates are shown to the watchers of this project.

Its class is a subclass, made for it, of its own class and of `ForeignNetwork`: names of modules, weights and
attributes stay what they were, and the forward pass is the network's own. Only while somebody watches gates in this
context does the pass run under a mode that meets every multiplication; the mode belongs to the thread, and nothing is
left on the network afterwards.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from gam_viz.attention import Gate, show, watched
from gam_viz.networks.adapters.found import NotShown
from gam_viz.networks.adapters.layout import Layout
from gam_viz.networks.adapters.multiply import product, unexpanded, written_out
from gam_viz.networks.adapters.scores import Scores
from gam_viz.networks.card import Region
from gam_viz.text.refusal import RefusalError, first_line


@dataclass(frozen=True)
class GatePlace:
    """Where a gate multiplies.

    Attributes:
        gate: path of the `Gate` that stands for it.
        side: which operand of the product it is.
        layout: the features' axes where they are not (B, C, H, W).
        repeated: the operand's axes along which the gate only repeats itself.
    """

    gate: str
    side: int
    layout: Layout | None = None
    repeated: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Adaption:
    """What was found out about a foreign network.

    Attributes:
        places: by path of the module that multiplies and by number of the product within one call of it.
        layers: paths of the layers worth offering for a map of a layer, in the order they are computed.
        notes: sentences a user should read.
        left_out: products that look like one with a gate and are not shown, and why.
        bare_relu: a part of the network that computes a ReLU outside of `nn.ReLU`, where a backward pass with another
            rule at the ReLUs would miss it; empty where there is none.
        scores: how its output becomes scores (B, K); None before that is known.
        halvings: how often the picture is halved, by layer of `layers`.
    """

    places: Mapping[tuple[str, int], GatePlace]
    layers: tuple[str, ...]
    notes: tuple[str, ...]
    left_out: tuple[NotShown, ...] = ()
    bare_relu: str = ""
    scores: Scores | None = None
    halvings: Mapping[str, int] = field(default_factory=dict)


class NetworkFailedError(RuntimeError):
    """A pass through a network of somebody's failed by its own code: what that says."""


#: What such code raises beside RuntimeError and ValueError, which whoever computes with networks knows already.
FAILURES = (AssertionError, LookupError, AttributeError, ArithmeticError, TypeError)


class ForeignNetwork(nn.Module):
    """A network of another library, adapted; see `adapt`, which makes it. Its forward gives scores (B, K)."""

    adaption: Adaption

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        scores, pictures = self.adaption.scores, args[0] if args else None
        if scores is None or not isinstance(pictures, Tensor):
            return self._forward(super().forward, args, kwargs)
        size = int(pictures.shape[-2]), int(pictures.shape[-1])
        return scores(self._forward(super().forward, args, kwargs), size)

    # As modules are copied, whatever the network's own class does: a traced graph makes a new class of itself for each
    # copy, whose calls would lead back to this one's for ever.
    def __copy__(self) -> ForeignNetwork:
        new: ForeignNetwork = object.__new__(type(self))
        new.__setstate__(self.__getstate__())
        return new

    def __deepcopy__(self, memo: dict[int, Any]) -> ForeignNetwork:
        memo[id(self)] = new = object.__new__(type(self))
        new.__setstate__(copy.deepcopy(self.__getstate__(), memo))
        return new

    def _forward(self, run: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if torch.compiler.is_compiling():
            return run(*args, **kwargs)
        try:
            if not watched():
                return run(*args, **kwargs)
            with _calls() as calls, _Products(self, calls):
                return run(*args, **kwargs)
        except FAILURES as error:
            raise NetworkFailedError(first_line(error)) from error


def within(network: nn.Module, region: Region) -> ForeignNetwork:
    """The same network, its weights shared, whose scores are summed over a region of the picture.

    Raises:
        ValueError: it is not adapted, its output is neither a segmentation nor detections, or the region is none.
    """
    scores = network.adaption.scores if isinstance(network, ForeignNetwork) else None
    if not isinstance(network, ForeignNetwork) or scores is None or scores.kind not in ("segmentation", "detection"):
        raise RefusalError("errors.reason.no_region")
    left, top, right, bottom = region
    if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
        raise RefusalError("errors.reason.region", given=", ".join(f"{share:g}" for share in region))
    return _scored(network, replace(scores, region=region))


def unscored(network: ForeignNetwork) -> ForeignNetwork:
    """The same network, its weights shared, which returns what it returned before it was adapted."""
    return _scored(network, None)


def _scored(network: ForeignNetwork, scores: Scores | None) -> ForeignNetwork:
    copied = copy.copy(network)  # its modules are the network's own: only how its output is read is another
    copied.adaption = replace(network.adaption, scores=scores)
    return copied


@dataclass
class _Call:
    path: str
    products: int = 0


#: The modules that multiply and run now, outermost first; None where nobody watches.
_CALLS: ContextVar[list[_Call] | None] = ContextVar("gam_viz_foreign_calls", default=None)


@contextmanager
def _calls() -> Iterator[list[_Call]]:
    calls = [_Call("")]
    token = _CALLS.set(calls)
    try:
        yield calls
    finally:
        _CALLS.reset(token)


def mark(module: nn.Module, path: str) -> None:
    """Make a module say, in every pass that is watched, when it runs. The hooks stay; a copy of the module has them."""
    module._gam_viz_path = path  # type: ignore[assignment]
    module.register_forward_pre_hook(_enter)
    module.register_forward_hook(_leave, always_call=True)


# Plain functions: deep copies of a network share them, and they tell the copies' modules apart by their argument.
def _enter(module: nn.Module, args: Any) -> None:
    calls = _CALLS.get()
    if calls is not None:
        calls.append(_Call(str(module._gam_viz_path)))


def _leave(module: nn.Module, args: Any, output: Any) -> None:
    calls = _CALLS.get()
    if calls is not None and len(calls) > 1:
        calls.pop()


class _Products(TorchFunctionMode):
    """Meets every product of two tensors in this thread; at a gate's place, the gate is shown and may be replaced."""

    def __init__(self, network: ForeignNetwork, calls: list[_Call]) -> None:
        super().__init__()
        self.network = network
        self.calls = calls
        self.replaced = 0

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if (steps := written_out(getattr(func, "__name__", ""), args, kwargs)) is not None:
            before = self.replaced
            with self:
                result = steps()
            return result if self.replaced > before else func(*args, **kwargs)
        of = product(func, args, kwargs)
        if of is None:
            return func(*args, **kwargs)
        call = self.calls[-1]
        place = self.network.adaption.places.get((call.path, call.products))
        call.products += 1
        if place is None:
            return func(*args, **kwargs)
        features, computed = of[1 - place.side], unexpanded(of[place.side], place.repeated)
        if of.writes_over(place.side):
            computed = computed.clone()  # the product is about to be written over it
        if place.layout is None:
            gate = show(self._gate(place), features, computed)
        else:
            shape = features.shape
            unfolded = place.layout.unfolded(computed, shape)
            gate = show(self._gate(place), place.layout.unfolded(features, shape), unfolded)
            gate = computed if gate is unfolded else place.layout.folded(gate, shape)
        if gate is computed:
            return func(*args, **kwargs)  # as the network wrote it, to the bit
        self.replaced += 1
        return of.by(place.side, gate)

    def _gate(self, place: GatePlace) -> Gate:
        # By path, not by reference: a copy of the network may carry the original's gates.
        gate = self.network.get_submodule(place.gate)
        assert isinstance(gate, Gate)
        return gate
