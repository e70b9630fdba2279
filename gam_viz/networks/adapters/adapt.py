"""Making a foreign network show its gates."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from gam_viz.attention import SIGMOID, Branch, Gate, watch
from gam_viz.networks.adapters.network import Adaption, ForeignNetwork, GatePlace, mark
from gam_viz.networks.adapters.scores import scores_of
from gam_viz.networks.adapters.trace import Found, Traced, trace
from gam_viz.networks.card import OutputKind

_ITERATED = (nn.Sequential, nn.ModuleList, nn.ModuleDict)  # these run or list whatever they hold


def adapt(
    network: nn.Module,
    example: Tensor,
    output: Callable[[Any], Any] | None = None,
    *,
    kind: OutputKind | None = None,
    classes: int | None = None,
) -> ForeignNetwork:
    """A copy of `network`, of any library, whose gates are shown to this project's watchers.

    `read_gates`, `record_gates`, `replace_gates` and attributions work on it as on this project's networks. Gates are
    found by running the example once in eval mode; see `trace` for what counts as one. The copy has the network's
    class, attributes, names and weights; to every module that multiplies by a gate it adds a `Gate` without weights,
    "channel_gate" or "spatial_gate". The network given is left as it is.

    Args:
        network: any module whose forward takes a picture; in train or eval mode, which the copy keeps.
        example: (1, C, H, W), on the network's device; large enough that layers have more than one position.
        output: from what the network returns to scores (B, K), or to one of the outputs that `scores` knows. Without it
            they are looked for; where they are in doubt gates can be read all the same, and `explain` says what to
            write.
        kind: what the output is; told by its shape where it is (B, K, H, W) or torchvision's detections.
        classes: how many there are; only detections need it.

    Raises:
        ValueError: `output` does not lead to scores, or the network cannot be copied or run, is scripted, is adapted
            already, or computes something else once it is adapted (its forward pass then depends on more than its
            input).
    """
    if any(isinstance(module, ForeignNetwork) for module in network.modules()):
        raise ValueError("this network is adapted already")
    if isinstance(network, torch.jit.ScriptModule):
        raise ValueError("a scripted network hides its multiplications; adapt the module it was made from")
    if not isinstance(example, Tensor) or example.ndim != 4:
        given = tuple(example.shape) if isinstance(example, Tensor) else type(example).__name__
        raise ValueError(f"the example is a normalised picture, (1, C, H, W); got {given}")
    try:
        adapted = copy.deepcopy(network)
    except (RuntimeError, TypeError, AttributeError) as error:
        raise ValueError(f"this network cannot be copied: {_first_line(error)}") from error
    with torch.inference_mode(False), _evaluating(adapted):
        example = example.detach().clone()
        try:
            traced = trace(adapted, example)
        except (RuntimeError, TypeError, ValueError, IndexError) as error:
            raise ValueError(f"this network cannot be run on {tuple(example.shape)}: {_first_line(error)}") from error
        result = _with_gates(adapted, traced)
        _check(result, example, traced)
    scores = scores_of(traced.output, example, output, kind, classes)
    result.adaption = replace(result.adaption, scores=scores)
    return result


def _with_gates(network: nn.Module, traced: Traced) -> ForeignNetwork:
    """Put the gates into the network, mark the modules that multiply, and change the network's class."""
    found, contradictory = _merged(traced.gates)
    layers, taken = _layer_names(found), set[tuple[str, Branch]]()
    places: dict[tuple[str, int], GatePlace] = {}
    for gate in found:
        host, stem = _host(network, gate.owner)
        name = _free_name(network.get_submodule(host), stem, gate.branch)
        path = f"{host}.{name}" if host else name
        layer = layers[gate.owner, gate.index]
        if not layer or (layer, gate.branch) in taken:
            layer = path  # a layer has one gate of a branch; a second one goes by its own path
        taken.add((layer, gate.branch))
        added = Gate(gate.branch, bounds=SIGMOID if gate.bounded else None, layer=layer)
        network.get_submodule(host).add_module(name, added)
        places[gate.owner, gate.index] = GatePlace(path, gate.side)
    # All that multiply, not the gates' owners alone: a product belongs to the innermost marked module.
    for owner in traced.multiplying if found else ():
        if owner:
            mark(network.get_submodule(owner), owner)

    notes = [f"{owner} multiplies by a gate in different ways in one pass; it is left out" for owner in contradictory]
    again = [owner for owner in dict.fromkeys(g.owner for g in found) if owner in traced.repeated]
    notes += [f"{owner} runs more than once in a pass; it has one reading for each" for owner in again]
    if traced.bare_relu:
        notes.append(f"{traced.bare_relu} computes a ReLU outside of nn.ReLU; guided methods do not apply")
    if not found and not traced.own:
        notes.append("no gate was found: nothing computed from the picture multiplies features channel- or place-wise")
    try:
        network.__class__ = type(
            type(network).__name__, (ForeignNetwork, type(network)), {"__module__": type(network).__module__}
        )
    except TypeError as error:
        raise ValueError(f"a {type(network).__name__} cannot be adapted: {_first_line(error)}") from error
    assert isinstance(network, ForeignNetwork)
    network.adaption = Adaption(places, traced.layers, tuple(notes), bare_relu=traced.bare_relu)
    return network


def _merged(gates: Sequence[Found]) -> tuple[list[Found], list[str]]:
    """One entry a place, in the order of computation, and the owners at whose places it was now this, now that."""
    places: dict[tuple[str, int], Found] = {}
    contradictory = []
    for gate in gates:
        known = places.setdefault((gate.owner, gate.index), gate)
        if (known.side, known.branch, known.bounded) != (gate.side, gate.branch, gate.bounded):
            contradictory.append(gate.owner)
    return [gate for gate in places.values() if gate.owner not in contradictory], list(dict.fromkeys(contradictory))


def _layer_names(found: Sequence[Found]) -> dict[tuple[str, int], str]:
    """What each gate's block is called: its owner, or what a channel gate's and a spatial gate's owners are both in.

    The two are a pair, as in CBAM, where the spatial gate multiplies just what the channel gate's product is.
    """
    names = {(gate.owner, gate.index): gate.owner for gate in found}
    for first in found:
        for second in found:
            if (first.branch, second.branch) == ("channel", "spatial") and second.features == first.product:
                common = _common_path(first.owner, second.owner)
                if common:
                    names[first.owner, first.index] = names[second.owner, second.index] = common
    return names


def _host(network: nn.Module, owner: str) -> tuple[str, str]:
    """The module to hang an owner's gate into, and what to begin its name with.

    The owner itself, unless it runs all that it holds: then the next module outside that does not.
    """
    host, names = owner, list[str]()
    while isinstance(network.get_submodule(host), _ITERATED):
        if not host:
            raise ValueError(
                "the network is itself a container that multiplies; put it into a module of its own and adapt that"
            )
        host, _, name = host.rpartition(".")
        names.insert(0, name)
    return host, "_".join(names)


def _free_name(host: nn.Module, stem: str, branch: Branch) -> str:
    base = name = f"{stem}_{branch}_gate" if stem else f"{branch}_gate"
    number = 1
    while hasattr(host, name):
        number += 1
        name = f"{base}_{number}"
    return name


def _check(network: ForeignNetwork, example: Tensor, traced: Traced) -> None:
    """Refuse what computes something else than before, watched or not, or does not show the gates that were found."""
    gates = {id(network.get_submodule(place.gate)) for place in network.adaption.places.values()}
    shown: list[int] = []
    with torch.no_grad():
        try:
            unwatched = network(example)
            with watch(lambda owner, features, gate: shown.append(id(owner))):
                seen = network(example)
        except (RuntimeError, TypeError, ValueError, NotImplementedError) as error:
            raise ValueError(f"this network cannot be adapted: {_first_line(error)}") from error
    if not (_same(traced.output, unwatched) and _same(traced.output, seen)):
        raise ValueError("this network gives another output each time it runs, so its gates cannot be told")
    if not gates <= set(shown):
        raise ValueError("this network does not compute the same gates each time it runs, so they cannot be told")


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, Tensor) or isinstance(b, Tensor):
        both = isinstance(a, Tensor) and isinstance(b, Tensor)
        return both and a.shape == b.shape and torch.equal(a.nan_to_num(), b.nan_to_num())
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return a.keys() == b.keys() and all(_same(a[key], b[key]) for key in a)
    if isinstance(a, (tuple, list)) and isinstance(b, (tuple, list)):
        return len(a) == len(b) and all(_same(x, y) for x, y in zip(a, b, strict=True))
    return True  # no numbers to compare


@contextmanager
def _evaluating(network: nn.Module) -> Iterator[None]:
    modes = {module: module.training for module in network.modules()}
    network.eval()
    try:
        yield
    finally:
        for module in network.modules():
            module.training = modes.get(module, modes[network])  # the gates are new


def _common_path(a: str, b: str) -> str:
    common = []
    for x, y in zip(a.split("."), b.split("."), strict=False):
        if x != y:
            break
        common.append(x)
    return ".".join(common)


def _first_line(error: BaseException) -> str:
    return (str(error) or type(error).__name__).partition("\n")[0][:300]
