"""Which gate of a layer is looked at, where it has several of a branch."""

from __future__ import annotations

from gam_viz.app.shared.choices import choose
from gam_viz.app.shared.columns import View
from gam_viz.app.shared.words import gate_title, text
from gam_viz.attention import Branch


def choose_gate(view: View, layer: str, branch: Branch) -> str:
    """Draw the choice; the gate's name, empty where no network has more than one of that branch here."""
    of_each = zip(view.explanations, view.layers_beside(layer), strict=True)
    several = [gates for e, own in of_each if len(gates := e.gates(own, branch)) > 1]
    names = list(dict.fromkeys(gate.name for gates in several for gate in gates))
    if not names:
        return ""
    label = text("common.gates.gate")
    return choose(f"gate-{branch}", names, names[0], label, lambda name: gate_title(name) or name)
