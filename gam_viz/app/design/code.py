"""The code that builds the design, to be copied."""

from __future__ import annotations

import streamlit as st

from gam_viz.app.design.controls import Choice
from gam_viz.app.shared.words import text
from gam_viz.cost.snippets import command, module_code, network_code


def code_row(choice: Choice) -> None:
    """Draw the row: the network, the module alone, and the command that prints the same figures."""
    st.header(text("design.code"), anchor=False)
    st.caption(text("design.code.network"))
    st.code(network_code(choice.config, choice.side), wrap_lines=True)
    alone = module_code(choice.config, choice.side)
    if alone:
        st.caption(text("design.code.module"))
        st.code(alone, wrap_lines=True)
    st.caption(text("design.code.command"))
    st.code(command(choice.config, choice.side), language="bash", wrap_lines=True)
