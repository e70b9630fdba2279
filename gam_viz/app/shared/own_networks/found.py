"""What was found in an own network, said where it is chosen: how many gates, in which layers, and what was left out."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from gam_viz.app.shared.networks import network
from gam_viz.app.shared.words import text
from gam_viz.explain import gates_of
from gam_viz.explain.gates import layer_of
from gam_viz.networks.adapters import ForeignNetwork
from gam_viz.networks.opened import OpenedNetwork
from gam_viz.titles import literal


def draw_found(opened: Iterable[OpenedNetwork]) -> None:
    """A line a network, and behind it the products that look like one with a gate and are not shown, and why."""
    for each in opened:
        module = network(each)
        gates = gates_of(module)
        channel = sum(gate.branch == "channel" for gate in gates.values())
        name = literal(each.card.name)
        if not gates:
            st.caption(text("own_networks.found_none", name=name))
        else:
            layers = len({gate.layer or layer_of(path) for path, gate in gates.items()})
            counts = {"gates": len(gates), "layers": layers, "channel": channel, "spatial": len(gates) - channel}
            st.caption(text("own_networks.found", name=name, **counts))
        left_out = module.adaption.left_out if isinstance(module, ForeignNetwork) else ()
        if left_out:
            with st.expander(text("own_networks.left_out", count=len(left_out))):
                for left in left_out:
                    first, second = (" × ".join(map(str, shape)) for shape in left.shapes)
                    owner = literal(left.owner) or name
                    st.caption(text(f"own_networks.left.{left.reason}", owner=owner, first=first, second=second))
