"""The text catalogue: every word a user reads on the page, in English and in Simplified Chinese."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import streamlit as st

from gam_viz.pages import url
from gam_viz.pages.text import batch, evidence, film, looks, networks, own, region, report
from gam_viz.pages.text.en import EN
from gam_viz.pages.text.zh import ZH

LANGUAGES = {
    "en": EN | own.EN | networks.EN | film.EN | region.EN | looks.EN | batch.EN | evidence.EN | report.EN,
    "zh": ZH | own.ZH | networks.ZH | film.ZH | region.ZH | looks.ZH | batch.ZH | evidence.ZH | report.ZH,
}
_SPOKEN: ContextVar[str | None] = ContextVar("gam_viz_language", default=None)


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Texts of the block are in this language: for what runs outside a page's script, such as a download's making."""
    token = _SPOKEN.set(code)
    try:
        yield
    finally:
        _SPOKEN.reset(token)


def language() -> str:
    """The language of this session: chosen, else in the link, else the browser's, else English."""
    if (spoken := _SPOKEN.get()) is not None:
        return spoken
    chosen = st.session_state.get("lang") or st.query_params.get("lang") or url.kept("lang")
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
