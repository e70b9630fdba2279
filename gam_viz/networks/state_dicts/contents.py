"""Where in a file the weights are: training scripts put them among other things, and wrap them in other modules.

What is beside the weights (an optimiser's state, arguments, metrics) is not looked at, and refuses nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from gam_viz.networks.card import CheckpointError
from gam_viz.networks.state_dicts.described import Name, TensorSpec, Unread, short
from gam_viz.networks.state_dicts.pickles import SAVE_INSTEAD
from gam_viz.text.refusal import Phrase

T = TypeVar("T")
MAX_NAME = 200  # letters
MAX_MODULES = 20_000  # of a pickled network; one that holds a module in many places counts it as often
MAX_DEPTH = 40

#: Where training scripts keep the weights, the likeliest first.
WRAPPERS = (
    *("state_dict", "model_state_dict", "model_state", "model", "network", "net", "weights", "params", "module"),
    *("net_state_dict", "network_state_dict", "model_weights", "student"),
)
#: Where they keep averages over the training: taken where the file holds nothing else.
AVERAGES = (
    *("ema", "model_ema", "ema_model", "ema_state_dict", "state_dict_ema", "model_ema_state_dict", "params_ema"),
    *("ema_network", "ema_weights", "swa_model", "swa_state_dict", "teacher", "shadow"),
)
#: What DataParallel, torch.compile, Lightning's and other wrapping modules put before every name.
_PREFIXES = ("module.", "model.", "network.", "net.", "backbone.")
#: What wrappers of torch put anywhere into a name, and no network does.
_INSIDE = re.compile(r"(?<![^.])(?:_orig_mod|_fsdp_wrapped_module|_checkpoint_wrapped_module)\.")
_AVERAGED = "n_averaged"  # of torch.optim.swa_utils.AveragedModel, beside "module."


@dataclass(frozen=True)
class Contents:
    """The weights that a file describes.

    Attributes:
        weights: by name, without what wrappers put before all names.
        taken: where they were: "state_dict", "model.ema" …; empty where the file is the state dict.
        others: where other weights are, as a running average; they are left alone.
    """

    weights: dict[str, TensorSpec]
    taken: str
    others: tuple[str, ...]


def weights_in(content: Any, name: str, key: str | None = None) -> Contents:
    """The weights in what a file describes.

    Args:
        content: as `follow` gives it.
        name: of the file, for messages.
        key: where they are; None for the likeliest place.

    Raises:
        CheckpointError: there are none, some are of a kind that is not read, or two names become one.
    """
    places = _Places().within(content)
    if key is not None and key not in places:
        known = ", ".join(repr(short(place)) for place in list(places)[:8])
        raise CheckpointError("checkpoints.other.no_such_place", name=name, place=repr(short(key)), known=known)
    if not places:
        raise _nothing(content, name)
    taken = _likeliest(places) if key is None else key
    found = places[taken]
    for weight, value in found.items():
        if not weight.isprintable() or len(weight) > MAX_NAME:
            raise CheckpointError("checkpoints.other.weight_name", name=name, weight=short(repr(weight)))
        if isinstance(value, Unread):
            raise CheckpointError("checkpoints.other.tensor_kind", name=name, what=short(value.text))
    specs = unwrapped({weight: value for weight, value in found.items() if isinstance(value, TensorSpec)}, name)
    return Contents(specs, taken, tuple(place for place in places if place != taken))


def unwrapped(weights: Mapping[str, T], name: str) -> dict[str, T]:
    """The weights under the names that the network itself gave them.

    Raises:
        CheckpointError: two of the names become one.
    """
    found = {_INSIDE.sub("", key): value for key, value in weights.items()}
    if len(found) != len(weights):
        raise CheckpointError("checkpoints.other.twice", name=name)
    if _AVERAGED in found and all(key.startswith("module.") for key in found if key != _AVERAGED):
        del found[_AVERAGED]
    while prefix := next((p for p in _PREFIXES if found and all(key.startswith(p) for key in found)), None):
        found = {key.removeprefix(prefix): value for key, value in found.items()}
    return found


Weights = dict[str, TensorSpec | Unread]


class _Places:
    """Finds the weights in what a file describes. Everything is looked at once, wherever else it is named."""

    def __init__(self) -> None:
        self.seen: set[int] = set()
        self.modules = MAX_MODULES

    def within(self, content: Any, at: str = "") -> dict[str, Weights]:
        """All places of a file that hold weights: the file itself, or its entries, or theirs."""
        if id(content) in self.seen or at.count(".") > 2:
            return {}
        self.seen.add(id(content))
        own = self._weights(content)
        below = {
            key: self.within(value, f"{at}.{key}" if at else key)
            for key, value in _entries(content).items()
            if isinstance(key, str) and isinstance(value, Mapping | Unread)
        }
        found = {place: weights for places in below.values() for place, weights in places.items()}
        if own and len(own) >= max(map(len, found.values()), default=0):
            return {at: own}
        parts = {key: places for key, places in below.items() if places}
        if len(parts) > 1 and not parts.keys() & {*WRAPPERS, *AVERAGES}:  # an encoder and a decoder, say
            whole = {f"{key}.{w}": v for key, places in parts.items() for w, v in next(iter(places.values())).items()}
            return {at: whole, **found}
        return found

    def _weights(self, content: Any) -> Weights:
        """What of a mapping, or of a pickled network, are tensors by name; the rest is stepped over."""
        if isinstance(content, Unread) and (state := _attributes(content)):
            return dict(self._of_module(state, ""))
        found = {
            key: value
            for key, value in _entries(content).items()
            if isinstance(key, str) and (isinstance(value, TensorSpec) or _unread_tensor(value))
        }
        # A best score or a learning rate is a tensor without axes.
        return found if any(isinstance(value, TensorSpec) and value.size for value in found.values()) else {}

    def _of_module(self, state: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, TensorSpec | Unread]]:
        """A pickled network's weights, under the names that its state dict gives them."""
        self.modules -= 1
        if self.modules < 0 or prefix.count(".") > MAX_DEPTH or len(prefix) > MAX_NAME:
            return
        buffers = state.get("_buffers")
        for key, value in (*state["_parameters"].items(), *(buffers.items() if isinstance(buffers, Mapping) else ())):
            if isinstance(value, TensorSpec) or _unread_tensor(value):
                yield f"{prefix}{key}", value
        for key, module in state["_modules"].items():
            if isinstance(module, Unread) and (inner := _attributes(module)):
                yield from self._of_module(inner, f"{prefix}{key}.")


def _likeliest(places: Mapping[str, Weights]) -> str:
    def rank(place: str) -> tuple[bool, int, int]:
        steps = place.split(".")
        known = next((WRAPPERS.index(step) for step in steps if step in WRAPPERS), len(WRAPPERS))
        return any(step in AVERAGES for step in steps), known, -len(places[place])

    return min(places, key=rank)


def _entries(content: Any) -> Mapping[Any, Any]:
    return content.items if isinstance(content, Unread) else content if isinstance(content, Mapping) else {}


def _unread_tensor(value: Any) -> bool:
    return isinstance(value, Unread) and value.text.startswith("torch._utils._rebuild")


def _attributes(thing: Unread) -> Mapping[str, Any] | None:
    """What a pickled `nn.Module` holds; None for anything else."""
    state = thing.state
    if isinstance(state, Mapping) and all(isinstance(state.get(key), Mapping) for key in ("_parameters", "_modules")):
        return state
    return None


def _nothing(content: Any, name: str) -> CheckpointError:
    """Why a file holds no weights."""
    if isinstance(content, Unread):
        return CheckpointError("checkpoints.more.pickled", name=name, what=short(content.text), instead=SAVE_INSTEAD)
    if isinstance(content, Mapping) and content:
        key = next(iter(content))
        if isinstance(key, Unread):
            what: object = Phrase("checkpoints.what.keys")
            return CheckpointError("checkpoints.more.pickled", name=name, what=what, instead=SAVE_INSTEAD)
        return CheckpointError("checkpoints.more.not_a_tensor", name=name, what=short(repr(key)), instead=SAVE_INSTEAD)
    what = short(type(content).__name__) if content else Phrase("checkpoints.nothing")
    if isinstance(content, Name | TensorSpec):
        what = "Tensor" if isinstance(content, TensorSpec) else short(content.text)
    return CheckpointError("checkpoints.more.no_state_dict", name=name, what=what, instead=SAVE_INSTEAD)
