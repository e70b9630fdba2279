"""A ledger of what runs inside it: multiply-adds, and bytes of tensors that are alive at once.

It sees every operation below autograd, so it works alike on tensors with values and on the meta device, where tensors
have shapes and no memory: counting a network of 500 million parameters there takes a fraction of a second and
allocates nothing. It belongs to the thread that entered it, and touches no module.
"""

from __future__ import annotations

import weakref
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor
from torch.utils.flop_counter import flop_registry

from gam_viz.runtime.dispatch import Watching


class Shapes(Watching):
    """Operations on tensors without values take what is needed to say which shapes they make; others run as ever."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        shape_alone = None if kwargs else _SHAPE_ALONE.get(func)
        made = shape_alone(*args) if shape_alone is not None and _is_meta(args[0]) else None
        return func(*args, **(kwargs or {})) if made is None else made


class Ledger(Shapes):
    """Counts while it is entered: `with Ledger(owned, given) as ledger: network(picture)`.

    A tensor counts with the whole storage that it keeps alive, once however many views of it there are, from the
    operation that makes it until the last reference to it is gone.

    Args:
        owned: tensors that are not activations (weights, statistics); they and their views are not counted.
        given: activations that are there before anything runs, such as the picture.

    Attributes:
        at: the part that runs now, in the caller's words; what follows is written down under it.
        flops: by part, as torch counts them (two for a multiply-add; convolutions and matrix products only).
        live, peak: bytes of activations alive now, and the most there were at once.
        peak_at: the part in which that was.
    """

    def __init__(self, owned: Iterable[Tensor], given: Iterable[Tensor] = ()) -> None:
        super().__init__()
        self.at = ""
        self.flops: Counter[str] = Counter()
        self.live = self.peak = 0
        self.peak_at = ""
        # Held, so that their identities stay theirs.
        self._owned = {id(storage): storage for storage in (tensor.untyped_storage() for tensor in owned)}
        self._counted: dict[int, weakref.ref[torch.UntypedStorage]] = {}
        for tensor in given:
            self._see(tensor)

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        made = super().__torch_dispatch__(func, types, args, kwargs)
        if (flops := flop_registry.get(func._overloadpacket)) is not None:
            self.flops[self.at] += flops(*args, **kwargs, out_val=made)
        for tensor in made if isinstance(made, tuple | list) else (made,):
            if isinstance(tensor, Tensor):
                self._see(tensor)
        return made

    def _see(self, tensor: Tensor) -> None:
        storage = tensor.untyped_storage()
        name, size = id(storage), storage.nbytes()
        if name in self._owned or name in self._counted:
            return

        def gone(_: object) -> None:
            self.live -= size
            del self._counted[name]

        self._counted[name] = weakref.ref(storage, gone)
        self.live += size
        if self.live > self.peak:
            self.peak, self.peak_at = self.live, self.at


def _is_meta(given: Any) -> bool:
    """Without values, and in the order of its shape."""
    return isinstance(given, Tensor) and given.device.type == "meta" and given.is_contiguous()


def _same(x: Tensor) -> Tensor:
    return x.new_empty(x.shape)


def _batch_norm(x: Tensor, *rest: Any) -> tuple[Tensor, Tensor, Tensor]:
    """In eval mode without statistics, as the real kernel makes it; torch's meta kernel claims memory for them."""
    size = x.shape[1] if rest[4] else 0  # in training mode
    return _same(x), x.new_empty(size), x.new_empty(size)


def _pairwise(x: Tensor, y: Any) -> Tensor | None:
    if not isinstance(y, Tensor):
        return _same(x) if x.is_floating_point() else None
    if not _is_meta(y) or x.dtype != y.dtype or x.ndim != y.ndim:
        return None
    if any(a != b and 1 not in (a, b) for a, b in zip(x.shape, y.shape, strict=True)):
        return None
    return x.new_empty([b if a == 1 else a for a, b in zip(x.shape, y.shape, strict=True)])


def _product(bias: Tensor, x: Tensor, y: Tensor) -> Tensor | None:
    """Of two matrices, with a vector added."""
    return bias.new_empty(x.shape[0], y.shape[1]) if x.shape[1] == y.shape[0] else None


def _convolution(x: Tensor, weight: Tensor, bias: Any, *how: Any) -> Tensor | None:
    stride, padding, dilation, transposed, _, groups = how
    if transposed or x.ndim != 4 or x.shape[1] != weight.shape[1] * groups:
        return None
    sides = [
        (side + 2 * p - d * (kernel - 1) - 1) // s + 1
        for side, kernel, s, p, d in zip(x.shape[2:], weight.shape[2:], stride, padding, dilation, strict=True)
    ]
    return x.new_empty(x.shape[0], weight.shape[0], *sides) if min(sides) > 0 else None


#: What operations make of tensors without values, where torch's own way to say so takes many times as long. `None`
#: leaves it to torch: a case that is not thought of here, or one that it refuses.
_SHAPE_ALONE: dict[Any, Callable[..., Any]] = {
    torch.ops.aten.native_batch_norm.default: _batch_norm,
    torch.ops.aten.convolution.default: _convolution,
    torch.ops.aten.addmm.default: _product,
    torch.ops.aten.add.Tensor: _pairwise,
    torch.ops.aten.mul.Tensor: _pairwise,
    torch.ops.aten.relu.default: _same,
    torch.ops.aten.sigmoid.default: _same,
}
