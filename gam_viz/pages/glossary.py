"""What does this word mean?"""

import streamlit as st

from gam_viz.pages.rows.view import page_style
from gam_viz.pages.text import text

page_style()
st.header(text("glossary.title"), anchor=False)
