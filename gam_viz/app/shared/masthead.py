"""The head of every page: all pages one click away, which one this is, its title and the question it answers."""

from __future__ import annotations

import json

import streamlit as st

from gam_viz.app.pages import FIRST, PAGES, Page, script
from gam_viz.app.shared.choices import segments
from gam_viz.app.shared.focus import KEEP_FOCUS
from gam_viz.app.shared.words import ask_again, language, text, words
from gam_viz.text import LANGUAGES
from gam_viz.text import words as words_in

STYLE = """<style>
.st-key-gv-masthead {column-gap: .35rem; row-gap: 0; padding-bottom: .25rem;
    border-bottom: 1px solid light-dark(rgba(49, 51, 63, .2), rgba(250, 250, 250, .25))}
.st-key-gv-masthead [data-testid="stPageLink-NavLink"] {padding: 0 .15rem; margin: 0}
.st-key-gv-masthead [data-testid="stPageLink-NavLink"] :is(p, span) {font-size: .87rem}
.st-key-gv-masthead [aria-current="page"] {border-radius: 0; box-shadow: inset 0 -2px currentColor}
.st-key-gv-masthead > :has(.st-key-lang), .st-key-gv-masthead > .st-key-lang {margin-left: auto}
.gv-thought {font-size: .72rem; opacity: .82}
.st-key-gv-masthead [class*="st-key-gv-nav-"] {column-gap: .1rem; row-gap: 0}
.st-key-lang button {min-height: 1.7rem; padding: 0 .25rem}
[data-testid="stLayoutWrapper"]:has(> .st-key-gv-menu) {display: none}
[data-testid="stExpandSidebarButton"]::after {content: %(choices)s; padding: 0 .3rem; font-size: .9rem}
[data-testid="stExpandSidebarButton"] {width: auto}
@media (max-width: 767px) {
    .st-key-gv-masthead > [class*="st-key-gv-nav-"], .st-key-gv-masthead > :has(> [class*="st-key-gv-nav-"])
        {display: none}
    [data-testid="stLayoutWrapper"]:has(> .st-key-gv-menu) {display: block}
}
</style>"""
#: What Streamlit has no setting for: the page's language, which link is the page's own, and, after a change of page,
#: the focus, which would otherwise stay with a link that is gone.
TELL = """<script>(() => {
const page = %(page)s, came = window.gvPage !== undefined && window.gvPage !== page;
document.documentElement.lang = %(lang)s;
window.gvPage = page;
let left = 40;
const timer = setInterval(() => {
    const links = document.querySelectorAll('.st-key-gv-masthead a, .st-key-gv-menu a');
    const title = document.querySelector('.st-key-gv-heading h1');
    if (left-- <= 0 || window.gvPage !== page) return clearInterval(timer);
    if (!links.length || !title || title.textContent.trim() !== %(title)s) return;
    clearInterval(timer);
    for (const link of links)
        if (link.textContent.trim() === %(title)s) link.setAttribute('aria-current', 'page');
        else link.removeAttribute('aria-current');
    document.querySelector('[data-testid="stExpandSidebarButton"]')?.setAttribute('aria-label', %(choices)s);
    title.tabIndex = -1;
    const held = document.activeElement;
    if (came && (!held || held === document.body || held.closest('.st-key-gv-masthead, .st-key-gv-menu')))
        title.focus({preventScroll: true});
}, 100);
})()</script>"""


def masthead(name: str) -> None:
    """Draw the links to all pages, and the language.

    Args:
        name: of the page that is drawn.
    """
    told = {
        "page": json.dumps(name),
        "lang": json.dumps(text("common.html_lang")),
        "title": json.dumps(text(f"{name}.nav"), ensure_ascii=False),
        "choices": json.dumps(text("common.nav.choices"), ensure_ascii=False),
    }
    st.html(STYLE % told)
    with st.container(key="gv-masthead", horizontal=True, vertical_alignment="center"):
        st.page_link(script(FIRST), label="**GAM-Viz**")
        for section, pages in PAGES.items():
            with st.container(key=f"gv-nav-{section}", horizontal=True, width="content", vertical_alignment="center"):
                st.html(f'<span class="gv-thought">{text(f"common.nav.{section}")}</span>', width="content")
                for page in pages:
                    _link(page)
        choose_language()
        st.html(TELL % told + KEEP_FOCUS, unsafe_allow_javascript=True)
    with st.container(key="gv-menu"), st.expander(text("common.nav.menu", page=text(f"{name}.nav"))):
        for pages in PAGES.values():
            for page in pages:
                _link(page)


def heading(name: str) -> None:
    """Draw the page's name, which is the menu's, and beside it the question that it answers."""
    with st.container(key="gv-heading", horizontal=True, vertical_alignment="bottom", gap="small"):
        st.title(text(f"{name}.nav"), anchor=False, width="content", help=words().sentences.get(f"{name}.help"))
        st.markdown(text(f"{name}.title"), width="content")


def _link(page: Page) -> None:
    st.page_link(script(page.name), label=text(f"{page.name}.nav"))


def choose_language() -> None:
    """Draw the choice of the language."""
    # Always in the URL: what is nobody's default here is somebody's there.
    segments(
        "lang",
        list(LANGUAGES),
        language(),
        text("common.sidebar.language"),
        lambda code: words_in(code).text("common.language"),
        always=True,
        label_visibility="collapsed",
        width="content",
    )
    ask_again()
