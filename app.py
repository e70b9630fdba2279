"""GAM-Viz: `streamlit run app.py`."""

import os

# Sessions and other programs share the processor: threads of torch that wait must sleep, not spin. Torch reads this
# when it is loaded, so it stands before the imports.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import streamlit as st

from gam_viz.pages import url
from gam_viz.pages.text import begin_page, language, text
from gam_viz.pages.touring.bar import tour_bar
from gam_viz.pages.touring.state import follow

#: Section -> pages: script, its address, its icon. Compare is what opens first.
PAGES = {
    "look": [
        ("compare", "", "compare"),
        ("inside", "inside", "account_tree"),
        ("evidence", "evidence", "fact_check"),
    ],
    "learn": [
        ("tours", "tours", "tour"),
        ("claims", "claims", "gavel"),
        ("glossary", "glossary", "dictionary"),
    ],
    "choose": [
        ("networks", "networks", "scatter_plot"),
        ("design", "design", "calculate"),
    ],
    "pictures": [
        ("gallery", "gallery", "grid_view"),
        ("batch", "pictures", "photo_library"),
    ],
}

st.set_page_config(page_title="GAM-Viz", page_icon=":material/door_open:", layout="wide")
page = st.navigation(
    {
        text(f"nav.{section}"): [
            st.Page(
                f"gam_viz/pages/{name}.py",
                title=text(f"{name}.nav"),
                icon=f":material/{icon}:",
                url_path=address or None,
                default=not address,
            )
            for name, address, icon in pages
        ]
        for section, pages in PAGES.items()
    },
    position="top",
)
wrong = follow(page.url_path)
url.arrive(page.url_path, language())
begin_page()
tour_bar(page.url_path, wrong)
page.run()
