"""Which of a product's two operands is a gate, and what kind of gate."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from torch import Tensor

from gam_viz.attention import Bounds, Branch
from gam_viz.networks.adapters.layout import Layout
from gam_viz.networks.adapters.multiply import Product, unexpanded
from gam_viz.networks.adapters.origins import Origin

#: Why a product that looks like one with a gate is none: its axes cannot be told, it is one number a picture, or both
#: operands are features, or both are gates.
Reason = Literal["axes", "one_number", "equal", "contradictory", "batch"]


@dataclass(frozen=True)
class Found:
    """A gate, found at one multiplication.

    Attributes:
        owner: path of the module whose forward multiplies.
        index: which of the products of two tensors within one call of that module, from 0.
        side: which of the two operands is the gate.
        branch: "channel" or "spatial".
        bounds: lowest and highest value that its numbers can have; None where one of them cannot be told.
        features: number of the tensor it multiplies.
        product: number of the result.
        shape: (C, H, W) of the gate, 1 where it is the same for all.
        layout: the features' axes where they are not (B, C, H, W).
        repeated: the operand's axes along which the gate only repeats itself.
        grid: whether its positions are rows and columns of the picture.
    """

    owner: str
    index: int
    side: int
    branch: Branch
    bounds: Bounds | None
    features: int
    product: int
    shape: tuple[int, ...]
    layout: Layout | None = None
    repeated: frozenset[int] = frozenset()
    grid: bool = True

    @property
    def looks(self) -> tuple[object, ...]:
        """What must be the same in every call of the owner."""
        return self.side, self.branch, self.bounds, self.layout, self.repeated


@dataclass(frozen=True)
class NotShown:
    """A product of which one operand may be a gate, and is not shown.

    Attributes:
        owner: path of the module whose forward multiplies.
        reason: why, one of `Reason`.
        shapes: of the two operands.
    """

    owner: str
    reason: Reason
    shapes: tuple[tuple[int, ...], tuple[int, ...]]

    @property
    def sentence(self) -> str:
        """The reason in English."""
        a, b = self.shapes
        owner = self.owner or "the network"
        return {
            "axes": f"{owner} multiplies {a} by {b}: maybe a gate, but its channels and positions cannot be told",
            "one_number": f"{owner} multiplies {a} by {b}: one number for the whole picture, so nothing to look at",
            "equal": f"{owner} multiplies {a} by {b}: features by features, and neither says that it is the gate",
            "contradictory": f"{owner} multiplies by a gate in different ways in one pass; it is left out",
            "batch": f"{owner} multiplies by a gate that lies across the pictures of a batch; it is left out",
        }[self.reason]


@dataclass(frozen=True)
class Traced:
    """A pass's findings.

    Attributes:
        output: the network's.
        gates: in the order of computation; a module that runs twice appears twice.
        left_out: products of which one operand may be a gate, and why they are none.
        multiplying: paths of all modules that multiply two tensors.
        layers: paths of modules that ran once, did something and gave (B, C, h, w) with more than one position, with
            the rows of what they gave, in the order they finished; of modules that gave the same tensor, the outermost.
        own: whether `Gate`s of the network's own ran.
        repeated: paths of modules that ran more than once.
        bare_relu: the first module that computes a ReLU and is no `nn.ReLU`; empty where there is none.
        chance: the first call that draws random numbers, in words; empty where none was seen.
    """

    output: Any
    gates: tuple[Found, ...]
    left_out: tuple[NotShown, ...]
    multiplying: frozenset[str]
    layers: Mapping[str, int]
    own: bool
    repeated: tuple[str, ...]
    bare_relu: str
    chance: str


@dataclass(frozen=True)
class Candidate:
    """One operand of a product, seen as a gate of the other.

    Attributes:
        side: which operand.
        branch: None where it is one number for a whole picture, or the axes cannot be told.
        shape: (C, H, W), 1 where it is the same for all.
        layout: of the features; None where nothing tells it.
        repeated: the gate's axes along which it only repeats itself.
        positions: how many the features have.
        made, by: what the gate and the features came from.
    """

    side: int
    branch: Branch | None
    shape: tuple[int, ...]
    layout: Layout | None
    repeated: frozenset[int]
    positions: int
    made: Origin
    by: Origin


def candidates(
    of: Product,
    origin: Callable[[Tensor], Origin | None],
    layout: Callable[[Tensor], Layout | None],
    repeated: Callable[[Tensor], Collection[int]],
) -> list[Candidate]:
    """The ways to see a product as features by a gate; see `trace` for what counts.

    Args:
        of: the product, before it is computed.
        origin, layout, repeated: what is known of a tensor.
    """
    origins = [origin(tensor) for tensor in of.given]
    if origins[0] is None or origins[1] is None or of.given[0] is of.given[1]:
        return []
    if origins[0].pointwise >> origins[1].tensor & 1 or origins[1].pointwise >> origins[0].tensor & 1:
        return []  # an activation: each feature by a function of itself
    found = []
    for side in (0, 1):
        made, by = origins[side], origins[1 - side]
        assert made is not None
        assert by is not None
        if of[0].shape == of[1].shape and not _is_gate_of(made, by):
            continue
        if not (made.squashed or made.weighed >> made.meets(by) & 1):
            continue
        if of.summed is not None and not made.squashed:
            continue  # a query by keys
        again = repeated(of.given[side]) if not of.letters and of.summed is None else ()
        missing = of[side].ndim - of.given[side].ndim
        again = frozenset(axis + missing for axis in again)
        if (one := _candidate(of, side, made, by, layout(of.given[1 - side]), again)) is not None:
            found.append(one)
    return found


def of_equal_standing(of: Product, origin: Callable[[Tensor], Origin | None]) -> bool:
    """Whether features are multiplied by features, or gates by gates, as large, and neither comes from the other.

    Of two functions of the same numbers, each of the one number at the same place, the product is an activation.
    """
    one, other = (origin(tensor) for tensor in of.given)
    if one is None or other is None or of[0].shape != of[1].shape or sum(size > 1 for size in of[0].shape[1:]) < 2:
        return False
    if one.is_from(other) or other.is_from(one) or one.squashed != other.squashed:
        return False
    return bool(one.weighed and other.weighed) and not one.pointwise & other.pointwise


def _candidate(
    of: Product, side: int, made: Origin, by: Origin, layout: Layout | None, repeated: frozenset[int]
) -> Candidate | None:
    features, gate = of[1 - side], of[side]
    if not (features.is_floating_point() and gate.is_floating_point()) or features.ndim < 3:
        return None
    gate, own = unexpanded(gate, repeated), unexpanded(features)
    if gate.shape[0] not in (1, features.shape[0]) or any(
        a not in (1, b) for a, b in zip(gate.shape, own.shape, strict=True)
    ):
        return None  # it would enlarge the features
    if layout is None:
        return Candidate(side, None, (), None, repeated, max(features.shape[2:]), made, by)
    _, channels, height, width = layout.unfolded(gate, features.shape).shape
    positions = layout.size("h") * layout.size("w")
    branch: Branch | None = None
    if (height, width) == (1, 1):
        branch = "channel" if channels > 1 else None
    elif channels > 1 and made.alone >> by.tensor & 1:
        branch = "channel"  # a weight a channel at every position, from that position alone, as in GAM
    else:
        branch = "spatial"
    return Candidate(side, branch, (channels, height, width), layout, repeated, positions, made, by)


def _is_gate_of(gate: Origin, features: Origin) -> bool:
    """Of two as large as each other, the gate is what was computed from the other, else what alone has bounds."""
    if gate.is_from(features) or features.is_from(gate):
        return gate.is_from(features)
    return gate.squashed and not features.squashed
