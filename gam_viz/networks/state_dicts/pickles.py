"""Reading the pickle in a `.pth` file without running it.

A pickle is a program. Python's unpickler calls what the program names, and torch's `weights_only` reader still lets it
build tensors and byte arrays of any size. Here the program is only followed: some thirty instructions that `torch.save`
writes are understood, and what they build are dicts, lists, numbers, text and *descriptions* of tensors. No name from
the file is ever looked up, and no instruction asks for more memory than the file has bytes.
"""

from __future__ import annotations

import io
import pickletools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from gam_viz.networks.card import CheckpointError
from gam_viz.text.refusal import Phrase

MAX_INSTRUCTIONS = 400_000  # ResNet-50 with its optimiser's state has some 60,000
SAVE_INSTEAD = Phrase("checkpoints.instead")


@dataclass(frozen=True)
class Storage:
    """A run of numbers in the file: its key, their type and how many the pickle says there are."""

    key: str
    dtype: torch.dtype
    count: int


@dataclass(frozen=True)
class TensorSpec:
    """A tensor as the pickle describes it: a view on a storage, in numbers, not bytes."""

    storage: Storage
    offset: int
    size: tuple[int, ...]
    stride: tuple[int, ...]


@dataclass(frozen=True)
class _Name:
    """A class or function that the pickle names."""

    text: str


_MARK = object()
_ORDERED_DICT = "collections.OrderedDict"
_DTYPES = {
    "torch.FloatStorage": torch.float32,
    "torch.DoubleStorage": torch.float64,
    "torch.HalfStorage": torch.float16,
    "torch.BFloat16Storage": torch.bfloat16,
    "torch.LongStorage": torch.int64,
    "torch.IntStorage": torch.int32,
    "torch.ShortStorage": torch.int16,
    "torch.CharStorage": torch.int8,
    "torch.ByteStorage": torch.uint8,
}
_CALLED = {
    _ORDERED_DICT,
    "torch.Size",
    "torch._utils._rebuild_tensor",
    "torch._utils._rebuild_tensor_v2",
    "torch._utils._rebuild_parameter",
}


def follow(file: io.BytesIO, name: str) -> tuple[Any, list[Storage]]:
    """What the next pickle in `file` describes, and all storages it names; the file is left behind it.

    Args:
        file: in memory, so that no instruction can ask for more than there is.
        name: of the file, for messages.

    Raises:
        CheckpointError: damaged, too long, or it holds anything but plain values and tensors.
    """
    reader = _Reader(name)
    try:
        for count, (opcode, argument, _) in enumerate(pickletools.genops(file)):
            if count > MAX_INSTRUCTIONS:
                raise CheckpointError("checkpoints.other.instructions", name=name, most=MAX_INSTRUCTIONS)
            if opcode.name == "STOP":
                break
            reader.step(opcode.name, argument)
        (value,) = reader.stack
    except (ValueError, LookupError, TypeError, OverflowError) as error:
        if isinstance(error, CheckpointError):
            raise
        raise CheckpointError("checkpoints.damaged.pickle", name=name) from error
    return value, reader.storages


class _Reader:
    def __init__(self, name: str) -> None:
        self.name = name
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}
        self.storages: list[Storage] = []

    def step(self, opcode: str, argument: Any) -> None:
        if opcode in _PUSHED:
            self.stack.append(argument)
        elif opcode in _CONSTANTS:
            self.stack.append(_CONSTANTS[opcode]())
        elif opcode in ("BINPUT", "LONG_BINPUT"):
            self.memo[argument] = self.stack[-1]
        elif opcode in ("BINGET", "LONG_BINGET"):
            self.stack.append(self.memo[argument])
        elif opcode in _TUPLES:
            count = _TUPLES[opcode]
            if len(self.stack) < count:
                raise ValueError("too few values")
            self.stack[-count:] = [tuple(self.stack[-count:])]
        elif opcode == "TUPLE":
            self.stack.append(tuple(self._marked()))
        elif opcode == "GLOBAL":
            self.stack.append(self._name(argument))
        elif opcode == "BINPERSID":
            self.stack.append(self._storage(self.stack.pop()))
        elif opcode == "REDUCE":
            arguments = self.stack.pop()
            self.stack.append(self._called(self.stack.pop(), arguments))
        elif opcode == "BUILD":
            self.stack.pop()  # an ordered dict's attributes: a state dict's version numbers
        elif opcode in ("APPEND", "APPENDS"):
            items = self._marked() if opcode == "APPENDS" else [self.stack.pop()]
            self._container(list).extend(items)
        elif opcode in ("SETITEM", "SETITEMS"):
            items = self._marked() if opcode == "SETITEMS" else [self.stack.pop() for _ in range(2)][::-1]
            if len(items) % 2 or not all(isinstance(key, str | int) for key in items[::2]):
                raise self._refusal(Phrase("checkpoints.what.keys"))
            self._container(dict).update(zip(items[::2], items[1::2], strict=True))
        elif opcode == "PROTO":
            if argument != 2:
                raise CheckpointError("checkpoints.other.protocol", name=self.name, protocol=argument)
        else:
            raise self._refusal(Phrase("checkpoints.what.instruction", {"name": opcode}))

    def _marked(self) -> list[Any]:
        """Everything above the topmost mark, which goes too."""
        for place in range(len(self.stack) - 1, -1, -1):
            if self.stack[place] is _MARK:
                items = self.stack[place + 1 :]
                del self.stack[place:]
                return items
        raise ValueError("no mark")

    def _container(self, kind: type) -> Any:
        if type(self.stack[-1]) is not kind:
            raise ValueError("not a container")
        return self.stack[-1]

    def _name(self, argument: str) -> _Name:
        text = argument.replace(" ", ".", 1)
        if text.startswith("torch.") and text not in _CALLED | _DTYPES.keys() and not text.startswith("torch.nn."):
            raise CheckpointError("checkpoints.other.tensor_kind", name=self.name, what=short(text))
        if text not in _CALLED and text not in _DTYPES:
            raise self._refusal(short(text))
        return _Name(text)

    def _storage(self, identity: Any) -> Storage:
        # ("storage", type, key, device it was on, count), and in the old format whether it is a part of another.
        if not isinstance(identity, tuple) or len(identity) not in (5, 6) or identity[0] != "storage":
            raise self._refusal(Phrase("checkpoints.what.module"))
        _, kind, key, _, count, *view = identity
        if not isinstance(kind, _Name) or kind.text not in _DTYPES or view not in ([], [None]):
            raise self._refusal(Phrase("checkpoints.what.numbers"))
        if type(key) is not str or type(count) is not int or count < 0:
            raise ValueError("not a storage")
        self.storages.append(Storage(key, _DTYPES[kind.text], count))
        return self.storages[-1]

    def _called(self, function: Any, arguments: Any) -> Any:
        if not isinstance(function, _Name) or type(arguments) is not tuple:
            raise ValueError("not a call")
        if function.text == _ORDERED_DICT and arguments == ():
            return {}
        if function.text == "torch.Size" and len(arguments) == 1 and type(arguments[0]) is tuple:
            return arguments[0]
        if function.text == "torch._utils._rebuild_parameter" and isinstance(arguments[0], TensorSpec):
            return arguments[0]
        if function.text.startswith("torch._utils._rebuild_tensor") and len(arguments) >= 4:
            storage, offset, size, stride = arguments[:4]
            if isinstance(storage, Storage) and _natural(offset) and _naturals(size) and _naturals(stride):
                return TensorSpec(storage, offset, size, stride)
        raise self._refusal(Phrase("checkpoints.what.call", {"name": function.text}))

    def _refusal(self, what: Phrase | str) -> CheckpointError:
        return CheckpointError("checkpoints.more.pickled", name=self.name, what=what, instead=SAVE_INSTEAD)


def short(text: str) -> str:
    """A name from a file, no longer than a sentence bears."""
    return text[:80]


def _natural(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**62


def _naturals(values: Any) -> bool:
    return type(values) is tuple and len(values) <= 8 and all(_natural(value) for value in values)


_PUSHED = {"BINUNICODE", "BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT"}
_TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
_CONSTANTS: dict[str, Callable[[], Any]] = {
    "EMPTY_DICT": dict,
    "EMPTY_LIST": list,
    "EMPTY_TUPLE": tuple,
    "MARK": lambda: _MARK,
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
}
