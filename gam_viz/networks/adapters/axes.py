"""How the axes of a tensor follow from those of the tensors it was computed from, function by function."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor

from gam_viz.networks.adapters.layout import Factor, Layout, plain_layout
from gam_viz.networks.adapters.origins import COPYING, POINTWISE, SHAPING, base_name

#: What works on (B, C, H, W) and on nothing else of four axes: whoever uses it says what the axes are.
_OF_PICTURES = {
    *("conv2d", "conv_transpose2d", "max_pool2d", "avg_pool2d", "adaptive_avg_pool2d", "adaptive_max_pool2d"),
    *("lp_pool2d", "interpolate", "upsample", "pixel_shuffle", "pixel_unshuffle", "channel_shuffle", "batch_norm"),
    *("instance_norm", "group_norm", "grid_sample", "dropout2d", "feature_dropout"),
}
_IN_PLACE_OF = POINTWISE | {
    *("batch_norm", "layer_norm", "group_norm", "instance_norm", "rms_norm", "dropout", "softmax", "log_softmax"),
    *("where", "addcmul", "addcdiv", "lerp", "maximum", "minimum", "normalize", "unseen", "dropout2d", "masked_fill"),
    *("alpha_dropout", "feature_dropout", "cumsum", "conv1d"),
}
_REDUCING = {"mean", "sum", "amax", "amin", "max", "min", "norm", "std", "var", "logsumexp", "prod"}


@dataclass(frozen=True)
class Computed:
    """One call of a function.

    Attributes:
        name: the function's.
        func: the function.
        args, kwargs: as given to it.
        tensors: all tensors among them, at least one.
        first: the layout that the first of them had before the call, which may have changed it in place.
        results: all tensors it returned.
    """

    name: str
    func: Callable[..., Any]
    args: Sequence[Any]
    kwargs: Mapping[str, Any]
    tensors: Sequence[Tensor]
    first: Layout | None
    results: Sequence[Tensor]

    @property
    def base(self) -> str:
        """The name without an in-place form's underscore."""
        return base_name(self.name)

    def given(self, place: int, *names: str, default: Any = None) -> Any:
        """An argument, by its place or by one of its names."""
        named = next((self.kwargs[name] for name in names if name in self.kwargs), default)
        return self.args[place] if len(self.args) > place else named


class Axes:
    """The layouts of a pass's tensors, by id."""

    def __init__(self, example: Tensor) -> None:
        self._known: dict[int, Layout] = {id(example): plain_layout(example.shape)}

    def of(self, tensor: Tensor) -> Layout | None:
        """None where nothing tells what the axes are."""
        layout = self._known.get(id(tensor))
        return layout if layout is not None and len(layout.axes) == tensor.ndim else None

    def used(self, name: str, tensors: Sequence[Tensor]) -> None:
        """Learn of what a function takes, before it runs."""
        if base_name(name) in _OF_PICTURES and tensors and _one_picture(tensors[0]):
            layout = self.of(tensors[0])
            if layout is None or not layout.grid:
                self._known[id(tensors[0])] = plain_layout(tensors[0].shape)

    def made(self, call: Computed) -> None:
        """Learn of what a function made."""
        for result, layout in zip(call.results, self._of_results(call), strict=True):
            if layout is None or len(layout.axes) != result.ndim:
                self._known.pop(id(result), None)
            else:
                self._known[id(result)] = layout

    def _of_results(self, call: Computed) -> Sequence[Layout | None]:
        if call.base in SHAPING and call.base not in COPYING:
            if call.first is None or not call.args:
                return [None] * len(call.results)
            moved = list(call.first.moved(lambda x: call.func(x, *call.args[1:], **call.kwargs)))
            return moved if len(moved) == len(call.results) else [None] * len(call.results)
        if call.base in _REDUCING:
            return [self._reduced(call)] * len(call.results)
        return [self._of_one(call, result) for result in call.results]

    def _of_one(self, call: Computed, result: Tensor) -> Layout | None:
        name, first, before, after = call.base, call.first, call.tensors[0].shape, result.shape
        if name in _IN_PLACE_OF or name in COPYING:
            alike = (self.of(tensor) for tensor in call.tensors if tensor.shape == after)
            layout = next((layout for layout in alike if layout is not None), None)
            if layout is not None or name != "conv1d":
                return layout
        if name in _OF_PICTURES and result.ndim == 4 and first is not None:
            return _as_picture(first, tuple(before), tuple(after))
        if name in ("linear", "conv1d") and first is not None:
            return _resized(first, -1 if name == "linear" else 1, before, after)
        if name == "pad" and first is not None:
            padded: Layout | None = first
            for axis in range(result.ndim):
                padded = padded and _resized(padded, axis, before, after, any_kind=True)
            return padded
        if name in ("cat", "concat", "concatenate", "stack"):
            dim = call.given(1, "dim", default=0)
            layouts = [self.of(tensor) for tensor in call.tensors]
            return _stacked(layouts, dim, result) if name == "stack" else _joined(layouts, dim % result.ndim, result)
        return None

    def _reduced(self, call: Computed) -> Layout | None:
        dim, source, layout = call.given(1, "dim", "axis"), call.tensors[0], call.first
        dims = [dim] if isinstance(dim, int) else dim
        if not isinstance(dims, (tuple, list)) or not all(isinstance(one, int) for one in dims):
            return None
        if layout is None:
            if not _one_picture(source) or {one % 4 for one in dims} != {2, 3}:
                return None
            layout = self._known[id(source)] = plain_layout(source.shape)  # pooled over rows and columns
        keep = call.given(2, "keepdim", default=False) is True
        return next(iter(layout.moved(lambda index: index.amin(tuple(dims), keepdim=keep))), None)


def _one_picture(tensor: Tensor) -> bool:
    return tensor.ndim == 4 and tensor.shape[0] == 1


def _as_picture(layout: Layout, before: tuple[int, ...], after: tuple[int, ...]) -> Layout | None:
    """What a convolution or pooling makes of the four axes: another number of channels, rows and columns."""
    in_order = layout.grid and all(layout.at(axis) <= {kind} for axis, kind in enumerate("cchw"))
    if not in_order:
        return layout if before == after else None
    axes = [layout.axes[0], *((Factor(kind, n),) if n > 1 else () for kind, n in zip("chw", after[1:], strict=True))]  # type: ignore[arg-type]
    groups = tuple(replace(part, step=part.step * after[1] // max(1, before[1])) for part in axes[0])
    return Layout((groups, *axes[1:]), layout.batch)


def _resized(
    layout: Layout, axis: int, before: Sequence[int], after: Sequence[int], any_kind: bool = False
) -> Layout | None:
    """After a function that mixes what lies along one axis, and may change how much that is."""
    axis %= len(layout.axes)
    if before[axis] == after[axis]:
        return layout
    parts, size = layout.axes[axis], after[axis]
    kinds = layout.at(axis)
    new: tuple[Factor, ...] = ()
    if any_kind and len(kinds) == 1 and len(parts) == 1:
        new = (replace(parts[0], size=size),)
    elif kinds == {"c"} or (not kinds and not any_kind):
        if any("c" in layout.at(other) for other in range(len(layout.axes)) if other != axis):
            return None if size > 1 else _without(layout, axis)
        new = (Factor("c", size),) if size > 1 else ()
    else:
        return None
    return replace(layout, axes=(*layout.axes[:axis], new, *layout.axes[axis + 1 :]))


def _without(layout: Layout, axis: int) -> Layout:
    return replace(layout, axes=(*layout.axes[:axis], (), *layout.axes[axis + 1 :]))


def _joined(layouts: Sequence[Layout | None], dim: int, result: Tensor) -> Layout | None:
    """Of what was concatenated along an axis."""
    known = [layout for layout in layouts if layout is not None and len(layout.axes) == result.ndim]
    if not known:
        return None
    first = max(known, key=lambda layout: len(layout.axes[dim]))
    if any(_without(layout, dim).axes != _without(first, dim).axes for layout in known):
        return None
    kinds = first.at(dim)
    elsewhere = {kind for axis in range(result.ndim) if axis != dim for kind in first.at(axis)}
    if kinds <= {"c"} and "c" not in elsewhere and len(known) == len(layouts):
        return replace(first, axes=(*first.axes[:dim], (Factor("c", result.shape[dim]),), *first.axes[dim + 1 :]))
    inner = first.size("c") // math.prod(part.size for part in first.axes[dim])
    outer = [part for layout in known for part in layout.axes[dim]]
    behind = all("c" not in first.at(axis) for axis in range(dim))
    if kinds <= {"c"} and behind and len(known) == len(layouts) and all(one.step == inner for one in outer):  # paths
        return replace(
            first, axes=(*first.axes[:dim], (Factor("c", result.shape[dim], inner),), *first.axes[dim + 1 :])
        )
    if kinds == {"c"} and len(known) == len(layouts) and len(first.axes[dim]) == 1:  # in each of G groups
        part, size = first.axes[dim][0], result.shape[dim]
        scale = size // part.size
        axes = [
            tuple(replace(p, step=p.step * scale) if p.kind == "c" and p.step > part.step else p for p in axis)
            for axis in first.axes
        ]
        axes[dim] = (replace(part, size=size),)
        return replace(first, axes=tuple(axes))
    if kinds and kinds <= {"h", "w"} and elsewhere <= {"c"} and result.ndim == 3:  # tokens, and more tokens
        axes = [*first.axes]
        axes[dim] = (Factor("w", result.shape[dim]),)
        return replace(first, axes=tuple(axes), grid=False)
    return None


def _stacked(layouts: Sequence[Layout | None], dim: int, result: Tensor) -> Layout | None:
    """Of what was stacked: the new axis is an outer part of the channels."""
    first = layouts[0]
    if first is None or any(layout != first for layout in layouts):
        return None
    dim %= result.ndim
    paths = (Factor("c", len(layouts), max(1, first.size("c"))),) if len(layouts) > 1 else ()
    axes = (*first.axes[:dim], paths, *first.axes[dim:])
    return replace(first, axes=axes, batch=first.batch + (dim <= first.batch))
