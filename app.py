"""GAM-Viz: `streamlit run app.py`."""

import os

# Sessions and other programs share the processor: threads of torch that wait must sleep, not spin. Torch reads this
# when it is loaded, so it stands before the imports.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import streamlit as st

from gam_viz.pages.text import text

st.set_page_config(page_title="GAM-Viz", page_icon=":material/door_open:", layout="wide")
st.navigation(
    [st.Page("gam_viz/pages/compare.py", title=text("compare.nav"), icon=":material/compare:", default=True)],
    position="top",
).run()
