"""The app: the menu, the tour bar, and the page that was asked for."""

from __future__ import annotations

import os
from pathlib import Path

# Sessions and other programs share the processor: threads of torch that wait must sleep, not spin. Torch reads this
# when it is loaded, so it stands before the imports.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import streamlit as st

from gam_viz.app.pages import FIRST, MOVED, PAGES, script
from gam_viz.app.served import beside
from gam_viz.app.shared import state
from gam_viz.app.shared.session_cache import let_go
from gam_viz.app.shared.words import begin_page, language, text
from gam_viz.app.tours.bar import tour_bar
from gam_viz.app.tours.state import follow

#: A file of ours: of a ":material/…:" name every browser would ask a font server on the Internet.
ICON = str(Path(__file__).with_name("static") / "gate.svg")


def main() -> None:
    """Draw the page of this run."""
    let_go()
    beside.give_back_main()
    st.set_page_config(page_title="GAM-Viz", page_icon=ICON, layout="wide")
    page = st.navigation(_menu(), position="top")
    if page.url_path in MOVED:
        st.switch_page(script(MOVED[page.url_path]), query_params=st.query_params.to_dict())
    wrong = follow(page.url_path)
    state.arrive(page.url_path, language())
    begin_page()
    tour_bar(page.url_path, wrong)
    page.run()


def _menu() -> dict[str, list[st.Page]]:
    sections = {
        text(f"common.nav.{section}"): [
            st.Page(
                script(page.name),
                title=text(f"{page.name}.nav"),
                icon=f":material/{page.icon}:",
                url_path=page.address or None,
                default=page.name == FIRST,
            )
            for page in pages
        ]
        for section, pages in PAGES.items()
    }
    # Links of earlier versions lead on: the old address is a page that nobody sees.
    sections[text("common.nav.look")] += [
        st.Page(_moved, title=old, url_path=old, visibility="hidden") for old in MOVED
    ]
    return sections


def _moved() -> None:
    """Never drawn: `main` leads on before."""


if __name__ == "__main__":
    main()
