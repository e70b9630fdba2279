"""GAM-Viz: `streamlit run app.py`."""

import streamlit as st

from gam_viz.app.served.application import as_served

app = st.App(**as_served())
