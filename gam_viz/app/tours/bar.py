"""The bar above the page while a tour is on: what is said at this stop, and the way on."""

from __future__ import annotations

from functools import partial
from html import escape
from typing import Any

import streamlit as st

from gam_viz.app.pages import FIRST
from gam_viz.app.shared.networks import checkpoints
from gam_viz.app.shared.words import prose, text
from gam_viz.app.tours import state
from gam_viz.app.tours.plan import TOURS
from gam_viz.app.tours.question import question, verdict
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
.st-key-tour-clicker, .st-key-tour-bar > :has(> .stHtml > script) {display: none}
@media (min-width: 900px) and (min-height: 620px) {
    [data-testid="stLayoutWrapper"]:has(> .st-key-tour-bar) {position: sticky; top: 2.6rem; z-index: 90}
}
</style>"""
PRESENTING = """<style>
[data-testid="stSidebar"], [data-testid="stHeader"], [data-testid="stExpandSidebarButton"],
[data-testid="stLayoutWrapper"]:has(> :is(.st-key-gv-masthead, .st-key-gv-menu)) {display: none !important}
[data-testid="stApp"] .stMainBlockContainer {padding: .6rem 1.5rem 1rem !important; max-width: none !important}
@media (min-width: 900px) and (min-height: 620px) {
    [data-testid="stLayoutWrapper"]:has(> .st-key-tour-bar) {top: 0}
}
/* Words grow with the wall, and charts with them: each is drawn for less room, and then magnified to what there is. */
:root {--gv-near: 1}
@media (min-width: 1150px) {:root {--gv-near: 1.3}}
@media (min-width: 1500px) {:root {--gv-near: 1.5}}
@media (min-width: 1850px) {:root {--gv-near: 1.8}}
@media (min-width: 2500px) {:root {--gv-near: 2.5}}
:root {font-size: calc(16px * var(--gv-near))}
.st-key-tour-bar, .st-key-tour-bar p, .st-key-tour-bar button p, .gv-tour
    {font-size: max(1rem / var(--gv-near), .7rem)}
.stElementContainer > :has(> .stPlotlyChart) {width: calc(100% / var(--gv-near)) !important}
.stElementContainer:has(.stPlotlyChart), .stElementContainer > :has(> .stPlotlyChart), .stPlotlyChart,
    .stPlotlyChart > .js-plotly-plot, .stPlotlyChart .plot-container {overflow: visible !important}
.stPlotlyChart > .js-plotly-plot {zoom: var(--gv-near)}
</style>"""
#: A magnified chart takes the room that it fills; Streamlit's own measure of it must stay as it is.
_MAGNIFY = """<script>(() => {
clearInterval(window.gvMagnify);
window.gvMagnify = setInterval(() => {
    const near = parseFloat(getComputedStyle(document.documentElement).getPropertyValue('--gv-near')) || 0;
    for (const chart of document.querySelectorAll('.stPlotlyChart'))
        chart.closest('.stElementContainer').style.paddingBottom = near ? `${chart.offsetHeight * (near - 1)}px` : '';
    if (!near) clearInterval(window.gvMagnify);
}, 300);
})()</script>"""
#: Until a question is answered, the page keeps its answer.
VEIL = """<style>.stMainBlockContainer > div > :not(:has(.st-key-tour-bar, .st-key-gv-masthead, .st-key-gv-menu,
    .st-key-gv-heading)) :not(#never) {visibility: hidden !important}</style>"""
#: Moves the page so that what is spoken of is seen, once for each arrival, unless the reader moves first: all of it
#: where that fits, else its beginning, with room for the heading over it.
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
    const main = document.querySelector('[data-testid="stMain"]'), end = main.getBoundingClientRect().bottom;
    const behavior = matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth';
    const parts = '%(look)s' ? [...document.querySelectorAll('%(look)s')].map((e) => e.getBoundingClientRect()) : [];
    const first = Math.min(...parts.map((box) => box.top)), last = Math.max(...parts.map((box) => box.bottom));
    if (!parts.length || last + main.scrollTop < end) return main.scrollTo({top: 0, behavior});
    const bar = document.querySelector('.st-key-tour-bar').parentElement, style = getComputedStyle(bar);
    const covered = style.position === 'sticky' ? parseFloat(style.top) + bar.offsetHeight : 60;
    main.scrollBy({top: first - covered - Math.max(64, (end - covered - last + first) / 2), behavior});
}, 250);
})()</script>"""
_FRAMED = "<style>{parts} {{outline: 2px solid rgba(194, 24, 91, .6); outline-offset: 5px; border-radius: 2px}}</style>"


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
    here = at.stop.address == address
    asking = here and state.is_open(at)
    st.html(STYLE + (PRESENTING if state.presenting() else "") + (VEIL if asking else ""))
    parts = ", ".join(f".st-key-{key}" for key in at.stop.look)
    with st.container(key="tour-bar"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.html(_heading(at), width="content")
            with st.container(horizontal=True, width="content", gap="small"):
                _buttons(at, asking)
        if not here:
            st.markdown(f"**{_title(at)}** · {text('tours.elsewhere')}")
        elif asking:
            question(at, _title(at))
        else:
            st.markdown(f"**{_title(at)}** · {verdict(at)}{prose(f'tours.says.{at.tour.id}.{at.stop.name}')}")
        if here and not _complete(at):
            st.caption(text("tours.missing"))
        if at.is_last and not asking:
            _onward(at)
        if state.presenting():
            st.caption(text("tours.full_screen"))
            _clicker(at, asking)
            st.html(_MAGNIFY, unsafe_allow_javascript=True)
        if here:
            move = f"{at.tour.id}-{at.number}-{st.session_state.get('tour-moves', 0)}-{asking}"
            st.html(_MOVE % {"move": move, "look": "" if asking else parts}, unsafe_allow_javascript=True)
    if here and parts and not asking:
        st.html(_FRAMED.format(parts=parts))


def _title(at: CurrentStop) -> str:
    return text(f"tours.stop.{at.tour.id}.{at.stop.name}")


def _heading(at: CurrentStop) -> str:
    count = len(at.tour.stops)
    dots = "".join(f'<i class="{"done" if number <= at.number else ""}"></i>' for number in range(1, count + 1))
    where = text("tours.where", number=at.number, count=count)
    return (
        f'<div class="gv-tour"><b>{escape(text(f"tours.title.{at.tour.id}"))}</b>'
        f'<span aria-hidden="true">{dots}</span><span>{escape(where)}</span></div>'
    )


def _buttons(at: CurrentStop, asking: bool) -> None:
    if at.number > 1:
        _back(at, "tour-back", "Left")
    if asking or not at.is_last:
        _next(at, asking, "tour-next", "Right", type="primary")
    st.button(
        text("tours.leave") if state.presenting() else text("tours.present"),
        key="tour-present-button",
        type="tertiary",
        icon=":material/fullscreen_exit:" if state.presenting() else ":material/fullscreen:",
        on_click=state.present,
        help=text("tours.present_help"),
    )
    st.button(text("tours.end"), key="tour-end", type="tertiary", icon=":material/close:", on_click=state.end)


def _back(at: CurrentStop, key: str, shortcut: str) -> None:
    st.button(text("tours.back"), key=key, on_click=state.go, args=(at.tour.id, at.number - 1), shortcut=shortcut)


def _next(at: CurrentStop, asking: bool, key: str, shortcut: str, **look: Any) -> None:
    """To the next stop; while a question is open, to its answer first."""
    tour, number = at.tour.id, at.number
    then = partial(state.answer, tour, number, "") if asking else partial(state.go, tour, number + 1)
    label = text("tours.reveal") if asking else text("tours.next")
    st.button(label, key=key, on_click=then, shortcut=shortcut, **look)


def _onward(at: CurrentStop) -> None:
    """What to do after the last stop."""
    tours = list(TOURS)
    after = tours[(tours.index(at.tour.id) + 1) % len(tours)]
    with st.container(horizontal=True, gap="small"):
        st.button(
            text("tours.then", title=text(f"tours.title.{after}")),
            key="tour-then",
            type="primary",
            on_click=state.go,
            args=(after, 1),
        )
        st.button(
            text("tours.own_picture"),
            key="tour-own-picture",
            on_click=state.lead,
            args=(FIRST,),
            kwargs={"source": "upload"},
        )
        st.button(text("tours.all"), key="tour-all", on_click=state.lead, args=("tours",))


def _clicker(at: CurrentStop, asking: bool) -> None:
    """Unseen buttons for the keys that a presenter's remote sends; without them, these keys turn the page."""
    with st.container(key="tour-clicker"):
        if at.number > 1:
            _back(at, "tour-clicker-back", "PageUp")
        if asking or not at.is_last:
            _next(at, asking, "tour-clicker-next", "PageDown")


def _complete(at: CurrentStop) -> bool:
    """Whether the networks that the stop speaks of are here."""
    found, _ = checkpoints()
    return at.stop.networks <= {checkpoint.card.name for checkpoint in found}
