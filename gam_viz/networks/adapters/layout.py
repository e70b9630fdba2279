"""What the axes of a tensor are: which hold channels, rows and columns, however they were permuted, split and merged.

A module may work on (B, C, H, W), on (B·G, C/G, H, W), on (B, H, W, C) or on (B, H·W, C). Each axis is written as a
product of parts, outermost first; all the parts of a kind, in their order, make that kind of (C, H, W). The batch is
no part: it is the outermost factor of the first axis, or an axis of its own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor

Kind = Literal["c", "h", "w"]
KINDS: tuple[Kind, ...] = ("c", "h", "w")


@dataclass(frozen=True)
class Factor:
    """A factor of an axis: `size` steps along channels, rows or columns; the larger `step` is the outer one."""

    kind: Kind
    size: int
    step: int = 1


@dataclass(frozen=True)
class Layout:
    """The axes of a tensor of one picture.

    Attributes:
        axes: for each axis of the tensor its parts, outermost first; none for an axis of size 1.
        batch: the axis whose outermost factor is the batch.
        grid: whether h and w are the picture's rows and columns; False of tokens on no grid, which lie along w.
    """

    axes: tuple[tuple[Factor, ...], ...]
    batch: int = 0
    grid: bool = True

    @property
    def plain(self) -> bool:
        """Whether the tensor is (B, C, H, W)."""
        return self.grid and len(self.axes) == 4 and all(self.at(n) <= set(k) for n, k in enumerate(("", *KINDS)))

    def size(self, kind: Kind) -> int:
        """C, H or W."""
        return math.prod(part.size for part in self._parts(kind))

    def at(self, axis: int) -> set[Kind]:
        """Which kinds an axis holds."""
        return {part.kind for part in self.axes[axis]}

    def _parts(self, kind: Kind) -> list[Factor]:
        parts = [part for axis in self.axes for part in axis if part.kind == kind]
        return sorted(parts, key=lambda part: -part.step)

    def _places(self) -> list[tuple[int, int]]:
        """(axis, place in it) of each part in the order of (C, H, W)."""
        places = [(axis, place) for axis, parts in enumerate(self.axes) for place in range(len(parts))]
        part = lambda place: self.axes[place[0]][place[1]]  # noqa: E731
        return sorted(places, key=lambda place: (KINDS.index(part(place).kind), -part(place).step))

    def index(self) -> Tensor:
        """int64 of the tensor's shape with a batch of 1: which element of (C, H, W), counted through, is where."""
        order = self._places()
        counted = torch.arange(math.prod(self.size(kind) for kind in KINDS))
        counted = counted.reshape([self.axes[axis][place].size for axis, place in order])
        back = [order.index(place) for place in sorted(order)]
        return counted.permute(back).reshape([math.prod(part.size for part in axis) for axis in self.axes])

    def moved(self, move: Callable[[Tensor], object]) -> Iterator[Layout | None]:
        """The layouts of what a function makes that only moves elements: views, permutations, slices."""
        sizes = [self.size(kind) for kind in KINDS]
        try:
            made = move(self.index())
        except (RuntimeError, TypeError, ValueError, IndexError):
            return
        for each in [made] if isinstance(made, Tensor) else made if isinstance(made, (tuple, list)) else []:
            yield _inferred(each, sizes, self.grid) if isinstance(each, Tensor) and each.dtype == torch.int64 else None

    def unfolded(self, values: Tensor, shape: Sequence[int]) -> Tensor:
        """From the tensor's own axes to (B, C, H, W).

        Args:
            values: of `shape`, or with 1 along some of its axes.
            shape: of the tensor at hand, which may have another batch, and another size than this layout's.

        Raises:
            ValueError: the sizes do not fit the layout.
        """
        sizes = self._sizes(shape)
        split: list[int] = []
        whole: list[int] = []
        for axis, (parts, size) in enumerate(zip(sizes, shape, strict=True)):
            one = values.shape[axis] == 1 and size != 1
            split += [1] * len(parts) if one else parts
            whole += parts
        return self._gathered(values.reshape(split), split, whole)

    def _gathered(self, values: Tensor, split: list[int], whole: list[int]) -> Tensor:
        groups = self._groups()
        for group in groups:  # of a kind that is split over axes, all parts or none
            if any(split[place] > 1 for place in group):
                for place in group:
                    split[place] = whole[place]
        values = values.expand(split).permute([place for group in groups for place in group])
        return values.reshape([math.prod(split[place] for place in group) for group in groups])

    def folded(self, values: Tensor, shape: Sequence[int]) -> Tensor:
        """From (B, C, H, W), or what broadcasts to it, to the tensor's own axes; the way back from `unfolded`."""
        values = values[(None,) * (4 - values.ndim)]
        whole = [size for parts in self._sizes(shape) for size in parts]
        groups = self._groups()
        split = [
            size
            for group, length in zip(groups, values.shape, strict=True)
            for size in ([1] * len(group) if length == 1 else [whole[place] for place in group])
        ]
        places = [place for group in groups for place in group]
        back = [places.index(place) for place in range(len(places))]
        values = values.reshape(split).permute(back)
        now, axes, first = list(values.shape), [], 0
        for parts in self._sizes(shape):
            here = range(first, first + len(parts))
            if any(now[place] > 1 for place in here):
                for place in here:
                    now[place] = whole[place]
            axes.append(math.prod(now[place] for place in here))
            first += len(parts)
        return values.expand(now).reshape(axes)

    def _groups(self) -> list[list[int]]:
        """Of all factors, counted through from the first axis to the last, those of the batch, of C, of H and of W."""
        numbered, batch, count = dict[tuple[int, int], int](), 0, 0
        for axis, parts in enumerate(self.axes):
            if axis == self.batch:
                batch, count = count, count + 1
            for place in range(len(parts)):
                numbered[axis, place] = count
                count += 1
        of = lambda kind: [numbered[p] for p in self._places() if self.axes[p[0]][p[1]].kind == kind]  # noqa: E731
        return [[batch], *([*of(kind)] for kind in KINDS)]

    def _sizes(self, shape: Sequence[int]) -> list[list[int]]:
        """Of each axis of a tensor of `shape` its factors: the batch's, then the parts'."""
        found = []
        for axis, (parts, size) in enumerate(zip(self.axes, shape, strict=True)):
            known = [part.size for part in parts]
            if axis != self.batch and len(parts) == 1:
                known = [size]  # rows, columns or channels alone may be of any number
            elif axis != self.batch and known and math.prod(known) != size:
                scale = math.sqrt(size / math.prod(known))  # (h w) of a picture of another size, but of the same form
                known = [round(scale * one) for one in known]
            rest = size // math.prod(known)
            if rest * math.prod(known) != size or (axis != self.batch and rest != 1):
                raise ValueError(
                    f"features of {tuple(shape)} do not divide as they did when the network was adapted; adapt it with "
                    "an example of this size"
                )
            found.append([rest, *known] if axis == self.batch else known)
        return found


def plain_layout(shape: Sequence[int]) -> Layout:
    """Of (B, C, H, W)."""
    axes = [(Factor(kind, size),) if size > 1 else () for kind, size in zip(KINDS, shape[1:], strict=True)]
    return Layout(((), *axes))


def _inferred(index: Tensor, sizes: Sequence[int], grid: bool) -> Layout | None:
    """The layout of a tensor of which it is known which element of (C, H, W) is where; None where none says it."""
    _, height, width = sizes
    where = {"c": index // (height * width), "h": index // width % height, "w": index % width}
    axes: list[tuple[Factor, ...]] = []
    lines: dict[Kind, list[Tensor]] = {kind: [] for kind in KINDS}
    for axis, length in enumerate(index.shape):
        inner: list[tuple[int, Factor]] = []
        for kind in KINDS:
            line = where[kind].movedim(axis, 0).reshape(length, -1)[:, 0]
            line = line - line[0]
            lines[kind].append(line)
            if bool(line.any()):
                inner.append(_part(kind, line))
        parts = tuple(part for _, part in sorted(inner, key=lambda found: -found[0]))
        if math.prod(part.size for part in parts) != length:
            return None  # an axis along which elements repeat
        axes.append(parts)
    for kind in KINDS:
        grown = where[kind].flatten()[0].reshape((1,) * index.ndim)
        for axis, line in enumerate(lines[kind]):
            grown = grown + line.reshape([-1 if axis == other else 1 for other in range(index.ndim)])
        if not torch.equal(grown.expand_as(index), where[kind]):
            return None
    layout = _settled(Layout(tuple(axes), grid=grid))
    if layout is None:
        return None
    # One picture leaves no trace of the batch: (N, B, C) has it at the axis of size 1, (B·G, C/G, H, W) at the first.
    alone = [axis for axis, length in enumerate(index.shape) if length == 1]
    first = not index.ndim or 0 in alone or "c" in layout.at(0) or len(alone) != 1
    return replace(layout, batch=0 if first else alone[0])


def _part(kind: Kind, line: Tensor) -> tuple[int, Factor]:
    """What an axis holds of a kind: after how many elements it steps, and the part; of irregular ones step 0."""
    length = len(line)
    inner = int(line.ne(0).nonzero()[0])
    step = int(line[inner])
    size = length // inner
    for count in range(1, length // inner):
        if int(line[count * inner]) != count * step:
            size = count
            break
    regular = torch.arange(length) // inner % size * step
    if step > 0 and torch.equal(regular, line):
        return inner, Factor(kind, size, step)
    return 1, Factor(kind, length, 0)


def _settled(layout: Layout) -> Layout | None:
    """With steps counted within what is left of each kind; None where the parts of a kind overlap.

    Channels in an order of their own, as after a shuffle, are taken as they stand: theirs is the order of the module
    that works on them. Rows and columns must not be out of order.
    """
    new: dict[Factor, Factor] = {}
    for kind in KINDS:
        parts = sorted((p for axis in layout.axes for p in axis if p.kind == kind), key=lambda part: -part.step)
        if len(parts) == 1 and (kind == "c" or parts[0].step > 0):
            new[parts[0]] = Factor(kind, parts[0].size)
            continue
        if any(part.step == 0 for part in parts):
            return None
        if any(outer.step < inner.step * inner.size for outer, inner in pairwise(parts)):
            return None
        step = 1
        for part in reversed(parts):
            new[part] = Factor(kind, part.size, step)
            step *= part.size
    return replace(layout, axes=tuple(tuple(new[part] for part in axis) for axis in layout.axes))
