"""The words of this session: the catalogue in the reader's language, and names for people in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from gam_viz import titles
from gam_viz.app.shared import state
from gam_viz.text import LANGUAGES, TERM, Words, filled
from gam_viz.text import words as words_in
from gam_viz.text.refusal import said

_SPOKEN: ContextVar[str | None] = ContextVar("gam_viz_language", default=None)
SPOKEN_HERE = "gam_viz_language"
P = ParamSpec("P")
T = TypeVar("T")


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Words of the block are in this language: for what runs outside a page's script, such as a download's making."""
    token = _SPOKEN.set(code)
    try:
        yield
    finally:
        _SPOKEN.reset(token)


def language() -> str:
    """The language of this session: chosen, else in the link, else the browser's, else English."""
    if (spoken := _SPOKEN.get()) is not None:
        return spoken
    context = get_script_run_ctx(suppress_warning=True)
    if context is None:
        return _chosen()
    # Each run of a page has new cursors; a page asks some three hundred times.
    run, code = getattr(context, SPOKEN_HERE, (None, ""))
    if run is not context.cursors:
        code = _chosen()
        setattr(context, SPOKEN_HERE, (context.cursors, code))
    return code


def ask_again() -> None:
    """The language may have been chosen since the run began: by Back, a link says another than the session's last."""
    if (context := get_script_run_ctx(suppress_warning=True)) is not None:
        setattr(context, SPOKEN_HERE, (None, ""))


def _chosen() -> str:
    chosen = st.session_state.get("lang") or st.query_params.get("lang") or state.kept("lang")
    if chosen in LANGUAGES:
        return str(chosen)
    locale = getattr(st.context, "locale", None) or "en"
    return next((code for code in LANGUAGES if locale.lower().startswith(code)), "en")


def words() -> Words:
    """The catalogue in the session's language."""
    return words_in(language())


def text(key: str, /, **values: object) -> str:
    """`Words.text` in the session's language."""
    return words().text(key, **values)


def text_or(key: str, otherwise: str) -> str:
    """`Words.text_or` in the session's language."""
    return words().text_or(key, otherwise)


def reason(error: Exception) -> str:
    """What an error says, in the session's language where the catalogue has its sentence."""
    return said(error, words())


def prose(key: str, /, **values: object) -> str:
    """The same as Markdown, in which the first use of each of the glossary's terms on this page is a link to it.

    For captions and paragraphs; labels, alternative texts and whatever is no Markdown take `text`. What fills the gaps
    is read letter by letter.
    """
    used: dict[str, str] = st.session_state.setdefault("terms-used", {})

    def linked(marked: re.Match[str]) -> str:
        term, name = marked.groups()
        # Told by who used it first, not by whether it was used: a part that is drawn anew alone keeps its links.
        return term_link(term, name) if used.setdefault(term, key) == key else name

    plain = {
        name: value if isinstance(value, int | float) else titles.literal(str(value)) for name, value in values.items()
    }
    return filled(TERM.sub(linked, words().sentences[key]), plain)


def term_link(term: str, name: str) -> str:
    """A Markdown link to a term's entry, whose tooltip is the entry's sentence.

    The address is relative, so it holds under any base path: every page is one step below it. Streamlit opens links in
    a new tab, where a new session begins; so the link names the language.
    """
    return f'[{name}](glossary?term={term}&lang={language()} "{words().sentences[f"glossary.says.{term}"]}")'


def begin_page() -> None:
    """Forget which terms were linked: a page is drawn from its top."""
    st.session_state["terms-used"] = {}


def _here(title: Callable[Concatenate[Words, P], T]) -> Callable[P, T]:
    """A function of `titles` that is handed the session's words."""

    @wraps(title)
    def named(*args: P.args, **kwargs: P.kwargs) -> T:
        return title(words(), *args, **kwargs)

    return named


attention_title = _here(titles.attention_title)
class_title = _here(titles.class_title)
data_title = _here(titles.data_title)
gate_title = _here(titles.gate_title)
layer_title = _here(titles.layer_title)
network_title = _here(titles.network_title)
network_titles = _here(titles.network_titles)
own_title = _here(titles.own_title)
picture_sentence = _here(titles.picture_sentence)
sample_title = _here(titles.sample_title)
