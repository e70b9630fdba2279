"""Which gate of a layer is looked at, where it has several of a branch."""

from __future__ import annotations

import streamlit as st

from gam_viz.app.shared import state
from gam_viz.app.shared.columns import View
from gam_viz.app.shared.words import gate_title, text
from gam_viz.attention import Branch


def choose_gate(view: View, layer: str, branch: Branch) -> str:
    """Draw the choice; the gate's name, empty where no network has more than one of that branch here."""
    several = [gates for e in view.explanations if len(gates := e.gates(layer, branch)) > 1]
    names = list(dict.fromkeys(gate.name for gates in several for gate in gates))
    if not names:
        return ""
    key = f"gate-{branch}"
    state.restore(key, names, names[0])
    st.segmented_control(
        text("common.gates.gate"), names, format_func=lambda name: gate_title(name) or name, key=key, required=True
    )
    state.publish(key, names[0])
    return str(st.session_state[key])
