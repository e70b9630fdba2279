"""The bar above the page while a tour is on: what is said at this stop, and the way on."""

from __future__ import annotations

from html import escape

import streamlit as st

from gam_viz.app.shared.networks import checkpoints
from gam_viz.app.shared.words import prose, text
from gam_viz.app.tours import state
from gam_viz.app.tours.state import CurrentStop

STYLE = """<style>
.st-key-tour-bar {background: light-dark(#fdf2f6, #2b1a22); border: 1px solid rgba(194, 24, 91, .35);
    border-left: 4px solid #c2185b; border-radius: 6px; padding: .45rem .9rem .55rem; gap: .2rem}
.st-key-tour-bar > [data-testid="stElementContainer"] p {line-height: 1.45}
.st-key-tour-bar button {min-height: 1.9rem; padding: .1rem .6rem}
.gv-tour {display: flex; flex-wrap: wrap; gap: .1rem .7rem; align-items: center; font-size: .88rem; opacity: .85}
.gv-tour i {display: inline-block; width: .5rem; height: .5rem; margin-right: .25rem; border-radius: 50%;
    border: 1px solid #c2185b}
.gv-tour i.done {background: #c2185b}
.st-key-tour-clicker {display: none}
@media (min-width: 900px) and (min-height: 620px) {
    [data-testid="stLayoutWrapper"]:has(> .st-key-tour-bar) {position: sticky; top: 2.6rem; z-index: 90}
}
</style>"""
PRESENTING = """<style>
[data-testid="stSidebar"], [data-testid="stHeader"], [data-testid="stExpandSidebarButton"],
[data-testid="stLayoutWrapper"]:has(> :is(.st-key-gv-masthead, .st-key-gv-menu)) {display: none !important}
[data-testid="stApp"] .stMainBlockContainer {padding: .6rem 1.5rem 1rem !important; max-width: none !important}
.st-key-tour-bar [data-testid="stMarkdownContainer"] p {font-size: 1.3rem; line-height: 1.45}
.st-key-tour-bar button p {font-size: 1rem !important}
.gv-tour {font-size: 1rem}
@media (min-width: 900px) and (min-height: 620px) {
    [data-testid="stLayoutWrapper"]:has(> .st-key-tour-bar) {top: 0}
}
</style>"""
#: Moves the page to the part that is spoken of, once for each arrival, unless the reader moves first.
_MOVE = """<script>(() => {
if (window.gvTour === '%(move)s') return;
window.gvTour = '%(move)s';
let left = 240;
for (const name of ['wheel', 'touchmove', 'pointerdown'])
    addEventListener(name, () => { left = 0; }, {once: true, passive: true});
const timer = setInterval(() => {
    const app = document.querySelector('[data-testid="stApp"]');
    if (left-- <= 0 || window.gvTour !== '%(move)s') return clearInterval(timer);
    if (app.dataset.testScriptState !== 'notRunning') return;
    clearInterval(timer);
    const main = document.querySelector('[data-testid="stMain"]');
    const behavior = matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth';
    const part = '%(look)s' && document.querySelector('.st-key-%(look)s');
    if (!part) return main.scrollTo({top: 0, behavior});
    const bar = document.querySelector('.st-key-tour-bar').parentElement, style = getComputedStyle(bar);
    const covered = style.position === 'sticky' ? parseFloat(style.top) + bar.offsetHeight : 60;
    const box = part.getBoundingClientRect(), free = main.getBoundingClientRect().bottom - covered;
    main.scrollBy({top: box.top - covered - Math.max(40, (free - box.height) / 2), behavior});
}, 250);
})()</script>"""
_FRAMED = "<style>{parts} {{outline: 2px solid rgba(194, 24, 91, .6); outline-offset: 3px}}</style>"


def tour_bar(address: str, wrong: str | None) -> None:
    """Draw it above the page of that address; nothing where no tour is on.

    Args:
        address: the page's part of the URL.
        wrong: what a link got wrong: "tour" or "stop", or None.
    """
    if wrong is not None:
        st.warning(text(f"tours.wrong.{wrong}"))
    at = state.place()
    if at is None:
        return
    st.html(STYLE + (PRESENTING if state.presenting() else ""))
    here = at.stop.address == address
    with st.container(key="tour-bar"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.html(_heading(at), width="content")
            with st.container(horizontal=True, width="content", gap="small"):
                _buttons(at)
        title = text(f"tours.stop.{at.tour.id}.{at.stop.name}")
        said = prose(f"tours.says.{at.tour.id}.{at.stop.name}") if here else text("tours.elsewhere")
        st.markdown(f"**{title}** · {said}")
        if here and not _complete(at):
            st.caption(text("tours.missing"))
        if state.presenting():
            st.caption(text("tours.full_screen"))
            _clicker(at)
        if here:
            move = f"{at.tour.id}-{at.number}-{st.session_state.get('tour-moves', 0)}"
            st.html(_MOVE % {"move": move, "look": next(iter(at.stop.look), "")}, unsafe_allow_javascript=True)
    if here and at.stop.look:
        st.html(_FRAMED.format(parts=", ".join(f".st-key-{key}" for key in at.stop.look)))


def _heading(at: CurrentStop) -> str:
    count = len(at.tour.stops)
    dots = "".join(f'<i class="{"done" if number <= at.number else ""}"></i>' for number in range(1, count + 1))
    where = text("tours.where", number=at.number, count=count)
    return (
        f'<div class="gv-tour"><b>{escape(text(f"tours.title.{at.tour.id}"))}</b>'
        f'<span aria-hidden="true">{dots}</span><span>{escape(where)}</span></div>'
    )


def _buttons(at: CurrentStop) -> None:
    st.button(
        text("tours.back"),
        key="tour-back",
        disabled=at.number == 1,
        on_click=state.go,
        args=(at.tour.id, at.number - 1),
        shortcut="Left",
    )
    st.button(
        text("tours.next"),
        key="tour-next",
        type="primary",
        disabled=at.is_last,
        on_click=state.go,
        args=(at.tour.id, at.number + 1),
        shortcut="Right",
    )
    st.button(
        text("tours.leave") if state.presenting() else text("tours.present"),
        key="tour-present-button",
        type="tertiary",
        icon=":material/fullscreen_exit:" if state.presenting() else ":material/fullscreen:",
        on_click=state.present,
        help=text("tours.present_help"),
    )
    st.button(text("tours.end"), key="tour-end", type="tertiary", icon=":material/close:", on_click=state.end)


def _clicker(at: CurrentStop) -> None:
    """Unseen buttons for the keys that a presenter's remote sends; without them, these keys turn the page."""
    with st.container(key="tour-clicker"):
        for name, key, step in (("back", "PageUp", -1), ("next", "PageDown", 1)):
            st.button(
                text(f"tours.{name}"),
                key=f"tour-clicker-{name}",
                on_click=state.go,
                args=(at.tour.id, at.number + step),
                disabled=at.number + step not in range(1, len(at.tour.stops) + 1),
                shortcut=key,
            )


def _complete(at: CurrentStop) -> bool:
    """Whether the networks that the stop speaks of are here."""
    found, _ = checkpoints()
    return at.stop.networks <= {checkpoint.card.name for checkpoint in found}
