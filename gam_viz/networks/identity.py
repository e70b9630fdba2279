"""What a network *is*, as one value: two of them are equal only where the network computes the same.

Writing through `.data` or through a NumPy array that shares the memory moves no version counter, a swapped ReLU has no
weights, and `bn.eps` is a plain number: so all that a deep copy would take along is read. That is the bytes of every
parameter and buffer, each module's type and settings, its hooks and its parametrizations.

Measured on one busy core, GAM at width 32 (7 MB), at width 64 (28 MB) and a ResNet-50 (102 MB): 22, 50 and 146 ms,
beside 98, 264 and 288 ms for preparing the copy anew, and 39 (32 px), 83 (32 px) and 307 ms (224 px) for a forward
pass. BLAKE2b takes twice as long as SHA-256 there. What is not read is what a copy shares with its original anyway: the
code of classes and functions.
"""

from __future__ import annotations

import hashlib
import logging
import types
import weakref
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn

from gam_viz.runtime.device import carried

_PLAIN = frozenset(
    {
        *(type(None), bool, int, str, bytes, complex, range, type(...)),
        *(torch.dtype, torch.device, torch.layout, torch.memory_format),
    }
)
#: Copies share these with their original, so that a change to one is no change between the two.
_SHARED = (type, types.FunctionType, types.BuiltinFunctionType, types.ModuleType, logging.Logger, weakref.ref)


class _Same:
    """Equal to another as long as both stand for one living object. Holds it weakly: a hook may hold the network."""

    def __init__(self, value: object) -> None:
        try:
            self._get = weakref.ref(value)
        except TypeError:
            self._get = lambda: value  # type: ignore[assignment]
        self._hash = id(value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and (mine := self._get()) is not None and mine is other._get()

    def __hash__(self) -> int:
        return self._hash


_UNCHANGING: weakref.WeakSet[nn.Module] = weakref.WeakSet()


def promise_unchanged(network: nn.Module) -> nn.Module:
    """The caller's word that nothing about a network will change, so that nothing of it is read again. Returns it."""
    _UNCHANGING.add(network)
    return network


def identity_of(network: nn.Module) -> object:
    """A hashable value, equal to that of another moment if nothing changed that the network's answers come from."""
    if network in _UNCHANGING:
        return _Same(network)
    with torch.no_grad():
        return _Reader(network).read(network)


class _Reader:
    """Reads an object whose parts may refer to each other: what came before is named by its number."""

    def __init__(self, network: nn.Module) -> None:
        self._seen: dict[int, int] = {}
        weights = [*network.parameters(), *network.buffers()]
        plain = [w for w in weights if w.layout is torch.strided and not w.is_quantized and w.device.type != "meta"]
        self._here = dict(zip(map(id, plain), carried(plain, "cpu"), strict=True))
        self._kept: list[object] = []  # or another object could come to have the same id

    def read(self, value: object) -> object:
        if type(value) in _PLAIN:
            return type(value), value  # 1, 1.0 and True are equal
        if isinstance(value, float):
            return "float", repr(value)  # NaN equals itself, and -0.0 is not 0.0
        if isinstance(value, _SHARED):
            return _Same(value)
        if id(value) in self._seen:
            return "again", self._seen[id(value)]
        self._seen[id(value)] = len(self._seen)
        self._kept.append(value)
        return type(value), self._parts(value)

    def _parts(self, value: object) -> object:
        match value:
            case Tensor():
                return _of_tensor(value, self._here.get(id(value), value))
            case np.ndarray() if value.dtype != object:
                return value.dtype.str, value.shape, hashlib.sha256(np.ascontiguousarray(value).data).digest()
            case np.ndarray() | list() | tuple():
                return tuple(self.read(item) for item in value)
            case set() | frozenset():
                return frozenset(self.read(item) for item in value)
            case dict():
                return tuple((self.read(key), self.read(item)) for key, item in value.items())
            case nn.Module():
                # Most of a module's own tables (hooks of eight kinds, children) are empty.
                held = ((name, part) for name, part in vars(value).items() if not (isinstance(part, dict) and not part))
                return tuple((name, self.read(part)) for name, part in held)
            case types.MethodType():
                return _Same(value.__func__), self.read(value.__self__)
            case partial():
                return self.read(value.func), self.read(value.args), self.read(value.keywords)
        try:
            reduced = value.__reduce_ex__(4)  # what copy.deepcopy copies
        except (TypeError, AttributeError):  # what cannot be copied, such as a lock
            return _Same(value)
        if isinstance(reduced, str):  # the name of something that copies share
            return _Same(value)
        made, given, *state = reduced
        # The third and fourth parts of the state are iterators over what a list or a dict of its own kind holds.
        items = [list(part) if index in (1, 2) and part is not None else part for index, part in enumerate(state)]
        return self.read(made), self.read(given), self.read(items)


def _of_tensor(
    tensor: Tensor, here: Tensor
) -> tuple[object, ...]:  # `here`: its values, on the CPU if they were copied
    described = tensor.dtype, tuple(tensor.shape), tensor.device
    if tensor.device.type == "meta":
        return described
    dense = here.detach() if here.layout is torch.strided else here.detach().to_dense()
    if dense.is_quantized:
        dense = dense.int_repr()
    flat = dense.resolve_conj().resolve_neg().cpu().contiguous().reshape(-1)
    return *described, hashlib.sha256(flat.view(torch.uint8).numpy().data).digest()
