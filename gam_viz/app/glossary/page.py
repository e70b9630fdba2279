"""What does this word mean? Every term of the app in a sentence, with its formula and its source."""

import streamlit as st

from gam_viz.app.glossary.entries import STYLE, draw_entries, found
from gam_viz.app.glossary.terms import GROUPS, TERMS
from gam_viz.app.shared.choices import choose_words
from gam_viz.app.shared.words import text
from gam_viz.titles import literal

MOST = 60  # characters that are searched for

st.html(STYLE)

words = choose_words("q", MOST, text("glossary.search"), placeholder=text("glossary.search_hint"))

asked = st.query_params.get("term")
if asked in TERMS:
    with st.container(key="gv-asked"):
        draw_entries([TERMS[asked]], TERMS, anchors=False)
elif asked is not None:
    st.info(text("glossary.unknown"))

shown = {term.id: term for term in found(words)}
if not shown:
    st.info(text("glossary.nothing", words=literal(words)))
for group in GROUPS:
    of_group = [term for term in shown.values() if term.group == group]
    if of_group:
        st.header(text(f"glossary.group.{group}"), anchor=group)
        with st.container(key=f"gv-terms-{group}"):
            draw_entries(of_group, shown)
if shown:
    st.caption(text("glossary.count", count=len(TERMS)))
