"""Whether an adapted network computes what it did before, and shows in every pass the gates that were found in one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from gam_viz.attention import watch
from gam_viz.networks.adapters.found import NotShown, Traced
from gam_viz.networks.adapters.network import ForeignNetwork

Shown = list[tuple[nn.Module, Tensor]]


def check(network: ForeignNetwork, example: Tensor, traced: Traced) -> None:
    """Run the example unwatched and watched; gates that do not bear several pictures are taken out.

    Raises:
        ValueError: the network computes something else than before, or not the same gates.
    """
    gates = {id(network.get_submodule(place.gate)) for place in network.adaption.places.values()}
    shown: Shown = []
    with torch.no_grad():
        try:
            unwatched = network(example)
            with watch(lambda owner, features, gate: shown.append((owner, gate))):
                seen = network(example)
        except (RuntimeError, TypeError, ValueError, NotImplementedError) as error:
            raise ValueError(f"this network cannot be adapted: {first_line(error)}") from error
    if not (_same(traced.output, unwatched) and _same(traced.output, seen)):
        why = f" ({traced.chance}, in eval mode too)" if traced.chance else ""
        raise ValueError(f"this network gives another output each time it runs{why}, so its gates cannot be told")
    if not gates <= {id(owner) for owner, _ in shown}:
        raise ValueError("this network does not compute the same gates each time it runs, so they cannot be told")
    if any(place.layout for place in network.adaption.places.values()):
        _check_batch(network, example, shown)


def _check_batch(network: ForeignNetwork, example: Tensor, shown: Shown) -> None:
    """Leave out gates that lie in a batch in another way than one picture tells, as (G·B, C/G, H, W) would."""
    both: Shown = []
    try:
        with torch.no_grad(), watch(lambda owner, features, gate: both.append((owner, gate))):
            network(example.repeat(2, 1, 1, 1))
    except (RuntimeError, TypeError, ValueError, IndexError):
        return  # it takes one picture at a time
    if [owner for owner, _ in shown] != [owner for owner, _ in both]:
        return
    wrong = [
        owner
        for (owner, of_one), (_, of_two) in zip(shown, both, strict=True)
        if not all(_same(of_one, row[None]) for row in of_two)
    ]
    adaption, places, left_out = network.adaption, dict(network.adaption.places), list(network.adaption.left_out)
    for key, place in adaption.places.items():
        if place.layout and network.get_submodule(place.gate) in wrong:
            host, _, name = place.gate.rpartition(".")
            delattr(network.get_submodule(host), name)
            del places[key]
            left_out.append(NotShown(key[0], "batch", ((), ())))
    notes = tuple(left.sentence for left in left_out[len(adaption.left_out) :])
    network.adaption = replace(adaption, places=places, left_out=tuple(left_out), notes=(*adaption.notes, *notes))


def _same(a: Any, b: Any) -> bool:
    """Equal but for rounding: `nn.MultiheadAttention` computes in another order where its pass is watched."""
    if isinstance(a, Tensor) or isinstance(b, Tensor):
        if not (isinstance(a, Tensor) and isinstance(b, Tensor)) or a.shape != b.shape:
            return False
        if not a.is_floating_point() or not a.numel():
            return torch.equal(a, b)
        one, other = a.double().nan_to_num(), b.double().nan_to_num()
        rounding = math.sqrt(torch.finfo(a.dtype).eps) * float(one.abs().max())
        return bool((one - other).abs().max() <= rounding)
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return a.keys() == b.keys() and all(_same(a[key], b[key]) for key in a)
    if isinstance(a, (tuple, list)) and isinstance(b, (tuple, list)):
        return len(a) == len(b) and all(_same(x, y) for x, y in zip(a, b, strict=True))
    return True  # no numbers to compare


def first_line(error: BaseException) -> str:
    """What an error says, short enough for a sentence."""
    return (str(error) or type(error).__name__).partition("\n")[0][:300]
