"""No request leaves the machine: every page, its fonts, icons and pictures come from the server that runs the app."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page

from gam_viz.app.pages import PAGES
from tests.browser.conftest import Heard, linked
from tests.browser.waiting import rest

pytestmark = pytest.mark.browser


def test_no_page_asks_a_foreign_host(tab: Page, served: str, heard: Heard) -> None:
    """Nor did any that the tests before this one were on; the others are opened here."""
    for name in (each for pages in PAGES.values() for each in pages):
        if f"/{name.address}" not in heard.paths:
            tab.goto(f"{served}/{name.address}?lang=en")
            rest(tab)
            heard.asked.update(linked(tab))
    asked = heard.asked
    hosts = {urlsplit(url).hostname for url in asked if urlsplit(url).scheme not in ("data", "blob", "about")}
    assert hosts == {"127.0.0.1"}
    assert any(url.endswith(".woff2") for url in asked)  # the fonts of the icons were asked for, and seen here
