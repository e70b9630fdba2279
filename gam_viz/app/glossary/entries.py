"""Entries of the glossary: drawn, linked with each other, and searched."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping

import streamlit as st

from gam_viz.app.glossary.terms import TERMS, Term
from gam_viz.app.shared.words import term_link, text
from gam_viz.text import LANGUAGES, words

STYLE = """<style>
[class*="st-key-gv-terms-"] {display: grid !important; gap: 0 2.2rem;
    grid-template-columns: repeat(auto-fill, minmax(min(23rem, 100%), 1fr))}
[class*="st-key-gv-terms-"] > div {width: auto !important; min-width: 0; height: 100%}
[class*="st-key-gv-entry-"] {gap: .3rem; padding: .5rem 0 .7rem; border-top: 1px solid rgba(128, 128, 128, .25);
    height: 100%; min-width: 0}
[class*="st-key-gv-entry-"] .katex-display {margin: 0 0 1rem; text-align: left; overflow: auto hidden;
    padding: .15rem 0}
[class*="st-key-gv-entry-"] .katex-display > .katex {text-align: left; font-size: 1em}
[class*="st-key-gv-entry-"] h3 {font-size: 1rem; padding: 0; scroll-margin-top: 5.5rem}
.stMainBlockContainer h2 {font-size: 1.3rem; padding: .6rem 0 .2rem}
[class*="st-key-gv-entry-"]:has(h3:target) {background: rgba(194, 24, 91, .07)}
.st-key-gv-asked {border-left: 4px solid #c2185b; padding: .1rem .6rem .1rem .9rem;
    background: rgba(194, 24, 91, .07)}
.st-key-gv-asked [class*="st-key-gv-entry-"] {border-top: 0}
</style>"""


def found(words: str) -> list[Term]:
    """The terms that hold all the words, in their names of either language or in their sentence here."""
    wanted = _plain(words).split()
    return [term for term in TERMS.values() if all(word in _searched(term) for word in wanted)]


def draw_entries(terms: Iterable[Term], shown: Mapping[str, Term], *, anchors: bool = True) -> None:
    """Draw entries; a related term that is `shown` on this page is gone to, another opens anew."""
    for term in terms:
        with st.container(key=f"gv-entry-{term.id}" if anchors else "gv-entry-asked"):
            name, sentence = text(f"glossary.term.{term.id}"), text(f"glossary.says.{term.id}")
            st.subheader(name, anchor=f"term-{term.id}" if anchors else False)
            st.markdown(sentence)
            if term.formula:
                st.markdown(f"$$\n{term.formula}\n$$")
            related = text("glossary.comma").join(_to(TERMS[other], shown) for other in term.related)
            source = term.source or text("glossary.here")
            st.caption(f"{source} · {text('glossary.related', terms=related)}")


def _to(term: Term, shown: Mapping[str, Term]) -> str:
    words = short_name(term)
    return f"[{words}](#term-{term.id})" if term.id in shown else term_link(term.id, words)


def short_name(term: Term) -> str:
    """A term's name without what explains it: "SE" of "SE, squeeze-and-excitation"."""
    return text(f"glossary.term.{term.id}").partition("（")[0].partition(",")[0].partition("，")[0]


def _searched(term: Term) -> str:
    names = " ".join(words(code).text(f"glossary.term.{term.id}") for code in LANGUAGES)
    return _plain(f"{term.id} {names} {text(f'glossary.says.{term.id}')}")


def _plain(words: str) -> str:
    """Small letters of one width, hyphens as spaces: "Batch-Norm" finds "batch norm"."""
    return unicodedata.normalize("NFKC", words).casefold().replace("-", " ")
