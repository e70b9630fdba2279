"""Making a foreign network show its gates."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from gam_viz.attention import Branch, Gate
from gam_viz.networks.adapters.check import check, first_line
from gam_viz.networks.adapters.found import Found, NotShown, Traced
from gam_viz.networks.adapters.names import gate_names, layer_names
from gam_viz.networks.adapters.network import FAILURES, Adaption, ForeignNetwork, GatePlace, mark
from gam_viz.networks.adapters.scores import scores_of
from gam_viz.networks.adapters.trace import trace
from gam_viz.networks.card import OutputKind
from gam_viz.networks.copies import copy_of
from gam_viz.text.refusal import RefusalError

_ANY_NUMBER = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
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
        example: (1, C, H, W), on the network's device; large enough that layers have more than one position. Of several
            pictures the first.
        output: from what the network returns to scores (B, K), or to one of the outputs that `scores` knows. Without it
            they are looked for; where they are in doubt gates can be read all the same, and `explain` says what to
            write.
        kind: what the output is; told by its shape where it is (B, K, H, W) or torchvision's detections.
        classes: how many there are; only detections need it.

    `torch.compile`d networks and those in `DataParallel` are taken out of their wrappers.

    Raises:
        ValueError: `output` does not lead to scores, or the network cannot be copied or run, is scripted, is adapted
            already, or computes something else once it is adapted (its forward pass then depends on more than its
            input).
    """
    network = unwrapped(network)
    if any(isinstance(module, ForeignNetwork) for module in network.modules()):
        raise ValueError("this network is adapted already")
    if isinstance(network, torch.jit.ScriptModule):
        raise ValueError("a scripted network hides its multiplications; adapt the module it was made from")
    if not isinstance(example, Tensor) or example.ndim != 4:
        given = tuple(example.shape) if isinstance(example, Tensor) else type(example).__name__
        raise ValueError(f"the example is a normalised picture, (1, C, H, W); got {given}")
    if any(part.is_meta for part in (*network.parameters(), *network.buffers())):
        raise RefusalError("errors.reason.no_numbers")
    try:
        adapted = copy_of(network)
        for name, module in list(adapted.named_modules()):
            if (inner := unwrapped(module)) is not module:
                adapted.set_submodule(name, inner)
            module._compiled_call_impl = None  # of `module.compile()`: a compiled pass cannot be watched
    except (RuntimeError, TypeError, AttributeError, MemoryError) as error:
        raise RefusalError("errors.reason.not_copied", why=first_line(error)) from error
    with torch.inference_mode(False), _evaluating(adapted):
        example = example[:1].detach().clone()
        others = {part.dtype for part in adapted.parameters() if part.is_floating_point()} - {torch.float32}
        if others and example.dtype != torch.float64:
            # Processors lack functions of halves, in which small differences vanish; pictures are never doubles.
            adapted.float()
            example = example.float()
        try:
            traced = trace(adapted, example)
        except (RuntimeError, ValueError, *FAILURES) as error:
            raise _not_run(network, example, error) from error
        result = _with_gates(adapted, traced)
        check(result, example, traced)
    scores = scores_of(traced.output, example, output, kind, classes)
    notes = [
        f"its weights are {str(each).removeprefix('torch.')}; all is computed in float32"
        for each in sorted(others if example.dtype == torch.float32 else (), key=str)
    ]
    halvings = {layer: round(math.log2(example.shape[2] / rows)) for layer, rows in traced.layers.items()}
    result.adaption = replace(result.adaption, scores=scores, notes=(*result.adaption.notes, *notes), halvings=halvings)
    return result


def _with_gates(network: nn.Module, traced: Traced) -> ForeignNetwork:
    """Put the gates into the network, mark the modules that multiply, and change the network's class."""
    found, contradictory = _merged(traced.gates)
    layers = layer_names(found)
    names = gate_names(found, layers)
    places: dict[tuple[str, int], GatePlace] = {}
    for gate in found:
        key = gate.owner, gate.index
        host, stem = _host(network, gate.owner)
        name = _free_name(network.get_submodule(host), stem, gate.branch)
        path = f"{host}.{name}" if host else name
        added = Gate(gate.branch, bounds=gate.bounds, name=names[key], layer=layers[key] or path, grid=gate.grid)
        network.get_submodule(host).add_module(name, added)
        places[key] = GatePlace(path, gate.side, gate.layout, gate.repeated)
    # All that multiply, not the gates' owners alone: a product belongs to the innermost marked module.
    for owner in traced.multiplying if found else ():
        if owner:
            mark(network.get_submodule(owner), owner)

    left_out = tuple(dict.fromkeys((*traced.left_out, *contradictory)))
    notes = [left.sentence for left in left_out]
    again = [owner for owner in dict.fromkeys(g.owner for g in found) if owner in traced.repeated]
    notes += [f"{owner} runs more than once in a pass; it has one reading for each" for owner in again]
    if traced.bare_relu:
        notes.append(f"{traced.bare_relu} computes a ReLU outside of nn.ReLU; guided methods do not apply")
    if not found and not traced.own:
        rest = "the products above" if left_out else "constants, normalisations and activations"
        notes.append(f"no gate was found: element by element, features are multiplied by nothing but {rest}")
    try:
        network.__class__ = type(
            type(network).__name__, (ForeignNetwork, type(network)), {"__module__": type(network).__module__}
        )
    except TypeError as error:
        raise ValueError(f"a {type(network).__name__} cannot be adapted: {first_line(error)}") from error
    assert isinstance(network, ForeignNetwork)
    network.adaption = Adaption(places, tuple(traced.layers), tuple(notes), left_out, traced.bare_relu)
    return network


def _not_run(network: nn.Module, example: Tensor, error: Exception) -> RefusalError:
    """Why a pass failed: for want of more inputs, or whatever it says itself."""
    try:
        parameters = list(inspect.signature(network.forward).parameters.values())
    except (TypeError, ValueError):  # of a function that is not written in Python
        parameters = []
    needed = [each.name for each in parameters if each.default is each.empty and each.kind not in _ANY_NUMBER]
    if len(needed) > 1:
        return RefusalError("errors.reason.more_inputs", count=len(needed), names=", ".join(needed))
    if "Inference tensors" in str(error):
        return RefusalError("errors.reason.inference_mode")
    return RefusalError("errors.reason.not_run", shape=tuple(example.shape), why=first_line(error))


def _merged(gates: Sequence[Found]) -> tuple[list[Found], list[NotShown]]:
    """One entry a place, in the order of computation, and the places that multiply now by this, now by that."""
    places: dict[tuple[str, int], Found] = {}
    contradictory: dict[tuple[str, int], NotShown] = {}
    for gate in gates:
        known = places.setdefault((gate.owner, gate.index), gate)
        if known.looks != gate.looks:
            contradictory[gate.owner, gate.index] = NotShown(gate.owner, "contradictory", (known.shape, gate.shape))
    return [gate for key, gate in places.items() if key not in contradictory], list(contradictory.values())


def unwrapped(module: nn.Module) -> nn.Module:
    """What is inside of `torch.compile`d modules and of `DataParallel`; a module that is neither as it is."""
    while True:
        inside = getattr(module, "_orig_mod", None)  # of a compiled one, whose class takes seconds to import
        if isinstance(module, (nn.DataParallel, nn.parallel.DistributedDataParallel)):
            inside = module.module
        if not isinstance(inside, nn.Module):
            return module
        module = inside


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


@contextmanager
def _evaluating(network: nn.Module) -> Iterator[None]:
    modes = {module: module.training for module in network.modules()}
    network.eval()
    try:
        yield
    finally:
        for module in network.modules():
            module.training = modes.get(module, modes[network])  # the gates are new
