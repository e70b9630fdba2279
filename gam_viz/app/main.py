"""The app: the menu, the tour bar, and the page that was asked for."""

from __future__ import annotations

import os
from pathlib import Path

# Sessions and other programs share the processor: threads of torch that wait must sleep, not spin. Torch reads this
# when it is loaded, so it stands before the imports.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import streamlit as st

from gam_viz.app.pages import FIRST, MOVED, PAGES, script
from gam_viz.app.served import beside, reloading
from gam_viz.app.shared import state
from gam_viz.app.shared.columns import page_style
from gam_viz.app.shared.device import gave_up, making_room
from gam_viz.app.shared.masthead import heading, masthead
from gam_viz.app.shared.notices import say_lost, say_unknown
from gam_viz.app.shared.session_cache import let_go
from gam_viz.app.shared.waiting import in_turn
from gam_viz.app.shared.words import begin_page, language, text
from gam_viz.app.tours.bar import tour_bar
from gam_viz.app.tours.state import follow
from gam_viz.runtime.device import describe

#: A file of ours: of a ":material/…:" name every browser would ask a font server on the Internet.
ICON = str(Path(__file__).with_name("static") / "gate.svg")


def main() -> None:
    """Draw the page of this run, when it is its turn: where twenty come at once, even their menus take a while."""
    with in_turn():
        _draw()


def _draw() -> None:
    reloading.take_over()
    let_go()
    beside.give_back_main()
    page = st.navigation(_pages(), position="hidden")
    if page.url_path in MOVED:
        st.switch_page(script(MOVED[page.url_path]), query_params=st.query_params.to_dict())
    st.set_page_config(page_title=f"{page.title} · GAM-Viz", page_icon=ICON, layout="wide")
    wrong = follow(page.url_path)
    state.arrive(page.url_path, language())
    begin_page()
    page_style()
    name = next(each.name for pages in PAGES.values() for each in pages if each.address == page.url_path)
    masthead(name)
    tour_bar(page.url_path, wrong)
    heading(name)
    if (small := gave_up()) is not None:
        st.warning(text("common.device.gave_up", device=describe(small)))
    say_lost(name)
    not_known = st.empty()
    try:
        with making_room():
            page.run()
    finally:  # a page that has nothing to show stops itself
        say_unknown(not_known)


def _pages() -> list[st.Page]:
    shown = [
        st.Page(
            script(page.name),
            title=text(f"{page.name}.nav"),
            url_path=page.address or None,
            default=page.name == FIRST,
        )
        for pages in PAGES.values()
        for page in pages
    ]
    # Links of earlier versions lead on: the old address is a page that nobody sees.
    return shown + [st.Page(_moved, title=old, url_path=old) for old in MOVED]


def _moved() -> None:
    """Never drawn: `main` leads on before."""


if __name__ == "__main__":
    main()
