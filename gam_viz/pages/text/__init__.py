"""The text catalogue: every word a user reads on the page, in English and in Simplified Chinese."""

from __future__ import annotations

import streamlit as st

from gam_viz.pages.text.en import EN
from gam_viz.pages.text.zh import ZH

LANGUAGES = {"en": EN, "zh": ZH}


def language() -> str:
    """The language of this session: chosen, else in the link, else the browser's, else English."""
    chosen = st.session_state.get("lang") or st.query_params.get("lang")
    if chosen in LANGUAGES:
        return str(chosen)
    locale = getattr(st.context, "locale", None) or "en"
    return "zh" if locale.lower().startswith("zh") else "en"


def text(key: str, /, **values: object) -> str:
    """The text of that key in the session's language, its gaps filled from `values`.

    Raises:
        KeyError: the catalogue has no such key.
    """
    return LANGUAGES[language()][key].format(**values)


def text_or(key: str, otherwise: str) -> str:
    """The text of that key, or `otherwise` where the catalogue has none: for names that files bring with them."""
    return LANGUAGES[language()].get(key, otherwise)
