"""No request leaves the machine: every page, its fonts, icons and pictures come from the server that runs the app."""

from urllib.parse import urlsplit

import pytest

from gam_viz.app.pages import PAGES
from tests.browser.waiting import rest

pytestmark = pytest.mark.browser
#: Also what headless Chromium never asks for, such as the icon of the tab.
LINKED = """() => [...document.querySelectorAll('link[href], script[src], img[src], source[src], iframe[src]')]
    .map((element) => element.href || element.src)"""


def test_no_page_asks_a_foreign_host(browser, served):
    page = browser.new_page()
    asked = set()
    page.on("request", lambda request: asked.add(request.url))
    page.on("websocket", lambda socket: asked.add(socket.url))
    for name in (each for pages in PAGES.values() for each in pages):
        page.goto(f"{served}/{name.address}?lang=en")
        rest(page)
        asked.update(page.evaluate(LINKED))
    page.close()
    hosts = {urlsplit(url).hostname for url in asked if urlsplit(url).scheme not in ("data", "blob", "about")}
    assert hosts == {"127.0.0.1"}
    assert any(url.endswith(".woff2") for url in asked)  # the fonts of the icons were asked for, and seen here
