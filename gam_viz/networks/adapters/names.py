"""What a found gate is called: the layer it belongs to, and its own name where that has several of its branch."""

from __future__ import annotations

from collections.abc import Sequence

from gam_viz.networks.adapters.found import Found

Key = tuple[str, int]


def gate_names(found: Sequence[Found], layers: dict[Key, str]) -> dict[Key, str]:
    """A name for each gate of a layer that has several of its branch; empty for all others.

    By the axes they lie on where those differ, as in coordinate attention; else by the modules that own them; else
    they are numbered in the order they are computed.
    """
    names = {}
    for gate in found:
        layer = layers[gate.owner, gate.index]
        alike = [other for other in found if _place(other, layers) == _place(gate, layers)]
        if len(alike) == 1 or not layer:
            names[gate.owner, gate.index] = ""
            continue
        axes = [_axes(other) for other in alike]
        owners = [other.owner.removeprefix(layer).strip(".").replace(".", "_") for other in alike]
        at = alike.index(gate)
        distinct = next((named for named in (axes, owners) if all(named) and len(set(named)) == len(alike)), None)
        names[gate.owner, gate.index] = distinct[at] if distinct else f"{gate.branch}_{at + 1}"
    return names


def _place(gate: Found, layers: dict[Key, str]) -> tuple[str, str]:
    return layers[gate.owner, gate.index], gate.branch


def _axes(gate: Found) -> str:
    """What the gate differs along, in a word of the catalogue; empty where none says it."""
    channels, rows, columns = (size > 1 for size in gate.shape)
    if not (rows or columns):
        return ""
    return ("joint" if channels else "rows_columns") if rows and columns else "rows" if rows else "columns"


def layer_names(found: Sequence[Found]) -> dict[Key, str]:
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


def _common_path(a: str, b: str) -> str:
    common = []
    for x, y in zip(a.split("."), b.split("."), strict=False):
        if x != y:
            break
        common.append(x)
    return ".".join(common)
