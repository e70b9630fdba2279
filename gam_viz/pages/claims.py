"""Is what the tutorial says true?"""

import streamlit as st

from gam_viz.pages.rows.view import page_style
from gam_viz.pages.text import text

page_style()
st.header(text("claims.title"), anchor=False)
