"""The text catalogue: every word a user reads on the page, in English and in Simplified Chinese."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import streamlit as st

from gam_viz.app.shared import state
from gam_viz.text import (
    batch,
    claims,
    design,
    evidence,
    film,
    glossary,
    inside,
    looks,
    networks,
    own,
    region,
    report,
    tours,
    trying,
)
from gam_viz.text.en import EN
from gam_viz.text.zh import ZH

ROOMS = (
    own,
    networks,
    film,
    region,
    looks,
    batch,
    evidence,
    report,
    inside,
    trying,
    claims,
    design,
    tours,
    glossary,
)
LANGUAGES = {
    "en": EN | {key: words for room in ROOMS for key, words in room.EN.items()},
    "zh": ZH | {key: words for room in ROOMS for key, words in room.ZH.items()},
}
#: A term of the glossary in an entry: "[[gate|gates]]" is read as "gates", and linked where `prose` draws it.
TERM = re.compile(r"\[\[([a-z0-9-]+)\|([^\]|]+)\]\]")
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
    chosen = st.session_state.get("lang") or st.query_params.get("lang") or state.kept("lang")
    if chosen in LANGUAGES:
        return str(chosen)
    locale = getattr(st.context, "locale", None) or "en"
    return "zh" if locale.lower().startswith("zh") else "en"


def text(key: str, /, **values: object) -> str:
    """The text of that key in the session's language, its gaps filled from `values`.

    Raises:
        KeyError: the catalogue has no such key.
    """
    return TERM.sub(r"\2", LANGUAGES[language()][key]).format(**values)


def prose(key: str, /, **values: object) -> str:
    """The same as Markdown, in which the first use of each of the glossary's terms on this page is a link to it.

    For captions and paragraphs; labels, alternative texts and whatever is no Markdown take `text`.
    """
    used: dict[str, str] = st.session_state.setdefault("terms-used", {})

    def linked(found: re.Match[str]) -> str:
        term, words = found.groups()
        # Told by who used it first, not by whether it was used: a part that is drawn anew alone keeps its links.
        return term_link(term, words) if used.setdefault(term, key) == key else words

    return TERM.sub(linked, LANGUAGES[language()][key]).format(**values)


def term_link(term: str, words: str) -> str:
    """A Markdown link to a term's entry, whose tooltip is the entry's sentence.

    The address is relative, so it holds under any base path: every page is one step below it. Streamlit opens links in
    a new tab, where a new session begins; so the link names the language.
    """
    sentence = LANGUAGES[language()][f"glossary.says.{term}"]
    return f'[{words}](glossary?term={term}&lang={language()} "{sentence}")'


def begin_page() -> None:
    """Forget which terms were linked: a page is drawn from its top."""
    st.session_state["terms-used"] = {}


def text_or(key: str, otherwise: str) -> str:
    """The text of that key, or `otherwise` where the catalogue has none: for names that files bring with them."""
    return LANGUAGES[language()].get(key, otherwise)
