"""GAM-Viz: `streamlit run app.py`."""

import os

# Sessions and other programs share the processor: threads of torch that wait must sleep, not spin. Torch reads this
# when it is loaded, so it stands before the imports.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import streamlit as st

from gam_viz.pages import url
from gam_viz.pages.text import language, text

st.set_page_config(page_title="GAM-Viz", page_icon=":material/door_open:", layout="wide")
page = st.navigation(
    [
        st.Page("gam_viz/pages/compare.py", title=text("compare.nav"), icon=":material/compare:", default=True),
        st.Page(
            "gam_viz/pages/evidence.py", title=text("evidence.nav"), icon=":material/fact_check:", url_path="evidence"
        ),
        st.Page(
            "gam_viz/pages/gallery.py",
            title=text("gallery.nav"),
            icon=":material/grid_view:",
            url_path="gallery",
        ),
        st.Page(
            "gam_viz/pages/batch.py", title=text("batch.nav"), icon=":material/photo_library:", url_path="pictures"
        ),
        st.Page(
            "gam_viz/pages/networks.py", title=text("networks.nav"), icon=":material/scatter_plot:", url_path="networks"
        ),
    ],
    position="top",
)
url.arrive(page.url_path, language())
page.run()
