"""A device that is not the CPU, for tests on machines without a GPU: `torch.device("standin")`.

Its tensors keep their numbers in ordinary tensors, and the CPU's kernels compute with them: what is computed there must
equal what the CPU gives. What a GPU forbids is an error here, too: tensors of two devices together (single numbers
aside), and asking for NumPy. Whatever makes a program wait for a GPU is counted (`Waits`): copies from the device, and
results whose shape depends on values.

It is a tensor subclass, so that autograd, views and inference mode are PyTorch's own; the key PrivateUse1, kept by
PyTorch for devices of others, gives it a name, a place for autograd's threads, and functions that make tensors there.
"""

from __future__ import annotations

import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.utils import _pytree
from torch.utils._python_dispatch import return_and_correct_aliasing
from torch.utils.backend_registration import _setup_privateuseone_for_python_backend

NAME = "standin"
ROOT = Path(__file__).resolve().parents[1]
aten = torch.ops.aten

#: A GPU hands out the shape of these only after it has computed: one of them waits like a copy.
SHAPED_BY_VALUES = {"nonzero", "masked_select", "_unique2", "unique_dim", "unique_consecutive", "equal", "bincount"}


class Waits:
    """What was copied, by the line of this project that asked for it.

    Attributes:
        back: copies from the device, and other results that a program has to wait for.
        there: copies to the device, those aside that need not wait (`non_blocking`).
    """

    def __init__(self) -> None:
        self.back: Counter[str] = Counter()
        self.there: Counter[str] = Counter()


class _Module:
    """What PyTorch asks of `torch.standin`."""

    def is_available(self) -> bool:
        return False  # to nobody who does not ask for it by name: `DataParallel` takes whatever device there is

    def device_count(self) -> int:
        return 1

    def current_device(self) -> int:
        return 0

    def synchronize(self, device: Any = None) -> None:
        pass

    def get_amp_supported_dtype(self) -> list[torch.dtype]:
        return [torch.bfloat16, torch.float16]

    def _is_in_bad_fork(self) -> bool:
        return False

    def manual_seed_all(self, seed: int) -> None:
        pass

    def get_rng_state(self, device: Any = None) -> Tensor:
        return torch.get_rng_state()

    def set_rng_state(self, state: Tensor, device: Any = None) -> None:
        torch.set_rng_state(state)


class There(Tensor):
    """A tensor on the device; `numbers` are its values, an ordinary tensor of the same shape and strides."""

    numbers: Tensor
    __torch_function__ = torch._C._disabled_torch_function_impl

    @staticmethod
    def __new__(cls, numbers: Tensor) -> There:
        made: There = Tensor._make_wrapper_subclass(
            cls,
            numbers.shape,
            strides=numbers.stride(),
            storage_offset=numbers.storage_offset(),
            dtype=numbers.dtype,
            device=torch.device(NAME, 0),
        )
        made.numbers = numbers
        return made

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _compute(func, args, kwargs or {})

    @property
    def data(self) -> There:  # type: ignore[override]
        return self.detach()  # type: ignore[return-value]

    @data.setter
    def data(self, other: There) -> None:
        self.numbers = other.numbers
        Tensor.data.__set__(self, other)  # type: ignore[attr-defined]

    def tolist(self) -> Any:
        return self.cpu().tolist()

    def numpy(self, **_: Any) -> Any:
        raise TypeError(f"can't convert {NAME}:0 device type tensor to numpy. Use Tensor.cpu() first")

    def __repr__(self, **_: Any) -> str:
        return f"There({self.numbers!r})"

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        if id(self) not in memo:
            copied: Tensor = There(self.numbers.detach().clone())
            if isinstance(self, torch.nn.Parameter):
                copied = torch.nn.Parameter(copied, self.requires_grad)
            memo[id(self)] = copied.requires_grad_(self.requires_grad)
        return memo[id(self)]

    def __reduce_ex__(self, protocol: Any) -> Any:
        made = (self.cpu(), self.dtype, str(self.device), self.requires_grad)
        return torch._utils._rebuild_device_tensor_from_cpu_tensor, made


_open: list[Waits] = []  # of every thread: the app computes in threads of its own
_lock = threading.Lock()
_room: int | None = None  # pictures that a convolution has memory for


@contextmanager
def waits() -> Iterator[Waits]:
    """Count what the block waits for."""
    counted = Waits()
    _open.append(counted)
    try:
        yield counted
    finally:
        _open.remove(counted)


@contextmanager
def room_for(pictures: int) -> Iterator[None]:
    """Let memory suffice for convolutions of so many pictures at once."""
    global _room
    _room = pictures
    try:
        yield
    finally:
        _room = None


def _count(back: bool) -> None:
    if _open:
        where = _asker()
        with _lock:
            for counted in _open:
                (counted.back if back else counted.there)[where] += 1


def _asker() -> str:
    frame = sys._getframe(1)
    while frame is not None:
        path = frame.f_code.co_filename
        if path.startswith(str(ROOT / "gam_viz")):
            return f"{Path(path).relative_to(ROOT)}:{frame.f_lineno}"
        frame = frame.f_back  # type: ignore[assignment]
    return "elsewhere"


def _is_there(value: Any) -> bool:
    return isinstance(value, There)


def _numbers(value: Any) -> Any:
    return value.numbers if _is_there(value) else torch.device("cpu") if _names_it(value) else value


def _names_it(value: Any) -> bool:
    return isinstance(value, torch.device) and value.type == NAME


def _wrapped(value: Any) -> Any:
    return There(value) if isinstance(value, Tensor) and not _is_there(value) else value


@cache
def _traits(func: Any) -> tuple[bool, bool, bool]:
    """Whether a function is composed of others, writes to what it was given, hands out a view of it."""
    composed = torch._C._dispatch_has_kernel_for_dispatch_key(func.name(), "CompositeImplicitAutograd")
    writes = func._schema.is_mutable
    return composed, writes, not writes and any(each.alias_info for each in func._schema.returns)


def _compute(func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    composed, writes, views = _traits(func)
    if composed:
        return func.decompose(*args, **kwargs)  # in inference mode functions come here that are others', composed
    packet = func.overloadpacket
    name = packet.__name__
    if packet is aten._to_copy or packet is aten.copy_:
        return _copy(func, args, kwargs)
    if packet is aten.convolution and _room is not None and args[0].shape[0] > _room:
        raise torch.OutOfMemoryError(f"{NAME} out of memory")
    if packet is aten._local_scalar_dense or name in SHAPED_BY_VALUES:
        _count(back=True)
    given = (each if isinstance(each, (list, tuple)) else (each,) for each in (*args, *kwargs.values()))
    near = [leaf for leaves in given for leaf in leaves if isinstance(leaf, Tensor) and not _is_there(leaf)]
    if packet in (aten.index, aten.index_put_, aten.index_put, aten._index_put_impl_):
        for index in args[1]:
            if index is not None and not _is_there(index):
                _count(back=False)
            elif index is not None and index.dtype in (torch.bool, torch.uint8):
                _count(back=True)
    elif any(tensor.ndim for tensor in near):
        raise RuntimeError(f"Expected all tensors to be on the same device, but found {NAME}:0 and cpu ({func})")
    plain = [_pytree.tree_map(_numbers, each) if isinstance(each, (list, tuple)) else _numbers(each) for each in args]
    named = {key: _numbers(each) for key, each in kwargs.items()}
    out = func(*plain, **named)
    # Even in inference mode, a view of an ordinary tensor is an ordinary tensor.
    with torch.inference_mode(args[0].is_inference()) if views else nullcontext():
        if isinstance(out, Tensor):
            out = There(out) if not _is_there(out) else out
        elif isinstance(out, (tuple, list)):
            out = type(out)(_pytree.tree_map(_wrapped, each) for each in out)
    return return_and_correct_aliasing(func, args, kwargs, out) if writes else out


def _copy(func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    if func.overloadpacket is aten.copy_:
        to, source, *free = args
        if _is_there(to) != _is_there(source) and not (_is_there(to) and True in (*free, kwargs.get("non_blocking"))):
            _count(back=_is_there(source))
        _numbers(to).copy_(_numbers(source))
        return to
    device = kwargs.get("device")
    to_there = args[0].device.type == NAME if device is None else _names_it(device)
    if not to_there:
        _count(back=True)
    copied = func(args[0].numbers, *args[1:], **{**kwargs, "device": torch.device("cpu")})
    return There(copied) if to_there else copied


def _made(func: Any, *args: Any, **kwargs: Any) -> Any:
    """A tensor made there from nothing; what the key PrivateUse1 comes to in the end."""
    plain = {key: _numbers(value) for key, value in kwargs.items() if key != "pin_memory"}
    return _pytree.tree_map(_wrapped, func(*args, **plain))


def _copied_from(source: Tensor, to: Tensor, non_blocking: bool = False) -> Tensor:
    """What `torch.tensor(…, device=…)` ends in: there, PyTorch looks past subclasses."""
    _compute(aten.copy_.default, (to, source, non_blocking), {})
    return to


_setup_privateuseone_for_python_backend(NAME, _Module())
_anything = torch.library.Library("_", "IMPL")
_anything.fallback(_made, "PrivateUse1")
_anything.fallback(torch.library.fallthrough_kernel, "AutocastPrivateUse1")  # mixed precision changes nothing there
_aten = torch.library.Library("aten", "IMPL")
_aten.impl("_copy_from", _copied_from, "PrivateUse1")
