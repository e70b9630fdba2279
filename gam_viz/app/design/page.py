"""Which attention can I afford? A network is designed, and everything about it counted before anything is built."""

import streamlit as st

from gam_viz.app.design.budget import budget_row
from gam_viz.app.design.code import code_row
from gam_viz.app.design.comparison import compare
from gam_viz.app.design.controls import choose_design
from gam_viz.app.design.inference import inference_row
from gam_viz.app.design.parts import parts_row
from gam_viz.app.design.plot import choose_cost, plot_row
from gam_viz.app.design.summary import answer_row
from gam_viz.app.design.table import table_row
from gam_viz.app.design.timing import measured, timing_buttons
from gam_viz.app.shared.words import text

choice = choose_design()
with st.spinner(text("design.counting")):
    compared = compare(choice)

answer = st.container()  # drawn when it is known what was timed
with st.container(key="gv-wide-charts"):
    beside, inside = st.columns([1.35, 1], gap="large")
with beside:
    st.header(text("design.compared"), anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="design-against"):
        against = choose_cost()
        asked = timing_buttons(compared)
    compared = measured(compared, asked)
    plot_row(compared, against)
with inside:
    st.header(text("design.where"), anchor=False)
    parts_row(compared)
with answer:
    answer_row(compared)
table_row(compared)
with st.container(key="gv-wide-code"):
    budget, code = st.columns([1, 1.6], gap="large")
with budget:
    budget_row(choice)
if not compared.refused:
    with code:
        code_row(choice)
inference_row()
