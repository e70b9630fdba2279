"""Taking the attention module of one layer apart, on one picture, and comparing every gate with the network's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from gam_viz.attention import spec_of, watch
from gam_viz.explain.gates import gates_in
from gam_viz.explain.walkthrough import numpy_layers
from gam_viz.explain.walkthrough.arithmetic import Array
from gam_viz.explain.walkthrough.cbam import cbam_steps, se_steps
from gam_viz.explain.walkthrough.gam import gam_steps
from gam_viz.explain.walkthrough.stages import Step, Walk


class StepsError(ValueError):
    """A layer whose attention cannot be taken apart; the message says in a sentence why.

    Attributes:
        code: "absent", the layer has no attention, or "unknown", it has one without a walkthrough.
        module: the class of the module that has none; empty where there is no module.
    """

    def __init__(self, message: str, code: str, module: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.module = module


#: How modules are taken apart, by the name that their `AttentionSpec` gives: from the module and its features
#: (C, H, W) to the steps.
WALKTHROUGHS: dict[str, Callable[[Any, Array], list[Step]]] = {"se": se_steps, "cbam": cbam_steps, "gam": gam_steps}


def walk(network: nn.Module, x: Tensor, layer: str) -> Walk:
    """Take the attention module of `layer` apart.

    The features that the module is given are the network's; everything behind them is computed anew with NumPy, in
    double precision, from the module's weights. `Walk.differences` says how far that is from the network's own gates
    and output, as a share of the largest value: rounding, where all is well.

    Args:
        network: in eval mode.
        x: (1, 3, H, W), normalised, on the network's device.
        layer: as `layer_of` names it.

    Raises:
        StepsError: the layer has no attention, or one without a walkthrough.
        ValueError: more than one picture, or the network is in training mode.
    """
    if x.ndim != 4 or x.shape[0] != 1:
        raise ValueError(f"a module is taken apart on one picture at a time, (1, 3, H, W); got {tuple(x.shape)}")
    if network.training:
        raise ValueError("a module is taken apart in eval mode: in training mode it depends on the other pictures")
    gates = gates_in(network, layer)
    if not gates:
        raise StepsError(f"layer {layer} has no attention", "absent")
    owner = network.get_submodule(next(iter(gates)).rpartition(".")[0])
    spec = spec_of(owner)
    if spec is None or not spec.walkthrough:
        name = type(owner).__name__
        raise StepsError(f"layer {layer} has a {name}, which is not taken apart", "unknown", name)
    seen = _seen(network, x, {gate: gate.branch for gate in gates.values()})
    steps = WALKTHROUGHS[spec.walkthrough](owner, numpy_layers.to_array(seen["channel"][0]))
    return Walk(layer, type(owner).__name__, tuple(steps), _differences(steps, seen))


def _seen(network: nn.Module, x: Tensor, branches: dict[nn.Module, str]) -> dict[str, tuple[Tensor, Tensor]]:
    """Branch -> the features (C, H, W) that its gate multiplied, and the gate, of one picture."""
    seen: dict[str, tuple[Tensor, Tensor]] = {}

    def look(owner: nn.Module, features: Tensor, gate: Tensor) -> None:
        if owner in branches:
            seen[branches[owner]] = features[0], gate[0]

    with torch.inference_mode(), watch(look):
        network(x)
    return seen


def _differences(steps: list[Step], seen: dict[str, tuple[Tensor, Tensor]]) -> dict[str, float]:
    last = {step.station: step.values for step in steps}
    found = {"channel": _apart(last["channel"].reshape(-1), numpy_layers.to_array(seen["channel"][1]).reshape(-1))}
    features, gate = seen["spatial" if "mask" in last else "channel"]
    if "mask" in last:
        found["spatial"] = _apart(last["mask"], numpy_layers.to_array(gate))
    found["output"] = _apart(steps[-1].values, numpy_layers.to_array(features * gate))
    return found


def _apart(ours: Array, theirs: Array) -> float:
    return float(np.abs(ours - theirs).max() / (np.abs(theirs).max() or 1.0))
