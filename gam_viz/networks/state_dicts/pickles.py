"""Reading the pickle in a `.pth` file without running it.

A pickle is a program. Python's unpickler calls what the program names, and torch's `weights_only` reader still lets it
build tensors and byte arrays of any size. Here the program is only followed: the instructions that `torch.save` writes
are understood, and what they build are dicts, lists, numbers, text and *descriptions*: of tensors, and of every other
object, which is noted with its class's name and what was put into it. No name from the file is ever looked up, and no
instruction asks for more memory than the file has bytes.

So what training scripts leave beside the weights (arguments, NumPy's numbers, paths, callbacks) is stepped over. Only
what would start a program in whoever opened the file with Python is refused, as a warning.
"""

from __future__ import annotations

import io
import pickletools
from collections.abc import Callable
from typing import Any

import torch

from gam_viz.networks.card import CheckpointError
from gam_viz.networks.state_dicts.described import Name, Storage, TensorSpec, Unread, short
from gam_viz.text.refusal import Phrase

MAX_INSTRUCTIONS = 1_000_000  # ResNet-50 with its optimiser's state has some 60,000; losses of each step are more
MAX_BITS = 256  # of a whole number
SAVE_INSTEAD = Phrase("checkpoints.instead")


_MARK = object()
_ORDERED_DICT = "collections.OrderedDict"
_REBUILDS = ("torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2")
_PARAMETERS = ("torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state")
_SUBCLASS = "torch._tensor._rebuild_from_type_v2"
#: Modules of Python's that start programs or run text; no training script puts a call of theirs into a file.
_PROGRAMS = ("os", "posix", "nt", "subprocess", "pty", "runpy", "commands", "webbrowser", "ctypes", "socket")
_RUNNERS = {f"{module}.{name}" for module in ("builtins", "__builtin__") for name in ("eval", "exec", "execfile")}
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
    "torch.BoolStorage": torch.bool,
    "torch.ComplexFloatStorage": torch.complex64,
    "torch.ComplexDoubleStorage": torch.complex128,
}


def follow(file: io.BytesIO, name: str) -> tuple[Any, list[Storage]]:
    """What the next pickle in `file` describes, and all storages it names; the file is left behind it.

    Args:
        file: in memory, so that no instruction can ask for more than there is.
        name: of the file, for messages.

    Raises:
        CheckpointError: damaged, too long, or it would start a program.
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
            whole = isinstance(argument, int) and argument.bit_length() > MAX_BITS
            self.stack.append(Unread("int") if whole else argument)
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
            self.stack.append(Name(argument.replace(" ", ".", 1)))
        elif opcode == "BINPERSID":
            self.stack.append(self._persistent(self.stack.pop()))
        elif opcode in ("REDUCE", "NEWOBJ"):
            arguments = self.stack.pop()
            self.stack.append(self._called(self.stack.pop(), arguments))
        elif opcode == "BUILD":
            state = self.stack.pop()
            if isinstance(self.stack[-1], Unread):  # an ordered dict's attributes are a state dict's version numbers
                self.stack[-1].state = state
        elif opcode in ("APPEND", "APPENDS"):
            items = self._marked() if opcode == "APPENDS" else [self.stack.pop()]
            if not isinstance(self.stack[-1], Unread):
                self._container(list).extend(items)
        elif opcode in ("SETITEM", "SETITEMS"):
            items = self._marked() if opcode == "SETITEMS" else [self.stack.pop() for _ in range(2)][::-1]
            into = self.stack[-1]
            _set(into.items if isinstance(into, Unread) else self._container(dict), items)
        elif opcode == "POP":
            self.stack.pop()
        elif opcode == "POP_MARK":
            self._marked()
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

    def _persistent(self, identity: Any) -> Any:
        # ("storage", type, key, device it was on, count), and in the old format whether it is a part of another; there
        # a whole network's class comes with its source, too: ("module", class, file, text).
        if not isinstance(identity, tuple) or not identity:
            raise ValueError("not a storage")
        if identity[0] == "module" and len(identity) > 1 and isinstance(identity[1], Name):
            return identity[1]
        if identity[0] != "storage" or len(identity) not in (5, 6):
            raise ValueError("not a storage")
        _, kind, key, _, count, *view = identity
        if not isinstance(kind, Name) or type(key) is not str or type(count) is not int or count < 0:
            raise ValueError("not a storage")
        if kind.text not in _DTYPES or view not in ([], [None]):
            return Unread(kind.text)
        self.storages.append(Storage(key, _DTYPES[kind.text], count))
        return self.storages[-1]

    def _called(self, function: Any, arguments: Any) -> Any:
        text = function.text if isinstance(function, Name | Unread) else type(function).__name__
        if type(arguments) is not tuple:
            raise ValueError("not a call")
        if text.partition(".")[0] in _PROGRAMS or text in _RUNNERS:
            raise self._refusal(short(text))
        if text == _ORDERED_DICT:
            return self._ordered(*arguments)
        if text == "torch.Size" and len(arguments) == 1 and type(arguments[0]) is tuple:
            return arguments[0]
        if text in _PARAMETERS and arguments and isinstance(arguments[0], TensorSpec):
            return arguments[0]
        if text == _SUBCLASS and len(arguments) >= 3 and isinstance(arguments[0], Name) and arguments[0].text != text:
            return self._called(arguments[0], arguments[2])
        if text in _REBUILDS and not (arguments and isinstance(arguments[0], Unread)):
            return self._tensor(text, *arguments[:4])
        return Unread(text)

    def _tensor(self, text: str, storage: Any = None, offset: Any = 0, size: Any = (), stride: Any = ()) -> TensorSpec:
        if isinstance(storage, Storage) and _natural(offset) and _naturals(size) and _naturals(stride):
            return TensorSpec(storage, offset, size, stride)
        raise self._refusal(Phrase("checkpoints.what.call", {"name": text}))

    def _ordered(self, pairs: Any = ()) -> dict[Any, Any]:
        """An ordered dict; Python 2 wrote what it holds as pairs."""
        if not isinstance(pairs, list | tuple) or not all(isinstance(p, list | tuple) and len(p) == 2 for p in pairs):
            raise ValueError("not pairs")
        made: dict[Any, Any] = {}
        _set(made, [part for pair in pairs for part in pair])
        return made

    def _refusal(self, what: Phrase | str) -> CheckpointError:
        return CheckpointError("checkpoints.more.pickled", name=self.name, what=what, instead=SAVE_INSTEAD)


def _set(into: dict[Any, Any], items: list[Any]) -> None:
    """Put keys and values, in turn, into a dict."""
    if len(items) % 2:
        raise ValueError("a key without a value")
    for key, value in zip(items[::2], items[1::2], strict=True):
        # Any other key may be a tuple of tuples of tuples, whose hash takes for ever.
        into[key if type(key) in (str, int) else Unread(type(key).__name__)] = value


def _natural(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**62


def _naturals(values: Any) -> bool:
    return type(values) is tuple and len(values) <= 8 and all(_natural(value) for value in values)


_PUSHED = {
    *("BINUNICODE", "BININT", "BININT1", "BININT2", "LONG1", "LONG4", "BINFLOAT"),
    *("BINSTRING", "SHORT_BINSTRING"),  # of Python 2
}
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
